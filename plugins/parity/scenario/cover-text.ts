/** What scenarios touch, in words: a table of the parts, then the names that nothing touches. */
import type { Coverage, PartCoverage } from "./cover.ts";
import { counted } from "./words.ts";

export function coverageText({ scenarios, parts, lacking, missing }: Coverage): string {
  const untouched = parts.filter((part) => part.untouched.length > 0);
  return [
    table(parts),
    ...untouched.map(({ part, untouched: names }) => `\n${part}, touched by no scenario:\n${wrapped(names)}`),
    ...(lacking.length === 0 ? [] : ["\nNamed by scenarios, and not in this build:"]),
    ...lacking.map(({ item, scenarios: names }) => `  ${item}  (${names.join(", ")})`),
    ...(missing.length === 0 ? [] : ["\nScenarios that touch nothing, for this build lacks what they need:"]),
    ...missing.map(({ scenario, needs }) => `  ${scenario}: ${needs.join(", ")}`),
    `\n${counted(scenarios, "scenario")}.`,
  ].join("\n");
}

function table(parts: readonly PartCoverage[]): string {
  const sum = (count: (part: PartCoverage) => number): number => parts.reduce((total, part) => total + count(part), 0);
  const rows = [
    ["PART", "ITEMS", "TOUCHED", "UNTOUCHED"],
    ...parts.map(({ part, items, touched }) => [part, String(items), String(touched), String(items - touched)]),
    [
      "all",
      String(sum(({ items }) => items)),
      String(sum(({ touched }) => touched)),
      String(sum(({ untouched }) => untouched.length)),
    ],
  ];
  const width = Math.max(...rows.map(([part = ""]) => part.length));
  return rows
    .map(([part = "", ...counts]) => `${part.padEnd(width)}${counts.map((count) => count.padStart(11)).join("")}`)
    .join("\n");
}

const lineWidth = 100;

/** Names with commas between them, in indented lines. */
function wrapped(names: readonly string[]): string {
  const lines: string[] = [];
  let line = "";
  for (const [index, name] of names.entries()) {
    const word = index === names.length - 1 ? name : `${name},`;
    if (line !== "" && line.length + 1 + word.length > lineWidth - 2) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `  ${each}`).join("\n");
}
