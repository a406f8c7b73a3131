/** Ways to a server as its config says: a child's pipes, or its address with proxies, bounds and authorization. */
import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { McpServerSpec } from "../../../core/contract/mcp.ts";
import type { FromMcp, McpThreadData } from "../../../core/contract/mcp-frames.ts";
import { openHttpLink } from "./http-link.ts";
import type { Link } from "./link.ts";
import { createLoss } from "./link.ts";
import { openStdioLink } from "./stdio-link.ts";

export interface ReachOptions {
  spec: McpServerSpec;
  data: McpThreadData;
  /** Of an HTTP server. */
  fetch: FetchLike | undefined;
  reaperFd: number | undefined;
  post(frame: FromMcp): void;
  onProblem(text: string): void;
}

const defaultFloodMs = 10_000;

export function floodMsOf({ bounds }: McpThreadData): number {
  return bounds.floodMs ?? defaultFloodMs;
}

/** `kind`: of an HTTP server, the transport that is tried. */
export async function reach(options: ReachOptions, kind: "http" | "sse"): Promise<Link> {
  const { spec, data, fetch, reaperFd, post, onProblem } = options;
  const { bounds, childEnv } = data;
  if (spec.transport.kind !== "stdio" && fetch !== undefined)
    return openHttpLink({ spec, kind, fetch, bounds, loss: createLoss(), onProblem });
  const onGroup = (group: number, isRunning: boolean): void => post({ type: "group", group, isRunning });
  return openStdioLink({ spec, childEnv, reaperFd, bounds, floodMs: floodMsOf(data), onProblem, onGroup });
}

/** Of a server that is older than streamable HTTP: it refuses the first POST, but not for want of rights. */
export function speaksSse(error: unknown, { transport }: McpServerSpec): boolean {
  if (transport.kind !== "http") return false;
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
    if (!(at instanceof StreamableHTTPError)) continue;
    const code = at.code ?? 0;
    return code >= 400 && code < 500 && code !== 401 && code !== 403;
  }
  return false;
}
