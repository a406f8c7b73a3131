/**
 * What the model is told of servers between two requests: what has changed since it was last told, whatever happened between.
 * A server that comes and goes in one step is no news.
 */
import type { McpServerFacts } from "../contract/mcp.ts";
import { frameHead, inert, materialLine, reasonFrame } from "./server-frame.ts";

/** A server, with the names of its tools that the session may use. */
export interface ServerNow {
  facts: McpServerFacts;
  tools: readonly string[];
}

interface NewsOptions {
  servers: readonly ServerNow[];
  /** Whether tools are only found by ToolSearch. */
  isDeferred: boolean;
  turn: number;
}

export interface News {
  /** A resource that is watched has changed. */
  updated(server: string, uri: string): void;
  /** What is new, once; undefined for nothing, or when a turn has been told enough: then it is told in the next. */
  take(options: NewsOptions): string | undefined;
}

interface Told {
  state: McpServerFacts["state"];
  code: string | undefined;
  /** Undefined: what they were is not known, only how many. */
  names: ReadonlySet<string> | undefined;
  count: number;
}

interface ToldBefore {
  servers: ReadonlyMap<string, { state: McpServerFacts["state"]; code?: string; tools?: number }>;
  /** Whether the model has a server's instructions already. */
  hasInstructions(server: string): boolean;
}

const mostInTurn = 5;
const mostNamed = 10;
const mostLines = 40;
const mostReasons = 10;
const mostUpdates = 20;

export function createNews(before: ToldBefore): News {
  const told = new Map<string, Told>();
  for (const [server, { state, code, tools = 0 }] of before.servers)
    told.set(server, { state, code, names: undefined, count: tools });
  const instructed = new Set<string>();
  const updates = new Map<string, number>();
  let inTurn = { turn: 0, times: 0 };

  const isInstructed = (server: string): boolean => instructed.has(server) || before.hasInstructions(server);

  return {
    updated(server, uri) {
      const key = `${uri} of the server ${server}`;
      updates.set(key, (updates.get(key) ?? 0) + 1);
    },
    take({ servers, isDeferred, turn }) {
      if (inTurn.turn !== turn) inTurn = { turn, times: 0 };
      if (inTurn.times >= mostInTurn) return undefined;
      const news = servers.flatMap((server) => {
        const line = lineOf(server, told.get(server.facts.name), isDeferred);
        return line === undefined ? [] : [{ line, facts: server.facts }];
      });
      const lines = news.map(({ line }) => line);
      const reasons = news.slice(0, mostReasons).flatMap(({ facts }) => reasonOf(facts) ?? []);
      const changed = updateLines(updates);
      updates.clear();
      const asked = servers.filter(({ facts }) => facts.state === "ready" && facts.instructions && !isInstructed(facts.name));
      for (const { facts } of asked) instructed.add(facts.name);
      for (const server of servers) remember(server, told);
      if (lines.length + changed.length + asked.length === 0) return undefined;
      inTurn.times++;
      const shown =
        lines.length > mostLines ? [...lines.slice(0, mostLines), `… and ${lines.length - mostLines} more.`] : lines;
      return framed([...shown, ...changed], reasons, asked);
    },
  };
}

/** States on the way are no news; what comes of them is. */
function remember({ facts, tools }: ServerNow, told: Map<string, Told>): void {
  const { name, state, code } = facts;
  if (state !== "ready" && state !== "failed" && state !== "needs-login") return;
  told.set(name, { state, code, names: new Set(tools), count: tools.length });
}

function lineOf({ facts, tools }: ServerNow, told: Told | undefined, isDeferred: boolean): string | undefined {
  const { name, state, code } = facts;
  if (state === "ready") return readyLine({ facts, tools }, told, isDeferred);
  if (told?.state === state && told.code === code) return undefined;
  if (state === "failed") return `${newsHead(name)}cannot be used: ${code ?? "MCP_START_FAILED"}.`;
  if (state !== "needs-login") return undefined;
  return `${newsHead(name)}needs a login. The user can run: gantry mcp login ${name}.`;
}

/** A reason quotes what the server printed or answered: it is never a sentence of ours. */
function reasonOf({ name, state, why }: McpServerFacts): string | undefined {
  return why === undefined || state === "ready" ? undefined : reasonFrame(name, why);
}

function readyLine({ facts, tools }: ServerNow, told: Told | undefined, isDeferred: boolean): string | undefined {
  const { name, counts } = facts;
  if (told?.state === "ready") return changeLine(name, tools, told);
  const others = [
    ...(counts.resources + counts.templates > 0 ? [`${counts.resources + counts.templates} resources (ListMcpResources)`] : []),
  ];
  const offered = tools.length === 0 ? "no tools" : counted(tools.length);
  const named = tools.length > 0 && tools.length <= mostNamed ? `: ${tools.join(", ")}` : "";
  const how = tools.length > 0 && isDeferred && named === "" ? "; find and load them with ToolSearch" : "";
  return `${newsHead(name)}is ready with ${[offered, ...others].join(" and ")}${how}${named}.`;
}

function changeLine(server: string, tools: readonly string[], { names, count }: Told): string | undefined {
  const added = tools.filter((name) => names?.has(name) === false);
  const gone = [...(names ?? [])].filter((name) => !tools.includes(name));
  if (added.length === 0 && gone.length === 0 && tools.length === count) return undefined;
  const parts = [
    ...(added.length > 0 ? [` New: ${listed(added)}.`] : []),
    ...(gone.length > 0 ? [` Gone: ${listed(gone)}.`] : []),
  ];
  return `${newsHead(server)}has ${counted(tools.length)} now.${parts.join("")}`;
}

function updateLines(updates: ReadonlyMap<string, number>): string[] {
  const lines = [...updates].map(([what, times]) => `The resource ${what} has changed${times > 1 ? ` ${times} times` : ""}.`);
  return lines.length > mostUpdates
    ? [...lines.slice(0, mostUpdates), `… and ${lines.length - mostUpdates} more resources.`]
    : lines;
}

function framed(lines: readonly string[], reasons: readonly string[], asked: readonly ServerNow[]): string {
  const said = asked.map(
    ({ facts }) => `${instructionsHead(facts.name)}\n${inert(facts.instructions ?? "")}\n</mcp-instructions>`,
  );
  const frames = [...reasons, ...said];
  const about = frames.length === 0 ? [] : [materialLine];
  return ["<mcp-news>", ...lines.map(inert), ...about, ...frames, "</mcp-news>"].join("\n");
}

/** How each line about a server begins. */
export function newsHead(server: string): string {
  return `The MCP server ${server} `;
}

/** How the frame of a server's instructions begins. */
export function instructionsHead(server: string): string {
  return frameHead("mcp-instructions", server);
}

function counted(tools: number): string {
  return tools === 1 ? "1 tool" : `${tools} tools`;
}

function listed(names: readonly string[]): string {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  return `${names.slice(0, mostNamed).join(", ")}${more}`;
}
