/** Bytes on their way to the broker and back: JSON has none, so they cross as base64. */
import { isObject, type Json } from "./contract/messages.ts";

export function packed(value: unknown): Json {
  if (value instanceof Uint8Array)
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  if (Array.isArray(value)) return value.map(packed);
  if (!isObject(value)) return (value ?? null) as Json;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, packed(inner)]])),
  );
}

/** The methods whose replies hold bytes; in those of others the same words are data. */
const bringBytes = new Set(["fs.read", "fs.readLines", "net.read", "process.read"]);

export function unpacked(method: string, value: Json): unknown {
  return bringBytes.has(method) ? withBytes(value) : value;
}

function withBytes(value: Json): unknown {
  if (!isObject(value)) return value;
  const { $bytes } = value;
  if (typeof $bytes === "string") return new Uint8Array(Buffer.from($bytes, "base64"));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withBytes(inner)]));
}
