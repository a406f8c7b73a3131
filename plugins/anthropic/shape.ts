/** Checks of what comes over the wire: the SDK's types say what the API sends, not what some server at the base URL does. */
import type { JsonObject } from "gantry/plugin";

/** An event that is not what its type says. The message names the field and what it holds. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/** The value, typed as before, when it is an object. */
export function objectIn<T>(value: T, field: string): T & object {
  if (isObject(value)) return value;
  throw wrong(field, value, "an object");
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function textIn(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw wrong(field, value, "text");
}

/** For fields that gateways leave out where they are empty. */
export function textOrNone(value: unknown, field: string): string {
  return value == null ? "" : textIn(value, field);
}

export function nameIn(value: unknown, field: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw wrong(field, value, "text with a letter in it");
}

/** More blocks than any answer has; each may cost a little memory. */
const lastIndex = 10_000;

export function indexIn(value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= lastIndex) return value as number;
  throw wrong("content_block_start.index", value, `a whole number from 0 to ${lastIndex}`);
}

/** What no count of tokens reaches; sums of such counts stay exact. */
const mostTokens = 1e12;

/** The count on the wire, or the one known before when that is none. */
export function countIn(value: unknown, before: number): number {
  return typeof value === "number" && value >= 0 && value <= mostTokens ? value : before;
}

/** Deeper values overflow the stack of whoever writes them as JSON; no tool's input is so deep. */
const mostLevels = 200;

/** The value, when it is an object of at most 200 levels. */
export function inputIn(value: unknown): JsonObject | undefined {
  return isObject(value) && isShallow(value, mostLevels) ? (value as JsonObject) : undefined;
}

function isShallow(value: object, levels: number): boolean {
  if (levels === 0) return false;
  for (const inner of Object.values(value)) {
    if (typeof inner === "object" && inner !== null && !isShallow(inner, levels - 1)) return false;
  }
  return true;
}

function wrong(field: string, value: unknown, wanted: string): ShapeError {
  return new ShapeError(`${field} is ${printed(value)}, not ${wanted}`);
}

function printed(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}
