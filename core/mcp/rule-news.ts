/** Rules that name a tool which a server, now that it is ready, does not have: said once in a session. */
import type { RuleLine } from "../../config/loaded.ts";
import { isMcpTool, mcpServerOf } from "../contract/mcp-names.ts";
import { parseRule, parseRuleText } from "../permission/rules/rules.ts";
import type { RegisteredTool } from "../registry.ts";

interface Ready {
  server: string;
  /** Names of all configured servers. */
  servers: readonly string[];
  lines: readonly RuleLine[];
  tools: readonly RegisteredTool[];
}

/** A sentence for each such rule. Empty where the server offers nothing at all, which is said elsewhere. */
export function rulesOfNoTool({ server, servers, lines, tools }: Ready): string[] {
  const own = tools.filter(({ mcp }) => mcp?.server === server);
  if (own.length === 0) return [];
  return lines.flatMap((line) => {
    const parts = parseRuleText(line.rule);
    if (typeof parts === "string" || !isMcpTool(parts.tool) || mcpServerOf(parts.tool, servers) !== server) return [];
    const parsed = parseRule(line, own, servers);
    const { absent } = parsed as { absent?: string };
    return absent === undefined
      ? []
      : [`${line.source}: the ${line.behavior} rule ${line.rule} has nothing to rule: ${absent}`];
  });
}
