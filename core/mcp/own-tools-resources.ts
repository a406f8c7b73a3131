/** Resources of servers as the model lists, reads and watches them. */
import { GantryError, hasCode, messageOf } from "../contract/errors.ts";
import type { ToolExecution, ToolOutcome } from "../contract/execution.ts";
import type { McpResource, McpServerFacts, McpTemplate } from "../contract/mcp.ts";
import { didYouMean } from "../contract/nearest.ts";
import type { Mcp } from "./mcp.ts";
import { contentsBlocks } from "./resource-content.ts";
import { isComing, usableServer, waitFor } from "./usable-server.ts";

const pageSize = 100;
const mostDescribed = 200;
const mostBytes = 1024 * 1024;
const mostWaitMs = 10_000;

export async function listResources({ input, signal }: ToolExecution, mcp: Mcp): Promise<ToolOutcome> {
  const { server, page = 1 } = input;
  const servers = typeof server === "string" ? [await usableServer(server, mcp, signal)] : await settledServers(mcp, signal);
  const lines = servers.flatMap((facts) => linesOf(facts, mcp));
  const from = (Number(page) - 1) * pageSize;
  const shown = lines.slice(from, from + pageSize);
  const rest = lines.length - from - shown.length;
  const more = rest > 0 ? [`… ${rest} more: page ${Number(page) + 1}`] : [];
  if (shown.length > 0) return textOutcome([...shown, ...more].join("\n"));
  return textOutcome(lines.length > 0 ? `There are ${lines.length} lines, and none on page ${Number(page)}.` : "No resources.");
}

/** All that can be used, and in their lines what of the others is to be said. */
async function settledServers(mcp: Mcp, signal: AbortSignal): Promise<McpServerFacts[]> {
  const coming = mcp.facts().filter(isComing);
  const specs = mcp.specs.filter(({ name }) => coming.some((facts) => facts.name === name));
  await waitFor(specs, mcp, { boundMs: mostWaitMs, signal });
  return mcp.facts();
}

function linesOf(facts: McpServerFacts, mcp: Mcp): string[] {
  const { name, state, code } = facts;
  if (state === "disabled" || state === "waiting") return [];
  if (state !== "ready") return [`${name}: ${state}${code === undefined ? "" : ` (${code})`}`];
  const { resources = [], templates = [] } = mcp.catalog(name) ?? {};
  return [
    ...resources.map((resource) => `${name} ${resource.uri}${aboutOf(resource)}`),
    ...templates.map((template) => `${name} template ${template.uriTemplate}${aboutOf(template)}`),
  ];
}

function aboutOf({ name, title, mimeType, description }: McpResource | McpTemplate): string {
  const kind = mimeType === undefined ? "" : ` [${mimeType}]`;
  const text = description.replaceAll(/\s+/g, " ");
  const said = text === "" ? "" : `: ${text.length > mostDescribed ? `${text.slice(0, mostDescribed - 1)}…` : text}`;
  return `${kind} ${title ?? name}${said}`;
}

export async function readResource(execution: ToolExecution, mcp: Mcp): Promise<ToolOutcome> {
  const { server, uri } = namesOf(execution);
  const { name } = await usableServer(server, mcp, execution.signal);
  const reading = mcp.request(name, "readResource", { uri }, requestOptions(execution));
  const { contents } = await reading.catch((error: unknown) => Promise.reject(withNearest(error, nearestUri(uri, name, mcp))));
  if (contents.length === 0) return textOutcome(`${uri} is empty.${nearestUri(uri, name, mcp)}`);
  return { content: contentsBlocks(contents, mostBytes), isError: false };
}

export async function subscribeResource(execution: ToolExecution, mcp: Mcp): Promise<ToolOutcome> {
  const { server, uri } = namesOf(execution);
  const { name, capabilities } = await usableServer(server, mcp, execution.signal);
  const { mcp: session } = execution.coreEffects;
  if (!capabilities.includes("resources.subscribe"))
    return {
      ...textOutcome(`The server ${name} does not tell of changes; read ${uri} again when you need it.`),
      isError: true,
    };
  if (session === undefined) return { ...textOutcome("Outside a session nobody can be told of changes."), isError: true };
  if (execution.input["off"] === true) {
    session.watch(name, uri, "off");
    await mcp.request(name, "unsubscribe", { uri }, requestOptions(execution));
    return textOutcome(`Changes of ${uri} are not told any more.`);
  }
  if (!session.watch(name, uri, "on"))
    return { ...textOutcome("This session watches as many resources as it may; end one with off: true."), isError: true };
  try {
    await mcp.request(name, "subscribe", { uri }, requestOptions(execution));
  } catch (error) {
    session.watch(name, uri, "off");
    throw error;
  }
  return textOutcome(`Changes of ${uri} will be told before your next step.`);
}

function namesOf({ input }: ToolExecution): { server: string; uri: string } {
  return { server: String(input["server"]), uri: String(input["uri"]) };
}

function requestOptions({ signal, sessionId, onProgress }: ToolExecution): Parameters<Mcp["request"]>[3] {
  return { signal, sessionId, onProgress };
}

/** A server says that there is no such resource in a code of its own choice. */
function withNearest(error: unknown, near: string): unknown {
  if (near === "" || !hasCode(error, "MCP_CALL_FAILED")) return error;
  return new GantryError("MCP_CALL_FAILED", `${messageOf(error)}.${near}`, { cause: error });
}

function nearestUri(uri: string, server: string, mcp: Mcp): string {
  return didYouMean(uri, mcp.catalog(server)?.resources.map((resource) => resource.uri) ?? []);
}

function textOutcome(text: string): ToolOutcome {
  return { content: [{ type: "text", text }], isError: false };
}
