/** `--tools`: names of tools; those of MCP servers are written as in rules: a server, a glob, one tool. */
import { GantryError } from "./contract/errors.ts";
import { didYouMean } from "./contract/nearest.ts";
import { knownServers } from "./known-servers.ts";
import type { SessionDeps } from "./open-session.ts";
import { readMcpRule } from "./permission/rules/mcp-rule.ts";
import { isNamed } from "./permission/rules/rule.ts";
import type { RegisteredTool } from "./registry.ts";

type Wanting = Pick<SessionDeps, "registry" | "tools" | "mcp" | "config">;

/** All of them where none are named. USAGE_INVALID for a name that can become none. */
export function wantedTools(deps: Wanting): readonly RegisteredTool[] {
  const { registry, tools: wanted } = deps;
  const all = registry.tools();
  if (wanted === undefined) return all;
  const names = all.map((tool) => tool.name);
  const wrong = wanted.flatMap((name) => {
    if (names.includes(name)) return [];
    if (!isOfServers(name)) return [`there is no tool ${name}.${didYouMean(name, names)} The tools are ${names.join(", ")}.`];
    // Its tools may come later: only a server that is not configured never brings any.
    const { absent } = patternOf(name, [], deps);
    return absent === undefined ? [] : [`${absent.replace(/[^.?]$/, "$&.")}`];
  });
  if (wrong.length > 0) throw new GantryError("USAGE_INVALID", `--tools: ${wrong.join(" ")}`);
  const patterns = wanted.filter(isOfServers).flatMap((name) => patternOf(name, [], deps).names ?? []);
  return all.filter((tool) => wanted.includes(tool.name) || patterns.some((names) => isNamed(tool, names)));
}

/** Tells, once each, of names that a ready server has no tool for. */
export function createWantedCheck(deps: Wanting, note: (text: string) => void): () => void {
  const open = new Set(deps.tools?.filter(isOfServers));
  return () => {
    if (open.size === 0) return;
    const all = deps.registry.tools();
    for (const name of open) {
      const { names, absent } = patternOf(name, all, deps);
      const isThere = names !== undefined && all.some((tool) => isNamed(tool, names));
      if (!isThere && absent === undefined) continue;
      open.delete(name);
      if (absent !== undefined) note(`--tools: ${absent}`);
    }
  };
}

function isOfServers(name: string): boolean {
  return name.startsWith("mcp__");
}

interface Pattern {
  names?: Parameters<typeof isNamed>[1];
  absent?: string;
}

function patternOf(name: string, tools: readonly RegisteredTool[], { config, mcp }: Wanting): Pattern {
  const servers = knownServers(config) ?? mcp?.specs.map((spec) => spec.name) ?? [];
  const found = readMcpRule({ tool: name }, "allow", tools, servers);
  return "wrong" in found ? { absent: found.wrong } : found;
}
