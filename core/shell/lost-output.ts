/** Output that could not be written is said on stderr, and is never a success. */
import { describeError, GantryError } from "../contract/errors.ts";
import { errorText, exitOf } from "./envelope.ts";
import type { ShellStreams } from "./io.ts";
import { createStyle, describeTerminal } from "./style.ts";
import { createWriter } from "./writer.ts";

// What a command would have ended with had nobody noticed: success, or the cancel that the lost output itself set off.
const unaware = new Set([0, 130]);

/** The exit code of a command that ended with `exit`, once its output is known to be lost for this reason. */
export async function reportLostOutput(failure: Error, exit: number, { stderr, env }: ShellStreams): Promise<number> {
  const error = new GantryError("OUTPUT_FAILED", `stdout could not be written: ${failure.message}`, { cause: failure });
  const talk = createWriter(stderr);
  talk.write(errorText(error, createStyle(describeTerminal(stderr, env).color), env));
  await talk.flush();
  return unaware.has(exit) ? exitOf(describeError(error)) : exit;
}
