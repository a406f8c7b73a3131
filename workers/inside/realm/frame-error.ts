/** What is told of an error: by a plugin to the core, by the core to a plugin. Whatever was thrown, telling never throws. */
import { type ErrorCode, errorTable, GantryError } from "../../../core/contract/errors.ts";
import type { FrameError } from "../../../core/contract/frames.ts";
import { isObject, type JsonObject } from "../../../core/contract/messages.ts";
import { messageOf } from "./error-text.ts";
import { plainCopy } from "./plain-copy.ts";

const maxDetailChars = 10_000;

export function frameErrorOf(error: unknown, fallback: ErrorCode = "TOOL_FAILED"): FrameError {
  const detail = detailOf(error);
  return { code: tableCodeOf(error) ?? fallback, message: messageOf(error), ...(detail && { detail }) };
}

/** As a plugin is to catch it. */
export function thrownOf({ code, message, detail }: FrameError): GantryError {
  return new GantryError(code, message, isObject(detail ?? null) ? { detail: detail as JsonObject } : {});
}

function tableCodeOf(error: unknown): ErrorCode | undefined {
  const code = memberOf(error, "code");
  return typeof code === "string" && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : undefined;
}

function detailOf(error: unknown): JsonObject | undefined {
  const detail = memberOf(error, "detail");
  if (typeof detail !== "object" || detail === null) return undefined;
  try {
    const copy = plainCopy(detail, { allowBytes: false });
    return isObject(copy) && JSON.stringify(copy).length <= maxDetailChars ? copy : undefined;
  } catch {
    return undefined;
  }
}

function memberOf(error: unknown, name: string): unknown {
  if (typeof error !== "object" || error === null) return undefined;
  try {
    return (error as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
