/** Verdicts in words for people, and as data for programs. */
import { plainLine, plainLines } from "../plain-text.ts";
import type { ToldFailure, Verdict } from "./verdict.ts";
import { counted, shortPath } from "./words.ts";

/** A file that could not be read as a scenario is INVALID; its problems are its failures. */
export type Result = Omit<Verdict, "verdict"> & { verdict: Verdict["verdict"] | "INVALID" };

interface Totals {
  scenarios: number;
  passed: number;
  failed: number;
  missing: number;
  invalid: number;
  requests: number;
}

export function totalsOf(results: readonly Result[]): Totals {
  const count = (verdict: Result["verdict"]): number => results.filter((result) => result.verdict === verdict).length;
  return {
    scenarios: results.length,
    ...{ passed: count("PASS"), failed: count("FAIL"), missing: count("MISSING"), invalid: count("INVALID") },
    requests: results.reduce((sum, { requests }) => sum + requests, 0),
  };
}

interface Shown {
  width: number;
  cwd: string;
  /** Another one has its name. */
  showsPath?: boolean;
}

export function resultText(result: Result, { width, cwd, showsPath = false }: Shown): string {
  const time = result.ms === 0 ? "" : ` ${(result.ms / 1_000).toFixed(1)} s`;
  const why = result.missing.length === 0 ? "" : ` not in this build: ${missingText(result)}`;
  const head =
    `${result.verdict.padEnd(7)}  ${result.name.padEnd(width)} ${time}${why}${showsPath ? `  ${shortPath(result.file, cwd)}` : ""}`.trimEnd();
  const kept = result.kept === undefined ? [] : [`         kept in ${result.kept}`];
  return [head, ...result.failures.flatMap((failure) => failureLines(failure, cwd)), ...kept].map(plainLines).join("\n");
}

/** With the nearest item of this build, where there is one. */
function missingText({ missing, meant = {} }: Result): string {
  const near = (item: string): string => (Object.hasOwn(meant, item) ? ` (did you mean ${meant[item]}?)` : "");
  return missing.map((item) => `${item}${near(item)}`).join(", ");
}

export function totalsText({ scenarios, passed, failed, missing, invalid, requests }: Totals): string {
  const parts = [
    ...[`${passed} passed`, `${failed} failed`, `${missing} missing`],
    ...(invalid === 0 ? [] : [`${invalid} ${invalid === 1 ? "is no scenario" : "are no scenarios"}`]),
  ];
  return `${counted(scenarios, "scenario")}: ${parts.join(", ")}; ${counted(requests, "model request")}.`;
}

export function mapText(results: readonly Result[]): string {
  return results.flatMap(({ name, items }) => [`${name}:`, ...items.map((item) => `  ${plainLine(item)}`)]).join("\n");
}

function failureLines({ at, step, what, wanted, found }: ToldFailure, cwd: string): string[] {
  const where = step === undefined ? "" : `step ${step}: `;
  const lines = [`  ${shortPath(at, cwd)}: ${where}${what}`];
  if (wanted !== undefined) lines.push(`    wanted: ${wanted}`);
  if (found !== undefined) lines.push(`    found:  ${found}`);
  return lines.map((line) => line.replace(/\n/g, "\n    "));
}
