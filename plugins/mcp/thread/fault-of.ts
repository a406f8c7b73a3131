/** Errors of the SDK, of fetch and of the readers of answers, as one code and words that name the server. */

import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { SseError } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";
import type { Json } from "../../../core/contract/messages.ts";
import { cleanLine } from "./clean-text.ts";
import { Fault, messageOf, rootMessage } from "./fault.ts";
import { isDeeper } from "./schema-shape.ts";

const connectionClosed = -32000;
const maxWords = 1000;
const maxDetailBytes = 16 * 1024;

export function faultOf(error: unknown, { server, method }: { server: string; method: string }): Fault {
  const own = faultWithin(error);
  if (own !== undefined) return own;
  const words = cleanLine(rootMessage(error), maxWords);
  if (error instanceof McpError) return protocolFault(error, server, method);
  if (error instanceof UnauthorizedError) return needsLogin(server);
  if (error instanceof StreamableHTTPError || error instanceof SseError) return httpFault(error, server, words);
  if (isShapeError(error)) {
    return new Fault(
      "MCP_RESULT_INVALID",
      `The server ${server} answered ${method} with what is no answer to it: ${shapeWords(error)}`,
    );
  }
  if (error instanceof SyntaxError)
    return new Fault("MCP_PROTOCOL", `The server ${server} answered ${method} with what is no JSON: ${words}`);
  return new Fault("MCP_HTTP_FAILED", `The server ${server} could not be reached for ${method}: ${words}`, { cause: error });
}

export function needsLogin(server: string): Fault {
  return new Fault("MCP_NEEDS_LOGIN", `The server ${server} needs a login: gantry mcp login ${server}`);
}

/** A fault of ours that others have wrapped. */
function faultWithin(error: unknown): Fault | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
    if (at instanceof Fault) return at;
    if (at instanceof McpError && at.data instanceof Fault) return at.data;
  }
  return undefined;
}

function protocolFault(error: McpError, server: string, method: string): Fault {
  const words = cleanLine(error.message.replace(/^(?:MCP error -?\d+: )+/, ""), maxWords);
  if (error.code === connectionClosed && words === "Connection closed") {
    return new Fault("MCP_DISCONNECTED", `The connection to the server ${server} ended while ${method} ran.`);
  }
  return new Fault("MCP_CALL_FAILED", `The server ${server} refused ${method}: ${words} (${error.code})`, {
    detail: { code: error.code, ...detailOf(error.data) },
  });
}

function detailOf(data: unknown): { data?: Json } {
  if (data === undefined || isDeeper(data, 16)) return {};
  const text = JSON.stringify(data);
  return text.length > maxDetailBytes ? {} : { data: JSON.parse(text) as Json };
}

function httpFault(error: StreamableHTTPError | SseError, server: string, words: string): Fault {
  if (error.code === 401) return needsLogin(server);
  const cause = { cause: error };
  if (words.includes("Unexpected content type")) {
    return new Fault("MCP_PROTOCOL", `The server ${server} answered with another content type than MCP has: ${words}`, cause);
  }
  const status = error.code === undefined ? "" : ` (HTTP ${error.code})`;
  return new Fault("MCP_HTTP_FAILED", `The server ${server} answered with an error: ${words}${status}`, cause);
}

/** zod's, of whichever version the SDK holds. */
function isShapeError(error: unknown): error is Error & { issues: { path: PropertyKey[]; message: string }[] } {
  return error instanceof Error && "issues" in error && Array.isArray(error.issues);
}

function shapeWords(error: Error & { issues: { path: PropertyKey[]; message: string }[] }): string {
  const [first] = error.issues;
  return first === undefined ? messageOf(error) : cleanLine(`${first.path.map(String).join(".")}: ${first.message}`, 300);
}
