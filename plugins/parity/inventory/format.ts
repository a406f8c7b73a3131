/**
 * The format of an inventory, as files hold it: Gantry's own document, and those that people write for other systems. The
 * schema that ships is made from this one.
 */
import * as z from "zod";
import type { Inventory } from "../../../core/contract/inventory.ts";
import type { JsonObject } from "../../../core/contract/messages.ts";
import type { DataFile } from "../file/data-file.ts";

/** In a line of text and in a table, so without control and direction characters. */
const line = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, { error: "a text in one line, without control characters" });

const itemSchema = z.strictObject({
  name: line(256).describe("Unique in its part. A slash command's name has its slash."),
  source: line(256).describe("Who offers it: a plugin with its version, or the table, page or file it is a row of."),
  summary: line(1000).exactOptional(),
  status: z
    .enum(["real", "shallow", "declared-only"])
    .exactOptional()
    .describe("Whether it does what its name says: shallow does some of it, declared-only none. Absent: real."),
  facts: z
    .record(z.string(), z.json())
    .exactOptional()
    .describe(
      "What an audit compares beside the name: a tool's schema and effect, a command's arguments and flags, a row's columns.",
    ),
});

export const inventorySchema = z
  .strictObject({
    format: z.literal("gantry-inventory/1"),
    system: z.strictObject({ name: line(128), version: line(128) }),
    about: line(2000).exactOptional().describe("For readers: where the facts are from."),
    parts: z.record(
      z.string().regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, { error: "lower-case words with hyphens" }),
      z.array(itemSchema).max(10_000).superRefine(uniqueNames),
    ),
  })
  .describe("What a system offers, part by part.") satisfies z.ZodType<Inventory>;

function uniqueNames(items: readonly { name: string }[], ctx: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, { name }] of items.entries()) {
    if (seen.has(name))
      ctx.addIssue({ code: "custom", path: [index, "name"], message: `${JSON.stringify(name)} is there twice` });
    seen.add(name);
  }
}

/** INVENTORY_INVALID with every problem. Items come sorted by name, by code units, in whatever order the file has them. */
export async function readInventory(file: string): Promise<DataFile<Inventory>> {
  // Not above: the build asks for the schema alone, before there is a gantry/errors to import.
  const { readDataFile } = await import("../file/data-file.ts");
  const read = await readDataFile<Inventory>(file, { schema: inventorySchema, code: "INVENTORY_INVALID" });
  const parts = Object.entries(read.value.parts).map(([part, items]) => {
    const places = items.map((item, index) => ({ item, index })).toSorted((a, b) => byCodeUnits(a.item.name, b.item.name));
    return { part, places };
  });
  const writtenAt = new Map(parts.map(({ part, places }) => [part, places.map(({ index }) => index)]));
  const sorted = Object.fromEntries(parts.map(({ part, places }) => [part, places.map(({ item }) => item)]));
  return {
    value: { ...read.value, parts: sorted },
    lineOf: ([parts, part, index, ...rest]) => {
      if (part === undefined || typeof index !== "number") return read.lineOf(present([parts, part]));
      return read.lineOf(present([parts, part, writtenAt.get(String(part))?.[index], ...rest]));
    },
  };
}

const present = (path: readonly (string | number | undefined)[]): (string | number)[] =>
  path.filter((part) => part !== undefined);

export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** What is published as `gantry/inventory.schema.json`. */
export function inventoryJsonSchema(): JsonObject {
  return { title: "Gantry inventory", ...(z.toJSONSchema(inventorySchema) as JsonObject) };
}
