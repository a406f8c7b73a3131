/** An audit as Markdown: totals, then what asks for an eye first. */

import { plainLine } from "../plain-text.ts";
import type { ItemState } from "./compare-inventories.ts";
import { wordsOf } from "./difference.ts";
import { code, grouped, table } from "./markdown.ts";
import type { AuditedItem, AuditReport } from "./report.ts";

export function auditText(report: AuditReport): string {
  const { theirs, ours, about } = report;
  return [
    `# ${ours.name} ${ours.version} against ${theirs.name} ${theirs.version}`,
    ...(about === undefined ? [] : [about]),
    totalsTable(report),
    ...section("Not explained", unexplained(report)),
    ...section("Findings", list(report.findings.map(({ words }) => words))),
    ...section("Different", list(ofState(report, "different").map(differentLine))),
    ...section("Missing", missing(report)),
    ...section("Under another name", list(ofState(report, "mapped").map(mappedLine))),
    ...section("Same", byPart(ofState(report, "same"))),
    ...section("Only here", oursOnly(report)),
  ].join("\n\n");
}

/** `there` counts the other side, `here` ours. */
function totalsTable(report: AuditReport): string {
  const { parts, totals, theirs } = report;
  const shown = parts.filter((part) => part.theirs > 0);
  const others = parts.length - shown.length;
  const cells = (name: string, row: AuditReport["totals"]): string[] => [
    name,
    ...[row.theirs, row.same, row.mapped, row.different, row.missing, row.excused, row.ours, row.oursOnly].map(String),
  ];
  const rows = [...shown.map((part) => cells(code(part.part), part)), cells("all", totals)];
  const head = ["part", "there", "same", "mapped", "different", "missing", "explained", "here", "only here"];
  const more = others === 0 ? "" : ` ${others} more parts are only here; \`all\` counts them too.`;
  const words = `${missingWords(report)}${more}`.trim();
  const lead = `there: ${theirs.name}; explained: of what is different or missing.`;
  return [lead, table(head, rows), ...(words === "" ? [] : [words])].join("\n\n");
}

/** How much of what is missing there is to miss. */
function missingWords(report: AuditReport): string {
  const items = ofState(report, "missing");
  if (items.length === 0) return "";
  const count = (status: string): number => items.filter((item) => (item.status ?? "real") === status).length;
  return `Of the ${items.length} missing, ${count("real")} are real there, ${count("shallow")} shallow, ${count("declared-only")} declared only.`;
}

/** Of a part: what has one reason stands together. The status there, where it is not real. */
function missingRows(items: readonly AuditedItem[]): string[] {
  return grouped(items, ({ excused }) => excused ?? "not explained").map(([reason, group]) => {
    const names = group.map(({ item, status }) => `${code(nameIn(item))}${status === undefined ? "" : ` (${status})`}`);
    return `${names.join(", ")}: ${reason}`;
  });
}

const section = (title: string, body: string): string[] => (body === "" ? [] : [`## ${title}`, body]);
const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join("\n");
const ofState = ({ items }: AuditReport, state: ItemState): AuditedItem[] => items.filter((item) => item.state === state);
const partIn = (item: string): string => item.slice(0, item.indexOf("/"));
const nameIn = (item: string): string => item.slice(item.indexOf("/") + 1);

function unexplained({ items, unexplained: names }: AuditReport): string {
  const asked = new Set(names);
  return list(items.filter(({ item }) => asked.has(item)).map(({ item, state }) => `${code(item)} is ${stateWords[state]}`));
}

const stateWords: Record<ItemState, string> = {
  same: "the same",
  mapped: "the same under another name",
  different: "different",
  missing: "missing",
  "ours-only": "only here",
};

function differentLine(audited: AuditedItem): string {
  const { item, ours, differences = [], excused } = audited;
  const details = [...differences.map(wordsOf), ...(excused === undefined ? [] : [`why: ${excused}`])];
  return [ours ? mappedLine(audited) : code(item), ...details.map((each) => `  - ${plainLine(each)}`)].join("\n");
}

const mappedLine = ({ item, ours = [], reason = "" }: AuditedItem): string =>
  `${code(item)} → ${ours.map(code).join(", ")}: ${reason}`;

function missing(report: AuditReport): string {
  const parts = grouped(ofState(report, "missing"), ({ item }) => partIn(item));
  return parts.map(([part, items]) => `### ${part}\n\n${list(missingRows(items))}`).join("\n\n");
}

function byPart(items: readonly AuditedItem[]): string {
  const parts = grouped(items, ({ item }) => partIn(item));
  return list(parts.map(([part, group]) => `${part}: ${group.map(({ item }) => code(nameIn(item))).join(", ")}`));
}

/** By name where the other system has such a part; else only how many. */
function oursOnly(report: AuditReport): string {
  const compared = new Set(report.parts.filter(({ theirs }) => theirs > 0).map(({ part }) => part));
  const items = ofState(report, "ours-only");
  const named = items.filter(({ item, excused }) => compared.has(partIn(item)) && excused === undefined);
  const reasons = grouped(
    items.filter(({ excused }) => excused !== undefined),
    ({ excused }) => excused ?? "",
  );
  const whole = report.parts.filter(({ part, oursOnly: count }) => !compared.has(part) && count > 0);
  const counts = whole.map(({ part, oursOnly: count }) => `${code(part)} (${count})`);
  const texts = [
    list(reasons.map(([reason, group]) => `${group.map(({ item }) => code(item)).join(", ")}: ${reason}`)),
    byPart(named),
    counts.length === 0 ? "" : `Parts that only are here: ${counts.join(", ")}.`,
  ];
  return texts.filter((text) => text !== "").join("\n\n");
}
