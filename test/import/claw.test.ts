/** Real-looking configs of Claw Code, through the built command. */
import { test } from "vitest";
import { casesOf } from "./golden.ts";
import { playCase } from "./play-case.ts";

test.each(await casesOf("claw"))("%s is reported, written once, and sound", async (name) => {
  await playCase("claw", name);
});
