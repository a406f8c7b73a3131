/** One start of a server: its link, initialize and the first lists, all within the start's time; what was begun is ended on failure. */
import type { McpServerSpec } from "../../../core/contract/mcp.ts";
import type { FromMcp, McpThreadData } from "../../../core/contract/mcp-frames.ts";
import type { Asks } from "./asks.ts";
import { type Connection, connect } from "./connection.ts";
import { Fault } from "./fault.ts";
import type { Link } from "./link.ts";
import type { LogLines } from "./log-lines.ts";
import type { Permits } from "./permits.ts";
import type { Problems } from "./problems.ts";
import { reach, speaksSse } from "./reach.ts";
import type { Remote } from "./remote.ts";

export interface StartParts {
  spec: McpServerSpec;
  data: McpThreadData;
  asks: Asks;
  permits: Permits;
  problems: Problems;
  log: LogLines;
  remote: Remote | undefined;
  reaperFd(): number | undefined;
  roots(): readonly string[];
  post(frame: FromMcp): void;
  onCatalog(): void;
  onPid(pid: number | undefined): void;
  onStderr(lines: string[]): void;
}

const shownLines = 3;

/** Fault. */
export async function startServer(parts: StartParts, closing: AbortSignal): Promise<Connection> {
  const { spec, data, remote, problems, post } = parts;
  const limit = new AbortController();
  let link: Link | undefined;
  const take = async (kind: "http" | "sse"): Promise<Connection> => {
    if (spec.layer === "project" && spec.transport.kind === "stdio") await parts.permits.ask(spec.name, limit.signal);
    link = await reach({ spec, data, fetch: remote?.fetch, reaperFd: parts.reaperFd(), post, onProblem: problems.add }, kind);
    remote?.listen(link.lose);
    parts.onPid(link.pid);
    return await connectOn(link, parts, limit.signal);
  };
  const late = setTimeout(() => limit.abort(tooLate(spec, link)), spec.startTimeoutMs);
  const closed = (): void => limit.abort(new Fault("MCP_DISCONNECTED", `The server ${spec.name} was stopped.`));
  closing.addEventListener("abort", closed, { once: true });
  if (closing.aborted) closed();
  try {
    return await take(spec.transport.kind === "sse" ? "sse" : "http").catch(async (error: unknown) => {
      if (!speaksSse(error, spec) || limit.signal.aborted) throw error;
      await link?.end();
      return take("sse");
    });
  } catch (error) {
    const stderr = link?.stderr() ?? [];
    parts.onStderr(stderr);
    const told = startFault(error, spec, stderr);
    await link?.end("unready");
    throw told;
  } finally {
    clearTimeout(late);
    closing.removeEventListener("abort", closed);
  }
}

async function connectOn(link: Link, parts: StartParts, signal: AbortSignal): Promise<Connection> {
  const { spec, data, problems, log, asks, roots, post } = parts;
  return connect(
    {
      ...{
        spec,
        link,
        problems,
        roots,
        version: data.version,
        pingEveryMs: data.bounds.pingEveryMs,
        onCatalog: parts.onCatalog,
      },
      ask: (kind, params, about) => asks.ask(kind, params, { server: spec.name, ...about }),
      onUpdated: (uri) => post({ type: "updated", server: spec.name, uri }),
      onLog: log.add,
    },
    signal,
  );
}

function tooLate(spec: McpServerSpec, link: Link | undefined): Fault {
  const what = link === undefined ? "was not reached" : "was not ready";
  return new Fault("MCP_START_TIMEOUT", `The server ${spec.name} ${what} within ${spec.startTimeoutMs} ms.`);
}

/** A server that goes away before it is ready could not be started, whatever the way it went. */
function startFault(error: unknown, { name, transport }: McpServerSpec, stderr: string[]): Fault {
  const last = stderr.slice(-shownLines).join(" | ");
  if (!(error instanceof Fault))
    return new Fault("MCP_START_FAILED", `The server ${name} could not be started: ${error}`, { cause: error });
  if (error.code === "MCP_RESULT_INVALID") return new Fault("MCP_PROTOCOL", error.message);
  if (error.code !== "MCP_DISCONNECTED" || transport.kind !== "stdio") return error;
  const words = error.message.replace(/\.$/, "");
  return new Fault("MCP_START_FAILED", `${words} before it was ready.${last === "" ? "" : ` Its last lines: ${last}`}`);
}
