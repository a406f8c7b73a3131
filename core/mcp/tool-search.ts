/** ToolSearch: finds tools of servers, waits for servers that are starting, and loads what it found. */
import type { ToolExecution, ToolOutcome } from "../contract/execution.ts";
import type { JsonObject } from "../contract/messages.ts";
import { isObject } from "../contract/messages.ts";
import type { Mcp } from "./mcp.ts";
import { reasonFrame } from "./server-frame.ts";
import { serverOf } from "./server-words.ts";
import { rankTools, type SearchedTool, selectTools } from "./tool-search-score.ts";
import { isComing, waitFor } from "./usable-server.ts";

const mostWaitMs = 10_000;
const mostSelected = 20;
const mostDescription = 2_000;
const mostSchema = 8_192;

interface FoundTool extends SearchedTool {
  inputSchema: JsonObject;
}

export async function searchTools(execution: ToolExecution, mcp: Mcp): Promise<ToolOutcome> {
  const { input, coreEffects, signal } = execution;
  const query = String(input["query"]).trim();
  const selected = /^select:/i.test(query) ? namesIn(query.slice("select:".length)) : undefined;
  await waitForServers(selected, { mcp, signal, names: namesOf(execution) });
  const tools = toolsOf(execution, mcp);
  const most = Number(input["max_results"] ?? 5);
  const { found, unknown } = selected ? selectTools(selected, tools) : { found: rankTools(query, tools, most), unknown: [] };
  if (found.length > 0) coreEffects.mcp?.load(found.map(({ name }) => name));
  const parts = [
    ...found.map(definitionText),
    ...(unknown.length > 0 ? [`There is no tool ${unknown.join(", ")}.`] : []),
    ...(found.length === 0 && unknown.length === 0 ? [nothingText(query, tools)] : []),
    ...otherServers(mcp),
  ];
  return { content: [{ type: "text", text: parts.join("\n\n") }], isError: selected !== undefined && found.length === 0 };
}

function namesIn(list: string): string[] {
  const names = list.split(/[\s,]+/).filter((name) => name !== "");
  return names.slice(0, mostSelected);
}

function namesOf({ coreEffects }: ToolExecution): string[] {
  return coreEffects.mcp?.tools().map(({ name }) => name) ?? [];
}

/** For names that are there already nobody waits. */
async function waitForServers(
  selected: readonly string[] | undefined,
  { mcp, signal, names }: { mcp: Mcp; signal: AbortSignal; names: readonly string[] },
): Promise<void> {
  const missing = selected?.filter((name) => !names.includes(name));
  const coming = mcp.specs.filter(({ name }) => mcp.facts().some((facts) => facts.name === name && isComing(facts)));
  const wanted = missing ? coming.filter((spec) => missing.some((name) => serverOf(name, mcp.specs) === spec)) : coming;
  const longest = Math.max(0, ...wanted.map(({ startTimeoutMs }) => startTimeoutMs));
  await waitFor(wanted, mcp, { boundMs: Math.min(mostWaitMs, longest), signal });
}

function toolsOf({ coreEffects }: ToolExecution, mcp: Mcp): FoundTool[] {
  return (coreEffects.mcp?.tools() ?? []).flatMap(({ name, description, inputSchema, mcp: origin }) => {
    if (origin === undefined) return [];
    const title = mcp.catalog(origin.server)?.tools.find((tool) => tool.name === origin.tool)?.title ?? "";
    const { properties } = inputSchema;
    return [
      { ...origin, name, title, description, inputSchema, arguments: isObject(properties) ? Object.keys(properties) : [] },
    ];
  });
}

function definitionText({ name, description, inputSchema }: FoundTool): string {
  const schema = JSON.stringify(inputSchema);
  const shown = schema.length > mostSchema ? "(long; it is in the tool's definition from your next step on)" : schema;
  const said = description.length > mostDescription ? `${description.slice(0, mostDescription)}…` : description;
  return `${name}\n${said}\nInput: ${shown}`;
}

function nothingText(query: string, tools: readonly FoundTool[]): string {
  const servers = new Map<string, number>();
  for (const { server } of tools) servers.set(server, (servers.get(server) ?? 0) + 1);
  const counted = [...servers].map(([server, tools]) => `${server} (${tools})`).join(", ");
  const there = counted === "" ? "No server has tools now." : `There are tools of ${counted}.`;
  return `No tool fits ${JSON.stringify(query)}. ${there}`;
}

const mostOthers = 40;

/** Those that have no tools to find, and why. */
function otherServers(mcp: Mcp): string[] {
  const lines = mcp.facts().flatMap(({ name, state, code, why }) => {
    if (state === "starting" || state === "idle") return [`${name} is still starting; search again later.`];
    if (state === "needs-login") return [`${name} needs a login: the user can run gantry mcp login ${name}.`];
    if (state === "failed")
      return [
        `${name} cannot be used: ${code ?? "MCP_START_FAILED"}.${why === undefined ? "" : `\n${reasonFrame(name, why)}`}`,
      ];
    return [];
  });
  return lines.length === 0 ? [] : [lines.slice(0, mostOthers).join("\n")];
}
