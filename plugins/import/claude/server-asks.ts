/**
 * Claude Code asks about every tool of a server, whatever the tool says of itself; Gantry runs one that only reads. So each server
 * is asked about as a whole, but where the source allows it as a whole. A yes to one tool of it is beaten by that ask: a rule that
 * asks about all tools but one is none of Gantry's.
 */
import { addRule, type Finding, type Layer } from "../findings.ts";
import { rulesOf } from "../overruled.ts";

export interface FoundServer {
  name: string;
  source: string;
  layer: Layer;
}

/** Those that the import writes, or that Gantry reads by itself (`shared`, whose asks are this user's own). */
export function serverAsks(findings: readonly Finding[], shared: readonly FoundServer[]): Finding[] {
  const servers = new Map<string, FoundServer>();
  for (const server of [...findings.flatMap(writtenServer), ...shared]) {
    const key = `${server.layer} ${ruleOf(server.name)}`;
    // Two underscores divide server from tool: Gantry starts no server of such a name.
    if (!servers.has(key) && !server.name.includes("__")) servers.set(key, server);
  }
  return [...servers.values()]
    .filter((server) => !isAllowed(server, findings))
    .map(({ name, source, layer }) => ({
      kind: "permission",
      what: `every tool of MCP server ${name} is asked about`,
      source,
      layer,
      result: "exact",
      becomes: [addRule("ask", ruleOf(name))],
    }));
}

function writtenServer({ becomes = [], source, layer }: Finding): FoundServer[] {
  return becomes.flatMap(({ key, value }) => {
    const isStarted = typeof value === "object" && value !== null && ("command" in value || "url" in value);
    return key.startsWith("mcpServers.") && isStarted ? [{ name: key.slice("mcpServers.".length), source, layer }] : [];
  });
}

/** A yes of one project says nothing of the same server in others. */
function isAllowed({ name, layer }: FoundServer, findings: readonly Finding[]): boolean {
  const whole = [ruleOf(name), `${ruleOf(name)}__*`];
  return findings.some(
    (finding) =>
      (layer !== "user" || finding.layer === "user") && rulesOf(finding, "allow").some((rule) => whole.includes(rule)),
  );
}

function ruleOf(name: string): string {
  return `mcp__${name.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`;
}
