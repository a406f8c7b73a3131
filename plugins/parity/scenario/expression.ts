/**
 * Regular expressions of a scenario. One that backtracks for ever would keep the player from everything else, its own end too, so
 * each runs in a vm context with a time limit. The context is no boundary, only a clock.
 */
import { runInNewContext } from "node:vm";
import type { Failure } from "./failure.ts";
import type { Place } from "./format.ts";

/** For one expression against one text. */
const limitMs = 1_000;

class EndlessExpression extends Error {
  readonly source: string;

  constructor(source: string) {
    super(`the expression ${source} did not come to an end`);
    this.source = source;
  }
}

/** Throws when it does not come to an end in time: what it would have said is not known, so no check may go on without it. */
export function matchesExpression(source: string, text: string): boolean {
  try {
    return runInNewContext(`new RegExp(source, "m").test(text)`, { source, text }, { timeout: limitMs }) === true;
  } catch (error) {
    if (isTimeout(error)) throw new EndlessExpression(source);
    throw error;
  }
}

/** What the check finds, or that an expression in it takes too long. */
export function boundedCheck(place: Place, check: () => Failure[]): Failure[] {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof EndlessExpression)) throw error;
    const what = `an expression of this check should come to an end within ${limitMs / 1_000} s`;
    return [{ place, what, wanted: `an answer of ${error.source}`, found: "none in time; the check was given up" }];
  }
}

/** By its code: the error is of the context's own realm, where Error is another class. */
function isTimeout(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
