/** The keys that a schema has at a place: what a wrong key may have been meant for. */
import type * as z from "zod";
import type { DataPath } from "./data-text.ts";

type Def = z.core.$ZodTypes["_zod"]["def"];

/** Of every branch of a union there; none where any key is one. */
export function keysAt(schema: z.core.$ZodType, path: DataPath): string[] {
  const found = path.reduce(
    (schemas: z.core.$ZodType[], part) => schemas.flatMap(plainSchemas).flatMap((at) => below(at, part)),
    [schema],
  );
  const keys = found.flatMap(plainSchemas).flatMap((at) => {
    const def = defOf(at);
    return def.type === "object" ? Object.keys(def.shape) : [];
  });
  return [...new Set(keys)];
}

function below(schema: z.core.$ZodType, part: string | number): z.core.$ZodType[] {
  const def = defOf(schema);
  if (def.type === "object") {
    const field = Object.hasOwn(def.shape, part) ? def.shape[String(part)] : def.catchall;
    return field === undefined ? [] : [field];
  }
  if (def.type === "array") return [def.element];
  return def.type === "record" ? [def.valueType] : [];
}

/** Without what is around it: optional, default, lazy, the branches of a union. */
function plainSchemas(schema: z.core.$ZodType): z.core.$ZodType[] {
  const def = defOf(schema);
  switch (def.type) {
    case "union":
      return def.options.flatMap(plainSchemas);
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
    case "readonly":
    case "catch":
      return plainSchemas(def.innerType);
    case "lazy":
      return plainSchemas(def.getter());
    case "pipe":
      return plainSchemas(def.in);
    default:
      return [schema];
  }
}

/** The classic types are all of this union; the base type does not say so. */
const defOf = (schema: z.core.$ZodType): Def => schema._zod.def as Def;
