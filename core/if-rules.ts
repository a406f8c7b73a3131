/** Does an `if` rule of a config's hook speak of a call? The one comparison, in sessions and for what only looks at hooks. */
import type { LoadedConfig } from "../config/loaded.ts";
import type { CallFacts } from "./contract/hooks.ts";
import type { ToolManifest } from "./contract/manifest.ts";
import { isMcpTool, mcpPrefix, mcpServerOf } from "./contract/mcp-names.ts";
import { knownServers } from "./known-servers.ts";
import { type Ground, layGround } from "./permission/ground.ts";
import { matchesRule } from "./permission/rule-applies.ts";
import type { Rule, RuledTool } from "./permission/rules/rules.ts";
import { policyOf } from "./policy.ts";

/** One ground for all rules of a config: they speak of calls, whatever mode and rules decide about them. */
export function createRuleMatcher(
  loaded: LoadedConfig,
  { home, tools }: { home: string; tools: readonly ToolManifest[] },
): (rule: Rule, call: CallFacts) => Promise<boolean> {
  const lay = (): Promise<Ground> =>
    layGround(policyOf(loaded, { rules: [], outputDir: loaded.paths.stateHome, home, approve: "never" }));
  let ground: Promise<Ground> | undefined;
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const servers = knownServers(loaded) ?? [];
  return async (rule, call) => {
    // What an MCP server offers is known when it runs; its rules look at names and inputs alone.
    const tool = byName.get(call.tool) ?? (isMcpTool(call.tool) ? serverTool(call.tool, servers) : undefined);
    if (tool === undefined) return false;
    ground ??= lay();
    return await matchesRule(rule, call, tool, await ground);
  };
}

/** With the whole name of its server, where that was cut for models. */
function serverTool(name: string, servers: readonly string[]): RuledTool {
  const server = mcpServerOf(name, servers);
  const start = server === undefined ? "" : mcpPrefix(server);
  const mcp = server !== undefined && name.startsWith(start) ? { mcp: { server, tool: name.slice(start.length) } } : {};
  return { name, effect: "runs", ...mcp };
}
