/** An inventory told in Markdown: counts and sources of each part, then its items, and what is only declared. */
import type { Inventory, InventoryItem } from "../../../core/contract/inventory.ts";
import { plainLine } from "../plain-text.ts";

interface PartCounts {
  part: string;
  items: number;
  /** Of them, those that do some of what their name says, and none of it. */
  shallow: number;
  declaredOnly: number;
  sources: { source: string; items: number }[];
}

/** Sources: those of most items first. */
export function countsOf({ parts }: Inventory): PartCounts[] {
  return Object.entries(parts).map(([part, items]) => {
    const named = items.flatMap(({ source }) => (part === "scenarios" ? ["scenario files"] : source.split(", ")));
    const sources = [...Map.groupBy(named, (source) => source)].map(([source, each]) => ({ source, items: each.length }));
    const withStatus = (wanted: InventoryItem["status"]): number => items.filter(({ status }) => status === wanted).length;
    return {
      part,
      items: items.length,
      shallow: withStatus("shallow"),
      declaredOnly: withStatus("declared-only"),
      sources: sources.sort((a, b) => b.items - a.items || (a.source < b.source ? -1 : 1)),
    };
  });
}

export function summaryText(inventory: Inventory): string {
  const { system, parts } = inventory;
  const counts = countsOf(inventory);
  const total = counts.reduce((sum, { items }) => sum + items, 0);
  const declared = Object.entries(parts).flatMap(([part, items]) =>
    items.flatMap(({ name, status, summary }) =>
      status === undefined || status === "real" ? [] : [[`${part}/${name}`, status, summary ?? ""]],
    ),
  );
  return [
    `# What ${cell(system.name)} ${cell(system.version)} offers`,
    `${total} items in ${counts.length} parts.`,
    table(["part", "items", "only declared", "from"], counts.map(countRow)),
    ...(declared.length === 0 ? [] : ["## Not, or not wholly, there", itemTable(["item", "status", "why"], declared)]),
    ...Object.entries(parts).flatMap(([part, items]) => [
      `## ${part} (${items.length})`,
      items.length === 0 ? "None." : itemTable(["name", "from", "what"], items.map(itemRow)),
    ]),
  ].join("\n\n");
}

const mostSources = 4;

function countRow({ part, items, shallow, declaredOnly, sources }: PartCounts): string[] {
  const named = sources
    .slice(0, mostSources)
    .map(({ source, items: count }) => (sources.length === 1 ? source : `${source} (${count})`));
  const more = sources.length > mostSources ? [`and ${sources.length - mostSources} more`] : [];
  const without = shallow + declaredOnly;
  return [part, String(items), without === 0 ? "" : String(without), [...named, ...more].map(cell).join(", ")];
}

function itemRow({ name, source, summary = "" }: InventoryItem): string[] {
  return [name, source, summary];
}

/** The first cell of each row is a name, shown as code. */
function itemTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return table(
    head,
    rows.map(([name = "", ...rest]) => [code(name), ...rest.map(cell)]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Text of a table: of others, it makes no cell, no tag and no link of its own. */
function cell(text: string): string {
  return plainLine(text).replace(/[\\|<[]/g, "\\$&");
}

function code(text: string): string {
  const line = plainLine(text).replaceAll("|", "\\|");
  return line.includes("`") ? `\`\` ${line} \`\`` : `\`${line}\``;
}
