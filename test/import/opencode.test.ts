/** Real-looking configs of opencode, through the built command. */
import { test } from "vitest";
import { casesOf } from "./golden.ts";
import { playCase } from "./play-case.ts";

test.each(await casesOf("opencode"))("%s is reported, written once, and sound", async (name) => {
  await playCase("opencode", name);
});
