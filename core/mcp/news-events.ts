/** Changes of servers' states become events of a session, when they happen. */
import type { McpServerFacts } from "../contract/mcp.ts";
import type { SessionDeps } from "../open-session.ts";
import type { Recorder } from "../session/session.ts";
import type { Mcp } from "./mcp.ts";
import { rulesOfNoTool } from "./rule-news.ts";
import { isToolNews } from "./tool-memory.ts";

const mostOfServer = 100;
const mostNotes = 200;

interface Recording {
  mcp: Mcp;
  deps: Pick<SessionDeps, "redactor" | "front" | "live" | "registry">;
  record: Recorder["record"];
}

/** What is so already is recorded now. Hands back what ends it. */
export function recordServers(
  { mcp, deps, record }: Recording,
  { updated }: { updated(server: string, uri: string): void },
): () => void {
  const seen = new Map<string, { what: string; times: number }>();
  const sayNotes = noteOnce({ mcp, deps, record });
  const see = (facts: McpServerFacts): void => {
    const { name, state, code, why, counts } = facts;
    const last = seen.get(name);
    const what = `${state} ${code ?? ""}`;
    if (last?.what === what || (last === undefined && (state === "idle" || state === "disabled"))) return;
    const times = (last?.times ?? 0) + 1;
    seen.set(name, { what, times });
    if (times === mostOfServer) record("note", { text: `more changes of the server ${name} are not recorded`, from: "mcp" });
    if (times >= mostOfServer) return;
    record("mcp.server", {
      ...{ server: name, state },
      ...(code === undefined ? {} : { code }),
      ...(why === undefined ? {} : { why: deps.redactor().text(why) }),
      ...(state === "ready" ? { tools: counts.tools } : {}),
    });
    if (state === "ready") sayNotes(name);
  };
  for (const facts of mcp.facts()) see(facts);
  return mcp.onChange((change) => {
    if (change.kind === "facts") see(change.facts);
    if (change.kind === "catalog") sayNotes(change.server);
    if (change.kind === "updated") updated(change.server, change.uri);
    if (change.kind === "log") deps.front?.onPluginLog?.(`mcp ${change.server}`, `${change.level}: ${change.text}`);
  });
}

/** Of a server: rules that name no tool of it, and tools that are not what they were; each sentence once. */
function noteOnce({ mcp, deps, record }: Recording): (server: string) => void {
  const said = new Set<string>();
  return (server) => {
    const all = mcp.facts();
    const servers = all.map(({ name }) => name);
    const problems = all.find(({ name }) => name === server)?.problems ?? [];
    const texts = [
      ...rulesOfNoTool({ server, servers, lines: deps.live.ruleLines, tools: deps.registry.tools() }),
      ...problems.filter(isToolNews).map((problem) => deps.redactor().text(`${problem} (MCP server ${server})`)),
    ];
    for (const text of texts) {
      if (said.has(text) || said.size >= mostNotes) continue;
      said.add(text);
      record("note", { text, from: "mcp" });
    }
  };
}
