/** The one JSON envelope, on stdout for results and errors alike; and the same error as lines of text for stderr. */
import { describeError, type ErrorFacts, errorTable } from "../contract/errors.ts";
import type { Json } from "../contract/messages.ts";
import { sanitizeText } from "./sanitize.ts";
import type { Environment, Style } from "./style.ts";

/** `tools list` → `tools.list`. Bare `gantry` is `gantry`. */
export function kindOf(commandId: string): string {
  return commandId === "" ? "gantry" : commandId.replaceAll(" ", ".");
}

export function okEnvelope(kind: string, data: Json, warnings: readonly string[]): string {
  return `${JSON.stringify({ ok: true, kind, data, warnings })}\n`;
}

export function errorEnvelope(kind: string, error: ErrorFacts, warnings: readonly string[]): string {
  const { detail, ...facts } = error;
  const told = isSerialisable(detail) ? error : facts;
  return `${JSON.stringify({ ok: false, kind, error: told, warnings })}\n`;
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

function isSerialisable(detail: ErrorFacts["detail"]): boolean {
  try {
    JSON.stringify(detail);
    return true;
  } catch {
    return false;
  }
}
