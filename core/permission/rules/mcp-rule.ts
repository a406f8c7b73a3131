/**
 * Rules of MCP tools: `mcp__server`, `mcp__server__*`, `mcp__server__tool`, `mcp__server__tool(field:value)`. Such a rule is
 * ready from the first, whether its server runs or not: a deny must hold from the moment that a tool is there.
 */
import { mcpPrefix, mcpServerOf, mcpWord } from "../../contract/mcp-names.ts";
import { didYouMean } from "../../contract/nearest.ts";
import { parseTextGlob, type TextGlob } from "../patterns/text-glob.ts";
import { type Behavior, isNamed, type Rule, type RuledTool, type RuleMatch } from "./rule.ts";
import { specifierOf, textField } from "./rule-specifier.ts";
import type { RuleText } from "./rule-text.ts";

/** `absent`: why it has nothing to rule as things are. */
type Found = (Pick<Rule, "tool" | "names" | "match"> & { absent?: string }) | { wrong: string };

/** `servers`: names of all configured ones; undefined where they are not known. */
export function readMcpRule(
  { tool: name, specifier }: RuleText,
  behavior: Behavior,
  tools: readonly RuledTool[],
  servers: readonly string[] | undefined,
): Found {
  const names = parseTextGlob(isWholeServer(name, servers) ? `${name}__*` : name);
  const named = tools.filter((tool) => isNamed(tool, names));
  const absent = named.length > 0 ? undefined : whyAbsent(name, names, tools, servers);
  const found = { tool: name, names, ...(absent === undefined ? {} : { absent }) };
  if (specifier === undefined) return { ...found, match: { kind: "tool" } };
  const field = textField(specifier, name);
  if (typeof field === "string") return { wrong: field };
  const [only] = named;
  const exact: RuleMatch | string =
    only === undefined ? field : specifierOf(specifier, { name, tool: only, isFamily: false, behavior });
  // What the server says of its tool may change: the rule stays, compared as a text.
  return typeof exact === "string" ? { ...found, match: field, absent: exact } : { ...found, match: exact };
}

/** `mcp__docs` is all of docs; so is `mcp__a__b` where a server is named a__b. */
export function isWholeServer(name: string, servers: readonly string[] = []): boolean {
  return /^mcp__(?:(?!__)[^*])+$/.test(name) || servers.some((server) => name === `mcp__${mcpWord(server)}`);
}

function whyAbsent(
  name: string,
  names: TextGlob,
  tools: readonly RuledTool[],
  servers: readonly string[] | undefined,
): string | undefined {
  if (servers === undefined) return undefined;
  const server = mcpServerOf(name, servers);
  if (server === undefined) return whyNoServer(name, names, servers);
  const ready = tools.map((tool) => tool.name).filter((tool) => tool.startsWith(mcpPrefix(server)));
  if (ready.length === 0) return undefined;
  return `the MCP server ${server} has no tool named like ${name}.${didYouMean(name, ready)}`;
}

function whyNoServer(name: string, names: TextGlob, servers: readonly string[]): string | undefined {
  // A star in the server's part may fit any of them.
  const [start = ""] = names.parts;
  const isOpen = names.parts.length > 1 && !/^mcp__.*?[^_]__/.test(start);
  if (isOpen && servers.some((server) => `mcp__${mcpWord(server)}__`.startsWith(start))) return undefined;
  const [, word = ""] = /^mcp__(.*?)(?:__|\*|$)/.exec(name) ?? [];
  const words = servers.map(mcpWord);
  const known = words.length === 0 ? "no MCP server is configured" : `the configured MCP servers are ${words.join(", ")}`;
  return `there is no MCP server ${word === "" ? name : word}; ${known}.${didYouMean(word, words)}`;
}
