/**
 * What a client sends, before the protocol sees it: each value is a message, or is answered with the error that says why not.
 * The order: JSON-RPC's form → the handshake → the id → the parameters of the methods that are here.
 */
import {
  CallToolRequestSchema,
  ErrorCode,
  InitializeRequestSchema,
  isJSONRPCNotification,
  isJSONRPCRequest,
  type JSONRPCMessage,
  JSONRPCMessageSchema,
  type JSONRPCRequest,
  ListToolsRequestSchema,
  type RequestId,
  SetLevelRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";

/** `id` is null where what came has none that could be read. */
export interface Refusal {
  jsonrpc: "2.0";
  id: RequestId | null;
  error: { code: number; message: string };
}

export type Taken = { message: JSONRPCMessage } | { refusal: Refusal };

export interface Inbound {
  take(value: unknown): Taken;
  /** The request was answered, or never will be. */
  settled(id: RequestId): void;
  readonly pending: number;
}

const mostPending = 128;
const tooMany = -32_000;

export function refusalOf(code: number, message: string, id: RequestId | null = null): Refusal {
  return { jsonrpc: "2.0", id, error: { code, message } };
}

export const parseError = (why: string): Refusal => refusalOf(ErrorCode.ParseError, why);

export function createInbound(): Inbound {
  const pending = new Set<RequestId>();
  let isGreeted = false;

  function refuse(request: JSONRPCRequest): Refusal | undefined {
    const { id, method } = request;
    const invalid = (code: number, message: string): Refusal => refusalOf(code, message, id);
    if (method === "initialize" && isGreeted) return invalid(ErrorCode.InvalidRequest, "this session is initialized already");
    if (method !== "initialize" && method !== "ping" && !isGreeted)
      return invalid(ErrorCode.InvalidRequest, `${method} came before initialize`);
    if (pending.has(id)) return invalid(ErrorCode.InvalidRequest, `a request with the id ${JSON.stringify(id)} is under way`);
    if (pending.size >= mostPending) return invalid(tooMany, `${mostPending} requests are under way; wait for answers`);
    const wrong = wrongParameters(request);
    return wrong === undefined ? undefined : invalid(ErrorCode.InvalidParams, `${method}: ${wrong}`);
  }

  return {
    take(value) {
      const parsed = JSONRPCMessageSchema.safeParse(value);
      if (!parsed.success)
        return { refusal: refusalOf(ErrorCode.InvalidRequest, "this is not a JSON-RPC 2.0 message", idOf(value)) };
      const message = parsed.data;
      if (isJSONRPCRequest(message)) {
        const refusal = refuse(message);
        if (refusal) return { refusal };
        if (message.method === "initialize") isGreeted = true;
        pending.add(message.id);
      }
      return { message };
    },
    settled: (id) => void pending.delete(id),
    get pending() {
      return pending.size;
    },
  };
}

/** The request that a notification takes back: nothing is sent for it any more. */
export function cancelledBy(message: JSONRPCMessage): RequestId | undefined {
  if (!isJSONRPCNotification(message) || message.method !== "notifications/cancelled") return undefined;
  const id = message.params?.["requestId"];
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}

const schemas: Readonly<Record<string, z.ZodType>> = {
  initialize: InitializeRequestSchema,
  "tools/list": ListToolsRequestSchema,
  "tools/call": CallToolRequestSchema,
  "logging/setLevel": SetLevelRequestSchema,
};

function wrongParameters(request: JSONRPCRequest): string | undefined {
  const schema = Object.hasOwn(schemas, request.method) ? schemas[request.method] : undefined;
  const parsed = schema?.safeParse(request);
  return parsed === undefined || parsed.success ? undefined : z.prettifyError(parsed.error);
}

function idOf(value: unknown): RequestId | null {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : null;
  return typeof id === "string" || Number.isInteger(id) ? (id as RequestId) : null;
}
