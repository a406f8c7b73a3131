/** The SDK's and the socket's errors as rows of the error table, with what a retry needs to know in `detail`. */
import { APIConnectionError, APIError } from "@anthropic-ai/sdk/core/error";
import { codeOf, type ErrorCode, GantryError, messageOf } from "gantry/errors";
import { AnswerTooLarge } from "./lean-fetch.ts";
import { plain } from "./plain.ts";
import { ShapeError } from "./shape.ts";

/** Where an error happened. */
export interface Place {
  host: string;
  /** As it may be shown: without a name and password. */
  baseUrl: string;
  model: string;
  /** Never part of a message, even when a server echoes it. */
  secret: string;
  usesProxy: boolean;
  /** Whether the answer had begun. */
  isStreaming: boolean;
}

interface Verdict {
  code: ErrorCode;
  retryable: boolean;
}

export function toProviderError(error: unknown, place: Place): unknown {
  if (codeOf(error) !== undefined) return error;
  if (error instanceof APIConnectionError) return unreachable(error, place);
  if (error instanceof APIError) return refused(error, place);
  // Half an event: a line that was broken off is not JSON.
  if (error instanceof SyntaxError) return streamCut(place, "an event of the stream is not JSON", error);
  // RangeError: the SDK prints an error's body, and one nested deeply enough overflows the stack.
  if ([ShapeError, AnswerTooLarge, RangeError].some((kind) => error instanceof kind)) return malformed(place, error as Error);
  if (!isSystemError(error)) return error;
  return place.isStreaming ? streamCut(place, messageOf(error), error) : unreachable(error, place);
}

export function streamCut(place: Place, what: string, cause?: unknown): GantryError {
  return new GantryError("PROVIDER_STREAM_CUT", `the answer from ${place.host} broke off: ${what}`, {
    cause,
    detail: { retryable: true },
  });
}

/** A server that sends it once sends it again: it is not asked for the same twice. */
function malformed(place: Place, error: Error): GantryError {
  const what = `the answer from ${place.host} is not one of the Messages API: ${plain(error.message, place.secret)}`;
  return new GantryError("PROVIDER_STREAM_CUT", what, { detail: { retryable: false } });
}

/** A page, a JSON text, nothing: what answers at the base URL is most often not an API. */
export function notAStream(place: Place, status: number, contentType: string | null): GantryError {
  const type = contentType === null ? "no content type" : plain(contentType, place.secret);
  return new GantryError(
    "PROVIDER_REJECTED",
    `${place.host} answered ${status} with ${type} and not one event of the Messages API: is ${place.baseUrl} the right base URL?`,
    { detail: { status, retryable: false } },
  );
}

function unreachable(error: Error, place: Place): GantryError {
  const cause = error.cause instanceof Error ? error.cause : error;
  const code =
    "code" in cause && typeof cause.code === "string" && !cause.message.includes(cause.code) ? ` (${cause.code})` : "";
  const proxy = place.usesProxy ? "; a proxy is set, which Node.js uses from 22.21 and 24.5 on" : "";
  return new GantryError(
    "PROVIDER_UNREACHABLE",
    `${place.host} cannot be reached: ${plain(connectionProblem(cause), place.secret)}${code}${proxy}`,
    {
      cause,
      detail: { retryable: true },
    },
  );
}

/** An error of several addresses tried (AggregateError) has no message of its own. */
function connectionProblem(cause: Error): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join("; ");
  return cause.message.trim();
}

function refused(error: APIError, place: Place): GantryError {
  const said = plain(typeof error.apiMessage === "string" ? error.apiMessage : error.message, place.secret);
  const verdict =
    error.status === undefined ? verdictOfType(error.type, said) : verdictOfStatus(error.status, error.type, said);
  const what = [error.status, typeof error.type === "string" ? `(${plain(error.type, place.secret)})` : undefined]
    .filter((part) => part !== undefined)
    .join(" ");
  const location = error.status !== undefined && error.status < 400 ? error.headers?.get("location") : undefined;
  const moved = location ? ` It redirects to ${plain(location, place.secret)}: set the base URL to that, if you trust it.` : "";
  const about = error.status === 404 ? ` (model ${JSON.stringify(place.model)})` : moved;
  const retryAfterMs = retryAfterOf(error.headers);
  const shouldRetry = error.headers?.get("x-should-retry");
  return new GantryError(verdict.code, `${place.host} answered ${what}: ${said}${about}`, {
    // Without the SDK's error as its cause: that holds the body as it came.
    detail: {
      ...(error.status === undefined ? {} : { status: error.status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(error.requestID ? { requestId: error.requestID } : {}),
      retryable: verdict.retryable && shouldRetry !== "false",
    },
  });
}

function verdictOfStatus(status: number, type: string | null, said: string): Verdict {
  if (status === 401 || status === 403) return { code: "PROVIDER_AUTH", retryable: false };
  if (status === 429) return { code: "PROVIDER_RATE_LIMITED", retryable: true };
  if (status >= 500 || status === 408 || status === 409) return { code: "PROVIDER_OVERLOADED", retryable: true };
  if (status === 413) return { code: "CONTEXT_TOO_LARGE", retryable: false };
  return verdictOfType(type === "overloaded_error" || type === "rate_limit_error" ? null : type, said);
}

function verdictOfType(type: string | null, said: string): Verdict {
  switch (type) {
    case "overloaded_error":
    case "api_error":
    case "timeout_error":
      return { code: "PROVIDER_OVERLOADED", retryable: true };
    case "rate_limit_error":
      return { code: "PROVIDER_RATE_LIMITED", retryable: true };
    case "authentication_error":
    case "permission_error":
      return { code: "PROVIDER_AUTH", retryable: false };
    case "request_too_large":
      return { code: "CONTEXT_TOO_LARGE", retryable: false };
    default:
      return { code: isTooLong(said) ? "CONTEXT_TOO_LARGE" : "PROVIDER_REJECTED", retryable: false };
  }
}

/** The API has no type of its own for it. */
function isTooLong(said: string): boolean {
  return /prompt is too long|exceeds? (the )?context (limit|window)|input is too long/i.test(said);
}

/** `retry-after-ms`, or `retry-after` in seconds or as an HTTP date; never below zero. */
function retryAfterOf(headers: { get(name: string): string | null } | undefined): number | undefined {
  const ms = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (Number.isFinite(ms)) return Math.max(0, ms);
  const after = headers?.get("retry-after");
  if (after === null || after === undefined) return undefined;
  const seconds = Number(after);
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(after) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, Math.round(waitMs)) : undefined;
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
