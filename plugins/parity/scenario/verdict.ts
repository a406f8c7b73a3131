/** What became of one scenario. */
import type { Failure } from "./failure.ts";
import type { Scenario } from "./format.ts";

export interface ToldFailure {
  /** `file:line` of what was not met. */
  at: string;
  /** 1-based; absent where it is of the whole scenario. */
  step?: number;
  what: string;
  wanted?: string;
  found?: string;
}

export interface Verdict {
  name: string;
  file: string;
  category: string;
  reference?: number;
  verdict: "PASS" | "FAIL" | "MISSING";
  ms: number;
  /** Model requests of all steps. */
  requests: number;
  failures: ToldFailure[];
  /** Items of `needs` that are not in this build. */
  missing: string[];
  /** Of those, by item: one of this build that may have been meant. */
  meant?: Record<string, string>;
  /** Surface items that follow from the file, and those of `covers`. */
  items: string[];
  /** The folder that was kept. */
  kept?: string;
}

/** In the order of the file. */
export function toldFailures(scenario: Scenario, failures: readonly Failure[]): ToldFailure[] {
  const sorted = failures.toSorted((a, b) => scenario.lineOf(a.place) - scenario.lineOf(b.place));
  return sorted.map((failure) => toldFailure(scenario, failure));
}

function toldFailure(scenario: Scenario, { place, what, wanted, found }: Failure): ToldFailure {
  const step = place[0] === "steps" && typeof place[1] === "number" ? { step: place[1] + 1 } : {};
  return {
    at: `${scenario.file}:${scenario.lineOf(place)}`,
    ...step,
    what,
    ...(wanted === undefined ? {} : { wanted }),
    ...(found === undefined ? {} : { found }),
  };
}
