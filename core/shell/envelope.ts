/** The one JSON envelope, on stdout for results and errors alike; and the same error as lines of text for stderr. */
import { codeOf, type ErrorCode, errorTable, messageOf } from "../contract/errors.ts";
import type { Json, JsonObject } from "../contract/messages.ts";
import { sanitizeText } from "./sanitize.ts";
import type { Environment, Style } from "./style.ts";

export interface ErrorFacts {
  code: ErrorCode;
  message: string;
  hint: string;
  detail?: JsonObject;
}

/** `tools list` → `tools.list`. Bare `gantry` is `gantry`. */
export function kindOf(commandId: string): string {
  return commandId === "" ? "gantry" : commandId.replaceAll(" ", ".");
}

export function okEnvelope(kind: string, data: Json, warnings: readonly string[]): string {
  return `${JSON.stringify({ ok: true, kind, data, warnings })}\n`;
}

export function errorEnvelope(kind: string, error: ErrorFacts, warnings: readonly string[]): string {
  return `${JSON.stringify({ ok: false, kind, error, warnings })}\n`;
}

/** What is told about anything that was thrown: someone else's error is INTERNAL, with its own message. */
export function describeError(error: unknown): ErrorFacts {
  const code = codeOf(error) ?? "INTERNAL";
  const detail = (error as { detail?: unknown } | null)?.detail;
  const facts = { code, message: messageOf(error), hint: errorTable[code].hint };
  return isJsonObject(detail) ? { ...facts, detail } : facts;
}

/** Codes for the model have exit 0 in the table; when one ends a command it is a failed lookup or call: 1. */
export function exitOf(error: ErrorFacts): number {
  return errorTable[error.code].exit || 1;
}

/** `CODE: message` and the hint, as lines for stderr. */
export function errorLines({ code, message, hint }: ErrorFacts, style: Style): string {
  return `${style.red(style.bold(code))}: ${sanitizeText(message)}\n${style.dim(hint)}\n`;
}

/** The same for whatever was thrown; the stack only with GANTRY_DEBUG. */
export function errorText(error: unknown, style: Style, env: Environment): string {
  const lines = errorLines(describeError(error), style);
  return env["GANTRY_DEBUG"] && error instanceof Error ? `${lines}${sanitizeText(stackOf(error))}\n` : lines;
}

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\nCaused by: ${stackOf(error.cause)}` : own;
}

function isJsonObject(value: unknown): value is JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
