/** Bytes in a request's arguments and in its reply, as JSON knows them: `{"$bytes": base64}`, as an argument, a field of one, or the whole. */
import type { FrameBytes } from "../core/contract/frames.ts";
import type { Json } from "../core/contract/messages.ts";

export function packed(value: unknown): Json {
  if (value instanceof Uint8Array) return { ...encoded(value) };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value as Json;
  const fields = Object.entries(value).map(([key, field]) => [key, field instanceof Uint8Array ? encoded(field) : field]);
  return Object.fromEntries(fields) as Json;
}

export function unpacked(value: unknown): unknown {
  const whole = bytesIn(value);
  if (whole !== undefined || typeof value !== "object" || value === null || Array.isArray(value)) return whole ?? value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, bytesIn(field) ?? field]));
}

/** Encoded once, where the bytes are. */
export function encoded({ buffer, byteOffset, byteLength }: Uint8Array): FrameBytes {
  return { $bytes: Buffer.from(buffer, byteOffset, byteLength).toString("base64") };
}

/** A text or bytes, as an argument brought them. */
export function textOrBytes(value: string | FrameBytes): string | Uint8Array {
  return typeof value === "string" ? value : Buffer.from(value.$bytes, "base64");
}

function bytesIn(value: unknown): Uint8Array | undefined {
  if (typeof value !== "object" || value === null || !("$bytes" in value) || typeof value.$bytes !== "string") return undefined;
  return new Uint8Array(Buffer.from(value.$bytes, "base64"));
}
