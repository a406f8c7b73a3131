/**
 * What a guest may say, frame by frame. By hand and not by a schema: it is read for every frame of every guest. Whatever does
 * not fit its row is told in words, for the message of the violation.
 */
import { maxPartChars } from "../core/contract/frames.ts";
import type { Json } from "../core/contract/messages.ts";
import { plainPart } from "./frame-parts.ts";
import { maxParts, parseJson, partsOf } from "./frame-text.ts";

/** As GuestFrame of the contract, with names; `value` and `args` may stand for parts, which `parts` counts. */
export type ReadFrame =
  | { kind: "hello"; protocol: number; node: string; tier: string }
  | { kind: "ack"; id: number }
  | { kind: "progress"; id: number; text: string }
  | { kind: "chunk"; id: number; item: Json }
  | { kind: "result"; id: number; value: Json; parts?: number }
  | { kind: "error"; id: number; code: string; message: string; detail?: Json }
  | { kind: "request"; id: number; callId: number; method: string; value: Json; parts?: number }
  | { kind: "part"; id: number; text: string }
  | { kind: "log"; level: LogLevel; text: string }
  | { kind: "ping"; count: number };

export type LogLevel = "debug" | "info" | "warn" | "error";

const levels: readonly string[] = ["debug", "info", "warn", "error"];
const maxMethodChars = 64;
const maxCodeChars = 64;

/** The frame, or what is wrong with it. */
export function readGuestFrame(text: string): ReadFrame | string {
  const [, partId, piece] = plainPart(text) ?? [];
  if (partId !== undefined && piece !== undefined) return plainPartFrame(partId, piece);
  let frame: Json;
  try {
    frame = parseJson(text);
  } catch (error) {
    return error instanceof RangeError ? error.message : "a frame that is not JSON";
  }
  if (!Array.isArray(frame)) return "a frame that is not an array";
  const [kind] = frame;
  const row = typeof kind === "string" ? rows.get(kind) : undefined;
  if (row === undefined) return `a frame of no known kind: ${shown(kind)}`;
  return row(frame) ?? `a ${String(kind)} frame that does not fit its shape: ${shown(frame)}`;
}

function plainPartFrame(id: number, text: string): ReadFrame | string {
  return isId(id) && text.length <= maxPartChars
    ? { kind: "part", id, text }
    : `a part frame that does not fit its shape: ${id}`;
}

type Row = (frame: readonly Json[]) => ReadFrame | undefined;

const rows = new Map<string, Row>([
  ["hello", readHello],
  ["ack", ([, id, ...more]) => (isId(id) && none(more) ? { kind: "ack", id } : undefined)],
  [
    "progress",
    ([, id, text, ...more]) => (isId(id) && isText(text) && none(more) ? { kind: "progress", id, text } : undefined),
  ],
  [
    "chunk",
    ([, id, item, ...more]) => (isId(id) && item !== undefined && none(more) ? { kind: "chunk", id, item } : undefined),
  ],
  ["result", ([, id, value, ...more]) => (isId(id) && none(more) ? withParts({ kind: "result", id }, value) : undefined)],
  ["error", readError],
  ["request", readRequest],
  [
    "part",
    ([, id, text, ...more]) =>
      isId(id) && isText(text) && text.length <= maxPartChars && none(more) ? { kind: "part", id, text } : undefined,
  ],
  [
    "log",
    ([, level, text, ...more]) =>
      isText(level) && levels.includes(level) && isText(text) && none(more)
        ? { kind: "log", level: level as LogLevel, text }
        : undefined,
  ],
  ["ping", ([, count, ...more]) => (isCount(count) && none(more) ? { kind: "ping", count } : undefined)],
]);

function readHello([, facts, ...more]: readonly Json[]): ReadFrame | undefined {
  if (!isRecord(facts) || !none(more) || Object.keys(facts).length !== 3) return undefined;
  const { protocol, node, tier } = facts;
  return isCount(protocol) && isText(node) && isText(tier) ? { kind: "hello", protocol, node, tier } : undefined;
}

function readError([, id, error, ...more]: readonly Json[]): ReadFrame | undefined {
  if (!isId(id) || !isRecord(error) || !none(more)) return undefined;
  const { code, message, detail, ...others } = error;
  if (!isText(code) || code.length > maxCodeChars || !isText(message) || !none(Object.keys(others))) return undefined;
  return { kind: "error", id, code, message, ...(detail === undefined ? {} : { detail }) };
}

function readRequest([, id, callId, method, args, ...more]: readonly Json[]): ReadFrame | undefined {
  if (!isId(id) || !isId(callId) || !isText(method) || method.length > maxMethodChars || !none(more)) return undefined;
  const read = withParts({ kind: "request" as const, id, callId, method }, args);
  // Arguments are a list; those in parts are looked at when they are joined.
  return read && (read.parts !== undefined || Array.isArray(read.value)) ? read : undefined;
}

function withParts<F>(frame: F, value: Json | undefined): (F & { value: Json; parts?: number }) | undefined {
  if (value === undefined) return undefined;
  const parts = partsOf(value);
  if (parts === undefined) return { ...frame, value };
  return Number.isInteger(parts) && parts >= 1 && parts <= maxParts ? { ...frame, value: null, parts } : undefined;
}

function isId(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isCount(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string";
}

function isRecord(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function none(more: readonly unknown[]): boolean {
  return more.length === 0;
}

/** Enough to see what it was, and no more. */
function shown(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
