/**
 * What a request must be before anything of its body is read. Host and Origin first: a page that has this address under
 * another name (DNS rebinding) is told nothing, not even that a token is wanted.
 */
import type { IncomingMessage } from "node:http";
import { SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/sdk/types.js";
import { type HttpRefusal, refused } from "./http-refusal.ts";
import { isToken } from "./token.ts";

export interface CheckOptions {
  port: number;
  token: string;
}

export const mcpPath = "/mcp";
const methods = ["POST", "GET", "DELETE"];

/** Undefined: go on. */
export function checkRequest(request: IncomingMessage, { port, token }: CheckOptions): HttpRefusal | undefined {
  const { headers } = request;
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes((headers.host ?? "").toLowerCase())) return refused(403, "this Host is not served here");
  const { origin } = headers;
  if (origin !== undefined && !hosts.includes(origin.toLowerCase().replace(/^http:\/\//, "")))
    return refused(403, "this Origin is not served here");
  if (!isToken(headers.authorization, token)) {
    const wrong = (headers.authorization ?? "") === "" ? "" : ', error="invalid_token"';
    return refused(401, "a bearer token is wanted: the one that gantry mcp serve printed, or the one in its --token-file", {
      "www-authenticate": `Bearer realm="gantry"${wrong}`,
    });
  }
  if (pathOf(request) !== mcpPath) return refused(404, `there is only ${mcpPath}`);
  if (!methods.includes(request.method ?? "")) return refused(405, `only ${methods.join(", ")}`, { allow: methods.join(", ") });
  return checkHeaders(request);
}

function checkHeaders({ method, headers }: IncomingMessage): HttpRefusal | undefined {
  const version = headers["mcp-protocol-version"];
  if (version !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(String(version)))
    return refused(400, `the protocol version is not supported; supported are ${SUPPORTED_PROTOCOL_VERSIONS.join(", ")}`);
  const wanted = { POST: ["application/json", "text/event-stream"], GET: ["text/event-stream"] }[method ?? ""] ?? [];
  const missing = wanted.filter((type) => !accepts(headers.accept, type));
  if (missing.length > 0) return refused(406, `Accept must name ${wanted.join(" and ")}`);
  if (method === "POST" && mediaType(headers["content-type"]) !== "application/json")
    return refused(415, "the Content-Type must be application/json");
  return undefined;
}

function accepts(header: string | undefined, type: string): boolean {
  const offered = (header ?? "").split(",").map(mediaType);
  return offered.some((each) => each === type || each === "*/*" || each === `${type.split("/")[0]}/*`);
}

function mediaType(header: string | undefined): string {
  return (header ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

function pathOf({ url = "" }: IncomingMessage): string {
  return url.split("?")[0] ?? "";
}
