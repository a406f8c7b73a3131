/** A script's `fail` as the error that a provider throws when the real thing happens. */
import { type ErrorCode, GantryError } from "gantry/errors";
import type { PlayedAnswer } from "gantry/testing";

type Failure = NonNullable<PlayedAnswer["fail"]>;

export function throwScriptedFailure(fail: Failure): never {
  const retryAfterMs = retryAfterOf(fail.retryAfter);
  const { code, retryable } = verdictOf(fail);
  throw new GantryError(code, fail.message ?? wordsOf(fail), {
    detail: {
      ...(fail.status === undefined ? {} : { status: fail.status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      retryable,
    },
  });
}

function verdictOf(fail: Failure): { code: ErrorCode; retryable: boolean } {
  if (fail.cut === "start") return { code: "PROVIDER_UNREACHABLE", retryable: true };
  if (fail.cut !== undefined) return { code: "PROVIDER_STREAM_CUT", retryable: true };
  if (fail.status === 413 || /prompt is too long/.test(fail.message ?? ""))
    return { code: "CONTEXT_TOO_LARGE", retryable: false };
  const name = fail.event ?? fail.type;
  if (fail.status === 401 || fail.status === 403 || name === "authentication_error" || name === "permission_error")
    return { code: "PROVIDER_AUTH", retryable: false };
  if (fail.status === 429 || name === "rate_limit_error") return { code: "PROVIDER_RATE_LIMITED", retryable: true };
  if (isOverload(fail.status) || (fail.status === undefined && (name === "overloaded_error" || name === "api_error")))
    return { code: "PROVIDER_OVERLOADED", retryable: true };
  return { code: "PROVIDER_REJECTED", retryable: false };
}

function isOverload(status: number | undefined): boolean {
  return status !== undefined && (status >= 500 || status === 408 || status === 409);
}

function wordsOf(fail: Failure): string {
  if (fail.status !== undefined) return `the script answers with status ${fail.status}`;
  return fail.cut === undefined
    ? `the script sends the error event ${fail.event}`
    : `the script breaks the connection: ${fail.cut}`;
}

/** Seconds, or an HTTP date. */
function retryAfterOf(value: number | string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  return Math.max(0, Math.round(Number.isFinite(seconds) ? seconds * 1000 : Date.parse(String(value)) - Date.now()));
}
