/** structuredClone of the realm's own: plain data, dates, maps, sets, errors and bytes, with circles. No transfer. */
import { abortError } from "./abort.ts";
import { bytesOf, isBytes } from "./bytes.ts";

/** Deeper data would overflow the stack. */
const maxDepth = 1000;

export function realmClone<Value>(value: Value): Value {
  return cloned(value, new Map(), 0) as Value;
}

function cloned(value: unknown, known: Map<object, unknown>, depth: number): unknown {
  if (typeof value === "function" || typeof value === "symbol")
    throw abortError(`A ${typeof value} cannot be cloned.`, "DataCloneError");
  if (typeof value !== "object" || value === null) return value;
  if (known.has(value)) return known.get(value);
  if (depth > maxDepth) throw abortError(`Data deeper than ${maxDepth} levels cannot be cloned.`, "DataCloneError");
  const inner = (part: unknown): unknown => cloned(part, known, depth + 1);
  return clonedObject(value, (copy) => known.set(value, copy), inner);
}

function clonedObject(value: object, keep: (copy: object) => unknown, inner: (part: unknown) => unknown): object {
  if (isBytes(value)) return kept(clonedBytes(value), keep);
  if (value instanceof Date) return kept(new Date(value.getTime()), keep);
  if (value instanceof RegExp) return kept(new RegExp(value.source, value.flags), keep);
  if (value instanceof Map) {
    const copy = kept(new Map<unknown, unknown>(), keep);
    for (const [key, member] of value) copy.set(inner(key), inner(member));
    return copy;
  }
  if (value instanceof Set) {
    const copy = kept(new Set<unknown>(), keep);
    for (const member of value) copy.add(inner(member));
    return copy;
  }
  if (value instanceof Error) {
    const copy = kept(new Error(String(value.message)), keep);
    copy.name = String(value.name);
    return copy;
  }
  const copy = kept<Record<string, unknown>>(Array.isArray(value) ? (new Array(value.length) as never) : {}, keep);
  for (const key of Object.keys(value))
    Object.defineProperty(copy, key, {
      ...{ configurable: true, enumerable: true, writable: true },
      value: inner((value as Record<string, unknown>)[key]),
    });
  return copy;
}

function kept<Copy extends object>(copy: Copy, keep: (copy: object) => unknown): Copy {
  keep(copy);
  return copy;
}

function clonedBytes(value: ArrayBuffer | ArrayBufferView): object {
  const bytes = bytesOf(value).slice();
  if (!ArrayBuffer.isView(value)) return bytes.buffer;
  if (value instanceof DataView) return new DataView(bytes.buffer);
  const kinds = [
    Int8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ];
  const Kind = kinds.find((kind) => value instanceof kind) ?? Uint8Array;
  return new Kind(bytes.buffer);
}
