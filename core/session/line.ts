/** One line of a log: an event and the SHA-256 of the line before, over its bytes without the newline. */
import { hash } from "node:crypto";
import type { SessionEvent } from "../contract/events.ts";

/** What the first line has for the line before it. */
export const firstPrev = "0".repeat(64);

export type LoggedEvent = SessionEvent & { prev: string };

/** Lower-case hex. */
export function hashLine(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex");
}

/** The line's bytes with its newline. */
export function encodeLine({ v, seq, at, type, data }: SessionEvent, prev: string): Buffer {
  return Buffer.from(`${JSON.stringify({ v, seq, at, type, data, prev })}\n`);
}

/** The fields that the chain rests on, or undefined when the text is not an event of any version. What `data` holds is not looked at. */
export function parseLine(text: string): LoggedEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isLoggedEvent(value) ? value : undefined;
}

function isLoggedEvent(value: unknown): value is LoggedEvent {
  if (typeof value !== "object" || value === null) return false;
  const { v, seq, at, type, data, prev } = value as Record<string, unknown>;
  const isStamped = typeof v === "number" && typeof seq === "number" && typeof at === "string";
  return isStamped && typeof type === "string" && typeof data === "object" && data !== null && typeof prev === "string";
}
