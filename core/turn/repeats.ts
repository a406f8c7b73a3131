/** Sees a model that sends one failing call again and again: the same tool, input and failure, five times in a row. */
import type { CallReport } from "./tool-call.ts";

const most = 5;

export function createRepeatWatch(): { see(reports: readonly CallReport[]): { most: number; times: number } | undefined } {
  let lastFailure = "";
  let times = 0;
  return {
    see(reports) {
      for (const { name, input, outcome, code } of reports) {
        const failure = outcome === "ok" ? "" : JSON.stringify([name, input, outcome, code]);
        times = failure !== "" && failure === lastFailure ? times + 1 : 1;
        lastFailure = failure;
        if (failure !== "" && times >= most) return { most, times };
      }
      return undefined;
    },
  };
}
