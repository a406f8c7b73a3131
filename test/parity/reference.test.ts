/** The shipped inventory of Claw Code: whole, in order, with sound schemas; and docs/parity.md explains all that is missing. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { InventoryItem } from "../../core/contract/inventory.ts";
import type { AuditReport } from "../../plugins/parity/audit/report.ts";
import { readInventory } from "../../plugins/parity/inventory/format.ts";
import { bench } from "../support/cli.ts";

const root = path.join(import.meta.dirname, "../..");
const file = path.join(root, "plugins/parity/data/reference/claw-code.json");

test("the inventory of Claw Code has every part, sorted, each item with a summary and tools with schemas that compile", async () => {
  const { value } = await readInventory(file);
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual(value);
  const count = (part: string, wanted: (item: InventoryItem) => boolean = () => true): number =>
    (value.parts[part] ?? []).filter(wanted).length;
  const came = (item: InventoryItem): boolean => item.facts?.["since"] !== undefined;
  expect([count("tools", (item) => !came(item)), count("tools", came)]).toEqual([49, 6]);
  expect(count("scenarios")).toBe(12);
  expect(count("hook-events")).toBe(3);
  expect(count("permission-modes")).toBe(5);
  expect(Object.keys(value.parts)).toEqual([
    ...["tools", "runtime-tools", "commands", "describe-commands", "flags", "slash-commands"],
    ...["hook-events", "permission-modes", "exit-codes", "scenarios"],
  ]);
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  for (const item of Object.values(value.parts).flat()) {
    expect(item.summary, item.name).toMatch(/\.$/);
    const schema = item.facts?.["inputSchema"];
    if (typeof schema === "object" && schema !== null) expect(ajv.validateSchema(schema), item.name).toBe(true);
  }
});

test("the totals add up, and docs/parity.md explains each item that the audit finds missing or different, and names what each mapped one is here", async () => {
  const { gantry } = await bench([]);
  const { data } = JSON.parse((await gantry(["parity", "audit", "--json"])).stdout) as { data: AuditReport };
  const { totals, items } = data;
  expect(totals.theirs).toBe(totals.same + totals.mapped + totals.different + totals.missing);
  expect(totals.excused).toBe(totals.different + totals.missing);
  expect(items).toHaveLength(totals.theirs + totals.oursOnly);
  for (const key of ["theirs", "ours", "same", "mapped", "different", "missing", "oursOnly", "excused"] as const)
    expect(data.parts.reduce((sum, part) => sum + part[key], 0)).toBe(totals[key]);
  const page = await readFile(path.join(root, "docs/parity.md"), "utf8");
  const missing = sectionsOf(page.slice(page.indexOf("### Missing"), page.indexOf("### Under another name")));
  const told = (item: string, text: string | undefined, line: string): void =>
    expect(
      text?.split("\n").some((each) => each.includes(line)),
      `${item} in docs/parity.md`,
    ).toBe(true);
  for (const { item, state, excused = "", ours = [], reason = "" } of items) {
    const [part = "", name] = [item.slice(0, item.indexOf("/")), item.slice(item.indexOf("/") + 1)];
    if (state === "missing") {
      const lines = missing.get(part)?.split("\n") ?? [];
      expect(
        lines.some((line) => line.endsWith(`: ${excused}`) && line.includes(`\`${name}\``)),
        item,
      ).toBe(true);
    }
    if (state === "different") told(item, page, excused);
    if (state === "mapped") told(item, page, `- \`${item}\` → ${ours.map((each) => `\`${each}\``).join(", ")}: ${reason}`);
  }
});

/** Keyed by the part of the heading. */
function sectionsOf(text: string): Map<string, string> {
  const sections = text.split(/^#### /m).slice(1);
  return new Map(sections.map((section) => [section.slice(0, section.indexOf("\n")), section]));
}
