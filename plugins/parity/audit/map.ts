/**
 * The map of an audit: what is the same under another name, and what is excused, each with its reason. Every name in it must
 * be an item of one of the two inventories; what a mapping leads to may have gone meanwhile, which the audit then tells.
 */
import * as z from "zod";
import type { Inventory } from "../../../core/contract/inventory.ts";
import { isObject } from "../../../core/contract/messages.ts";
import { didYouMean } from "../../../core/contract/nearest.ts";
import { readDataFile, wrongFile } from "../file/data-file.ts";
import type { DataProblem } from "../file/data-problems.ts";
import { itemsOf, nearestItem } from "./compare-names.ts";

const item = z
  .string()
  .max(512)
  .regex(/^[a-z][a-z0-9-]*\/[^\p{Cc}\p{Bidi_Control}]+$/u, { error: "part/name, as tools/Read" });
const reason = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, { error: "a text in one line, without control characters" });

const mapSchema = z.strictObject({
  format: z.literal("gantry-audit-map/1"),
  against: z.string().min(1).max(128),
  same: z
    .array(
      z.strictObject({
        theirs: item,
        ours: z.array(item).min(1).max(50),
        reason,
        /** Properties of a tool's input: their name, and ours. */
        renamed: z.record(z.string(), z.string()).exactOptional(),
        /** What theirs does and ours does not: then it is different, and wants an excuse. */
        lacks: z.array(reason).max(50).exactOptional(),
      }),
    )
    .max(10_000),
  excused: z.array(z.strictObject({ item, kind: z.enum(["missing", "different", "ours-only"]), reason })).max(10_000),
});

export type AuditMap = z.infer<typeof mapSchema>;

interface Read {
  map: AuditMap;
  file: string;
  lineOf(path: readonly (string | number)[]): number;
}

/** INVENTORY_INVALID with every problem: of the form, and names that neither inventory has. */
export async function readAuditMap(file: string, theirs: Inventory, ours: Inventory): Promise<AuditMap> {
  const { value: map, lineOf } = await readDataFile(file, { schema: mapSchema, code: "INVENTORY_INVALID" });
  const problems = [
    ...wrongSystem({ map, file, lineOf }, theirs),
    ...wrongMappings({ map, file, lineOf }, theirs),
    ...wrongExcuses({ map, file, lineOf }, theirs, ours),
  ];
  if (problems.length > 0) throw wrongFile(file, problems, "INVENTORY_INVALID");
  return map;
}

function wrongSystem({ map, lineOf }: Read, { system }: Inventory): DataProblem[] {
  if (map.against === system.name) return [];
  const message = `${JSON.stringify(map.against)} is another system than the one it is used against, ${system.name}`;
  return [{ line: lineOf(["against"]), path: ["against"], message }];
}

function wrongMappings({ map, lineOf }: Read, theirs: Inventory): DataProblem[] {
  const there = itemsOf(theirs);
  const seen = new Set<string>();
  return map.same.flatMap(({ theirs: name, renamed = {} }, index): DataProblem[] => {
    const at = (path: (string | number)[], message: string): DataProblem => {
      const whole = ["same", index, ...path];
      return { line: lineOf(whole), path: whole, message };
    };
    if (seen.has(name)) return [at(["theirs"], `${name} is mapped twice`)];
    seen.add(name);
    const found = there.get(name);
    if (!found) return [at(["theirs"], unknown(name, theirs, there.keys()))];
    const schema = found.facts?.["inputSchema"];
    const properties = isObject(schema) && isObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
    const wrong = Object.keys(renamed).filter((property) => !properties.includes(property));
    return wrong.map((property) =>
      at(["renamed", property], `${name} has no property ${property}.${didYouMean(property, properties)}`),
    );
  });
}

function wrongExcuses({ map, lineOf }: Read, theirs: Inventory, ours: Inventory): DataProblem[] {
  const [there, here] = [itemsOf(theirs), itemsOf(ours)];
  const seen = new Set<string>();
  return map.excused.flatMap(({ item: name, kind }, index): DataProblem[] => {
    const path = ["excused", index, "item"];
    const at = (message: string): DataProblem[] => [{ line: lineOf(path), path, message }];
    if (seen.has(name)) return at(`${name} is excused twice`);
    seen.add(name);
    if (there.has(name) || here.has(name)) return [];
    return at(kind === "ours-only" ? unknown(name, ours, here.keys()) : unknown(name, theirs, there.keys()));
  });
}

const unknown = (name: string, { system }: Inventory, names: Iterable<string>): string =>
  `${name} is no item of ${system.name}.${nearestItem(name, names)}`;
