/**
 * Requests to servers that have not ended. Each ends exactly once: with the thread's word, at its deadline, by its signal, or with
 * the thread. The thread has the same deadline; the one here is for a thread that does not keep it.
 */
import { nowMs } from "../contract/clock.ts";
import { type ErrorCode, errorTable, GantryError } from "../contract/errors.ts";
import type { McpMethod } from "../contract/mcp.ts";
import type { FromMcp, ToMcp } from "../contract/mcp-frames.ts";
import type { Json } from "../contract/messages.ts";

export interface Call {
  server: string;
  method: McpMethod;
  params: Json;
  timeoutMs: number;
  signal: AbortSignal;
  sessionId?: string | undefined;
  onProgress?: ((text: string) => void) | undefined;
}

export interface RequestsParts {
  send(server: string, frame: ToMcp): void;
  onEnded(id: number): void;
  redact(text: string): string;
}

interface Pending extends Call {
  resolve(value: Json): void;
  reject(error: unknown): void;
  onAbort(): void;
  timer?: NodeJS.Timeout;
  endsAt: number;
  leftMs: number;
  holds: number;
}

const mostOfServer = 64;
const mostParamsChars = 16 * 1024 * 1024;
/** For the thread to keep the deadline itself. */
const graceMs = 2_000;
const mostProgressChars = 2_000;

export class Requests {
  readonly #parts: RequestsParts;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(parts: RequestsParts) {
    this.#parts = parts;
  }

  /** QUEUE_FULL, MCP_TOO_LARGE, TOOL_INTERRUPTED, MCP_TIMEOUT, MCP_DISCONNECTED, and what the thread says. */
  async call(call: Call): Promise<Json> {
    const { server, method, params, timeoutMs, signal } = call;
    refuseTooMuch(call, this.#onServer(server).length);
    if (signal.aborted) throw cancelled(call);
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Json>();
    const onAbort = (): void => this.#giveUp(id, cancelled(call));
    const request: Pending = { ...call, resolve, reject, onAbort, endsAt: 0, leftMs: timeoutMs + graceMs, holds: 0 };
    this.#pending.set(id, request);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#arm(id, request);
    this.#parts.send(server, { type: "request", id, server, method, params, timeoutMs });
    return await promise;
  }

  take(frame: Extract<FromMcp, { type: "result" | "progress" }>): void {
    const { redact } = this.#parts;
    if (frame.type === "progress") this.#pending.get(frame.id)?.onProgress?.(redact(frame.text.slice(0, mostProgressChars)));
    else if (frame.ok) this.#end(frame.id, ({ resolve }) => resolve(frame.value));
    else {
      const { code, message } = frame;
      this.#end(frame.id, ({ server, reject }) => reject(errorOf(server, code, redact(message))));
    }
  }

  /** All of these servers end with MCP_DISCONNECTED. */
  lost(servers: readonly string[], why: string): void {
    for (const [id, { server }] of this.#pending) {
      if (!servers.includes(server)) continue;
      const error = new GantryError("MCP_DISCONNECTED", `the MCP server ${server} was lost during a request: ${why}`);
      this.#end(id, ({ reject }) => reject(error));
    }
  }

  /** Those that have not ended, oldest first. */
  runningOn(server: string): { id: number; method: McpMethod; sessionId: string | undefined }[] {
    return [...this.#pending].flatMap(([id, { server: its, method, sessionId }]) =>
      its === server ? [{ id, method, sessionId }] : [],
    );
  }

  /** The time in which somebody is asked is not the server's. */
  hold(id: number): void {
    const request = this.#pending.get(id);
    if (request === undefined || request.holds++ > 0) return;
    clearTimeout(request.timer);
    request.leftMs = Math.max(graceMs, request.endsAt - nowMs());
  }

  release(id: number): void {
    const request = this.#pending.get(id);
    if (request !== undefined && --request.holds === 0) this.#arm(id, request);
  }

  #onServer(server: string): Pending[] {
    return [...this.#pending.values()].filter((request) => request.server === server);
  }

  #arm(id: number, request: Pending): void {
    request.endsAt = nowMs() + request.leftMs;
    request.timer = setTimeout(() => this.#giveUp(id, tooLate(request)), request.leftMs);
  }

  #giveUp(id: number, error: GantryError): void {
    const server = this.#pending.get(id)?.server;
    if (server !== undefined) this.#parts.send(server, { type: "cancel", id, reason: error.message });
    this.#end(id, ({ reject }) => reject(error));
  }

  #end(id: number, settle: (request: Pending) => void): void {
    const request = this.#pending.get(id);
    if (request === undefined) return;
    this.#pending.delete(id);
    clearTimeout(request.timer);
    request.signal.removeEventListener("abort", request.onAbort);
    settle(request);
    this.#parts.onEnded(id);
  }
}

function refuseTooMuch({ server, params }: Call, running: number): void {
  if (running >= mostOfServer)
    throw new GantryError("QUEUE_FULL", `${running} requests to the MCP server ${server} have not ended, and no more are sent`);
  const chars = JSON.stringify(params).length;
  if (chars > mostParamsChars)
    throw new GantryError(
      "MCP_TOO_LARGE",
      `a request to the MCP server ${server}: ${chars} characters of input, and at most ${mostParamsChars} are sent`,
    );
}

function tooLate({ server, timeoutMs }: Call): GantryError {
  return new GantryError("MCP_TIMEOUT", `the MCP server ${server} did not answer within ${timeoutMs} ms`);
}

function cancelled({ server }: Call): GantryError {
  return new GantryError("TOOL_INTERRUPTED", `a request to the MCP server ${server} was cancelled`);
}

function errorOf(server: string, code: string, message: string): GantryError {
  const known: ErrorCode = Object.hasOwn(errorTable, code) ? (code as ErrorCode) : "MCP_CALL_FAILED";
  return new GantryError(known, message.includes(server) ? message : `the MCP server ${server}: ${message}`);
}
