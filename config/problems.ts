/** What is wrong with the config, as one error: each problem on a line of its own with its place. */
import { type ErrorCode, GantryError } from "../core/contract/errors.ts";
import type { ConfigProblem } from "../core/contract/host.ts";
import type { Finding } from "./check.ts";
import type { Fragment } from "./fragment.ts";

/** `file:line: message`, or what is known of that. */
export function problemLine(problem: ConfigProblem): string {
  const place = problem.file === undefined ? "" : `${problem.file}${problem.line === undefined ? "" : `:${problem.line}`}: `;
  return `${place}${problem.message}`;
}

/** The error a caller stops with. Its code is the problems' own where they share one, else CONFIG_INVALID. */
export function configError(problems: readonly ConfigProblem[]): GantryError {
  const codes = new Set(problems.map(({ code }) => code));
  const [only] = codes;
  const code = codes.size === 1 && only !== undefined ? (only as ErrorCode) : "CONFIG_INVALID";
  const head = problems.length === 1 ? "" : `${problems.length} problems in the config:\n`;
  return new GantryError(code, head + problems.map(problemLine).join("\n"), { detail: { problems } });
}

/** A finding about a fragment, with its place: the file and line, or the variable or flag in the message. */
export function problemOf(finding: Finding, fragment: Fragment): ConfigProblem {
  const line = fragment.lineOf(finding.at ?? finding.path);
  const key = finding.path.join(".");
  const hint = {
    ...(finding.severity === undefined ? {} : { severity: finding.severity }),
    ...(finding.hint === undefined ? {} : { hint: finding.hint }),
  };
  const keyed = key === "" ? {} : { key };
  if (!isFile(fragment)) return { code: finding.code, message: `${fragment.name}: ${finding.message}`, ...keyed, ...hint };
  return {
    code: finding.code,
    message: finding.message,
    file: fragment.name,
    ...(line === undefined ? {} : { line }),
    ...keyed,
    ...hint,
  };
}

/** A file of a flag is one too. */
function isFile(fragment: Fragment): boolean {
  return fragment.lineOf([]) !== undefined;
}
