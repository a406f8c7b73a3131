/** MCP servers in the line session: `/mcp`, and the lines that say when their state is another. */
import type { EventOf, SessionEvent } from "../contract/events.ts";
import { type McpServerFacts, mcpStateWords } from "../contract/mcp.ts";
import { mcpWord } from "../contract/mcp-names.ts";
import type { Mcp } from "../mcp/mcp.ts";
import { unknownServer } from "../mcp/usable-server.ts";
import { sanitizeLine } from "./sanitize.ts";
import type { Style } from "./style.ts";
import { serverLine } from "./tool-lines.ts";

/** Those of servers that change while the user types wait until something else is written. */
export interface ServerLines {
  onEvent(event: SessionEvent): void;
  /** Says what waits. */
  flush(): void;
}

const mostHeld = 50;

export function createServerLines(options: {
  say(line: string): void;
  style: Style;
  quiet: boolean;
  isBusy(): boolean;
}): ServerLines {
  let held: EventOf<"mcp.server">[] = [];
  const flush = (): void => {
    const events = held;
    held = [];
    for (const event of events) {
      const line = serverLine(event, { style: options.style, all: true });
      if (line !== undefined) options.say(line);
    }
  };
  return {
    flush,
    onEvent(event) {
      if (event.type !== "mcp.server" || options.quiet) return;
      // Of a server that changes again only the last is left to say.
      held = [...held.filter(({ data }) => data.server !== event.data.server), event].slice(-mostHeld);
      if (options.isBusy()) flush();
    },
  };
}

function serversText(mcp: Mcp | undefined, style: Style): string {
  const servers = mcp?.facts() ?? [];
  if (servers.length === 0) return "  No MCP server is configured.";
  const width = Math.max(...servers.map(({ name }) => name.length));
  return servers.flatMap((facts) => linesOf(facts, width, style)).join("\n");
}

function linesOf(facts: McpServerFacts, width: number, style: Style): string[] {
  const { name, state, counts, code, why, restarts, problems } = facts;
  const colour = state === "ready" ? style.green : state === "failed" || state === "needs-login" ? style.red : style.dim;
  const counted = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
  const again = restarts > 0 ? [`started again ${restarts} times`] : [];
  const about = [
    ...counted,
    ...again,
    ...(problems.length > 0 ? [`${problems.length} problems: gantry mcp inspect ${name}`] : []),
  ];
  const reason = [code, why].filter((part) => part !== undefined).join(": ");
  return [
    `  ${sanitizeLine(name).padEnd(width)}  ${colour(mcpStateWords[state])}${about.length > 0 ? style.dim(`  ${about.join(", ")}`) : ""}`,
    ...(reason === "" ? [] : [`  ${" ".repeat(width)}  ${sanitizeLine(reason)}`]),
  ];
}

/** `reconnect NAME` starts one that is not ready; what comes of it is said when it is there. */
export function mcpCommand(argument: string, { mcp, style }: { mcp: Mcp | undefined; style: Style }): string {
  if (argument === "") return serversText(mcp, style);
  const [, name = ""] = /^reconnect\s+(.+)$/.exec(argument) ?? [];
  if (name === "") return "  /mcp shows the servers, /mcp reconnect NAME starts one again.";
  const facts = mcp?.facts() ?? [];
  const found = facts.find((server) => server.name === name) ?? facts.find((server) => mcpWord(server.name) === name);
  if (mcp === undefined || found === undefined) {
    const names = facts.map((server) => server.name);
    return `  ${sanitizeLine(unknownServer(name, names).message)}`;
  }
  if (found.state === "ready" || found.state === "starting") return `  ${sanitizeLine(found.name)} is ${found.state}.`;
  if (found.state === "disabled" || found.state === "waiting")
    return `  ${sanitizeLine(found.name)}: ${sanitizeLine(found.why ?? found.state)}`;
  mcp.start([found.name]);
  return `  ${sanitizeLine(found.name)} is starting.`;
}
