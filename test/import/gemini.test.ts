/** Real-looking configs of Gemini CLI, through the built command. */
import { test } from "vitest";
import { casesOf } from "./golden.ts";
import { playCase } from "./play-case.ts";

test.each(await casesOf("gemini"))("%s is reported, written once, and sound", async (name) => {
  await playCase("gemini", name);
});
