/** Whether a loaded config may be used for a session: no problem in any layer, and every part of the project trusted. */
import { GantryError } from "../core/contract/errors.ts";
import type { ConfigProblem, TrustStatus } from "../core/contract/host.ts";
import { configError } from "./problems.ts";

/** The problems' code, all of them in one error. Warnings refuse nothing. */
export function refuseProblems(problems: readonly ConfigProblem[]): void {
  const errors = problems.filter(({ severity }) => severity !== "warning");
  if (errors.length > 0) throw configError(errors);
}

/** What a run goes on with, and says. */
export function warningsOf(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.filter(({ severity }) => severity === "warning");
}

export function needsTrust({ state }: TrustStatus): boolean {
  return state === "untrusted" || state === "changed";
}

/** TRUST_REQUIRED: names everything that would have been used. */
export function trustRequired(status: TrustStatus): GantryError {
  const what = status.state === "changed" ? "changed since you trusted it; it now has" : "is not trusted; it has";
  const parts = status.parts.map((part) => `  - ${part.what} (${part.source})`).join("\n");
  return new GantryError("TRUST_REQUIRED", `The project ${status.project} ${what} parts of its own:\n${parts}`, {
    detail: { ...status },
  });
}
