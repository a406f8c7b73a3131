/** Whether a schema can be compiled without a danger: its references lead into itself, never in a circle, and do not multiply. */
import { isObject } from "./schema-shape.ts";

/** The values of its arrays count too: an `enum` is gone through for each value that is checked. */
const maxNodes = 1000;
const refKeys = ["$ref", "$dynamicRef", "$recursiveRef"];

/** Why it cannot, or undefined. */
export function refProblem(schema: Record<string, unknown>): string | undefined {
  let nodes = 0;

  function walk(value: unknown, open: ReadonlySet<unknown>): string | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    if (open.has(value)) return "it is recursive";
    nodes += 1 + (Array.isArray(value) ? value.length : 0);
    if (nodes > maxNodes) return `its references unfold to more than ${maxNodes} parts`;
    const inside = new Set(open).add(value);
    for (const [key, inner] of Object.entries(value)) {
      const problem = refKeys.includes(key) && typeof inner === "string" ? follow(inner, inside) : walk(inner, inside);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  function follow(ref: string, open: ReadonlySet<unknown>): string | undefined {
    if (!ref.startsWith("#")) return `it refers to ${JSON.stringify(ref.slice(0, 80))}, which is outside of it`;
    const target = find(schema, ref.slice(1));
    return target === undefined
      ? `it refers to ${JSON.stringify(ref.slice(0, 80))}, which it does not have`
      : walk(target, open);
  }

  return walk(schema, new Set());
}

function find(schema: Record<string, unknown>, pointer: string): unknown {
  if (pointer === "") return schema;
  if (!pointer.startsWith("/")) return undefined;
  let at: unknown = schema;
  for (const part of pointer.slice(1).split("/")) {
    const key = unescaped(part);
    if (Array.isArray(at)) at = at[Number(key)];
    else if (isObject(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

function unescaped(part: string): string {
  const plain = part.replace(/~1/g, "/").replace(/~0/g, "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
