/** Whether a schema says more than JSON Schema can: refinements, and changes such as trim, at any depth. */
import type { z } from "zod";

/** Kinds of checks that z.toJSONSchema leaves out without a word. */
const lostKinds = new Set(["custom", "overwrite"]);

export function hasRefinements(schema: z.ZodType, seen = new Set<unknown>()): boolean {
  return refinesValue(schema._zod.def, seen);
}

function refinesValue(value: unknown, seen: Set<unknown>): boolean {
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  const { _zod: inner } = value as { _zod?: { def?: { check?: string } } };
  if (inner?.def?.check !== undefined && lostKinds.has(inner.def.check)) return true;
  const parts = inner?.def === undefined ? Object.values(value) : Object.values(inner.def);
  return parts.some((part) => refinesValue(part, seen));
}
