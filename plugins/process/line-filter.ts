/**
 * Lines that match a pattern of the model's. The pattern may be one that backtracks for ever, so it runs in a vm context
 * with a time limit: that interrupts the regular expression itself. The context is no boundary, only a clock.
 */
import { createContext, Script } from "node:vm";

const limitMs = 1_000;
const script = new Script(`text.split("\\n").filter((line) => new RegExp(pattern).test(line)).join("\\n")`);

/** The matching lines, or undefined when the pattern did not come to an end in time. */
export function matchingLines(text: string, pattern: string): string | undefined {
  try {
    return String(script.runInContext(createContext({ text, pattern }), { timeout: limitMs }));
  } catch (error) {
    if (isTimeout(error)) return undefined;
    throw error;
  }
}

/** By its code: the error is of the context's own realm, where Error is another class. */
function isTimeout(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
