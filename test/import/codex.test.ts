/** Real-looking configs of Codex, through the built command. */
import { test } from "vitest";
import { casesOf } from "./golden.ts";
import { playCase } from "./play-case.ts";

test.each(await casesOf("codex"))("%s is reported, written once, and sound", async (name) => {
  await playCase("codex", name);
});
