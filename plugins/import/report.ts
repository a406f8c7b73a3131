/** What `gantry import` shows: the files, the findings as a table, and what would be or was written. */
import type { Json, JsonObject } from "gantry/plugin";
import type { AgentConfig, ConfigChange, Finding, SourceState } from "./findings.ts";
import type { LayerPlan } from "./settle.ts";
import { shownText, shownValue } from "./shown.ts";

export interface Written {
  layer: string;
  file: string;
  /** `file:line` of each change. */
  places: { change: ConfigChange; place: string }[];
}

export function fileLines({ agent, files }: AgentConfig): string[] {
  const there = files.filter(({ state }) => state !== "absent");
  const absent = files.filter(({ state }) => state === "absent").map(({ path }) => `  ${path}`);
  if (there.length === 0) return [`Nothing of ${agent} was found. Looked at:`, ...absent];
  const lines = there.map((file) => `  ${file.problem === undefined ? `read    ${file.path}` : `broken  ${file.problem}`}`);
  return [`${agent}:`, ...lines, ...(absent.length === 0 ? [] : ["Not there:", ...absent])];
}

const order = ["exact", "stricter", "weaker", "not-mapped", "not-in-this-build", "already-there"] as const;

/** Findings in their order, each with what it becomes and, below it, why. */
export function findingLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const rows = findings.map((finding) => [finding.result, finding.what, becomesWords(finding)] as const);
  const widest = Math.min(64, Math.max(...rows.map(([, what]) => what.length)));
  const head = `${"RESULT".padEnd(17)}  ${"FOUND".padEnd(widest)}  BECOMES`;
  const lines = findings.flatMap((finding, at) => {
    const [result, what, becomes] = rows[at] ?? ["", "", ""];
    const first = `${result.padEnd(17)}  ${what.padEnd(widest)}  ${becomes}`.trimEnd();
    const why = finding.why === undefined ? "" : `: ${finding.why}`;
    return [first, `${" ".repeat(19)}${finding.source}${why}`];
  });
  const counts = order.flatMap((result) => {
    const count = findings.filter((finding) => finding.result === result).length;
    return count === 0 ? [] : [`${count} ${result}`];
  });
  return [head, ...lines, "", `${findings.length} found: ${counts.join(", ")}.`];
}

function becomesWords({ becomes = [], layer }: Finding): string {
  if (becomes.length === 0) return "-";
  return `${becomes.map(changeWords).join("; ")} (${layer})`;
}

export function changeWords({ key, how, value }: ConfigChange): string {
  if (how === "add" && Array.isArray(value)) return `${key} + ${value.map((each) => brief(each, key)).join(", ")}`;
  return `${key} = ${brief(value, key)}`;
}

function brief(value: Json, key: string): string {
  const shown = shownValue(value, key);
  return shownText(typeof shown === "string" ? shown : JSON.stringify(shown));
}

export function planLines(plans: readonly LayerPlan[]): string[] {
  const filled = plans.filter(({ changes }) => changes.length > 0);
  if (filled.length === 0) return ["--write would change nothing."];
  return filled.flatMap(({ layer, file, exists, linkedTo, changes }) => [
    `--write would ${exists ? "add to" : "make"} ${file} (${layer})${linkWords(linkedTo)}:`,
    ...changes.map((change) => `  ${changeWords(change)}`),
  ]);
}

function linkWords(linkedTo: string | undefined): string {
  return linkedTo === undefined ? "" : `, which is a link to ${linkedTo}`;
}

export function writtenLines(written: readonly Written[], plans: readonly LayerPlan[]): string[] {
  if (written.length === 0) return ["Nothing was written: there is nothing new."];
  return written.flatMap(({ layer, file, places }) => [
    `Written (${layer})${linkWords(plans.find((plan) => plan.file === file)?.linkedTo)}:`,
    ...places.map(({ change, place }) => `  ${place}  ${changeWords(change)}`),
  ]);
}

/** Of --json: all that the text says, secrets hidden. */
export function reportData(
  { agent, files }: AgentConfig,
  findings: readonly Finding[],
  { plans, written, warnings }: { plans: readonly LayerPlan[]; written?: readonly Written[]; warnings: readonly string[] },
): JsonObject {
  return {
    agent,
    files: files.map((file: SourceState): JsonObject => ({ ...file })),
    findings: findings.map(({ becomes, otherwise: _, ...finding }) => ({
      ...finding,
      ...(becomes === undefined ? {} : { becomes: becomes.map(plainChange) }),
    })),
    plans: plans.map(({ changes, ...place }) => ({ ...place, changes: changes.map(plainChange) })),
    warnings: [...warnings],
    ...(written === undefined
      ? {}
      : { written: written.map(({ layer, file, places }) => ({ layer, file, places: places.map(({ place }) => place) })) }),
  };
}

function plainChange({ key, how, value }: ConfigChange): JsonObject {
  return { key, how, value: shownValue(value, key) };
}
