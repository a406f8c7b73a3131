/** What goes wrong with a server, as the core is told: a code of the error table, and words that name the server. */
import type { Json } from "../../../core/contract/messages.ts";

export type FaultCode =
  | "MCP_SERVER_UNKNOWN"
  | "MCP_START_FAILED"
  | "MCP_START_TIMEOUT"
  | "MCP_PROTOCOL"
  | "MCP_TOO_LARGE"
  | "MCP_FLOOD"
  | "MCP_DISCONNECTED"
  | "MCP_TIMEOUT"
  | "MCP_CALL_FAILED"
  | "MCP_RESULT_INVALID"
  | "MCP_HTTP_FAILED"
  | "MCP_NEEDS_LOGIN"
  | "MCP_LOGIN_FAILED"
  | "MCP_SAMPLING_DENIED"
  | "TOOL_INTERRUPTED";

interface FaultOptions {
  detail?: Json | undefined;
  cause?: unknown;
  isFinal?: boolean;
}

export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: Json | undefined;
  /** Another try would end the same. */
  readonly isFinal: boolean;

  constructor(code: FaultCode, message: string, { detail, cause, isFinal = false }: FaultOptions = {}) {
    super(message, { cause });
    this.code = code;
    this.detail = detail;
    this.isFinal = isFinal;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The innermost cause that has a system code says more than "fetch failed". */
export function rootMessage(error: unknown): string {
  let found = error;
  for (let depth = 0; depth < 5 && found instanceof Error && found.cause !== undefined; depth++) found = found.cause;
  const all = found instanceof AggregateError && found.errors.length > 0 ? found.errors[0] : found;
  return messageOf(all);
}
