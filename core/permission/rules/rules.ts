/**
 * Rules: `Tool` or `Tool(specifier)`, the public grammar. Parsing looks at every rule and reports all problems at once: a
 * rule that names no tool, or can match nothing, is a problem with the right form in it, never a rule that sleeps.
 */

import type { ConfigProblem } from "../../contract/host.ts";
import { didYouMean } from "../../contract/nearest.ts";
import { placeIn } from "../../contract/place.ts";
import { parseTextGlob, textMatches } from "../patterns/text-glob.ts";
import { currentName, findPublicTool, publicTools } from "./known-tools.ts";
import { readMcpRule } from "./mcp-rule.ts";
import { type Behavior, familyOf, namesTool, type Rule, type RuledTool } from "./rule.ts";
import { absentSpecifier, specifierOf } from "./rule-specifier.ts";
import { parseRuleText, type RuleText, slipOf } from "./rule-text.ts";

export { type Behavior, familyOf, type Rule, type RuledTool } from "./rule.ts";
export { formatRule, parseRuleText } from "./rule-text.ts";

/** One line of a permissions list. `source` is `file:line` or a flag; `base` the folder that `/path` is relative to. */
export interface RuleLine {
  behavior: Behavior;
  rule: string;
  source: string;
  base: string;
  /** From a file in another agent's format: an allow rule of it that covers nothing here only allows less, and is left out. */
  imported?: true;
}

/**
 * `absent`: it is right, and speaks of a known tool that this build does not have, or of an MCP server or tool that is not
 * there now: a rule of those holds all the same.
 */
export type ParsedRule = { rule: Rule; absent?: string } | { absent: string } | { wrong: string };

/**
 * Every rule that can work, in the order given, and one problem (RULE_INVALID) for each that cannot, or has nothing to rule.
 * `servers`: names of all configured MCP servers; without them a rule of any is taken as right.
 */
export function parseRules(
  lines: readonly RuleLine[],
  tools: readonly RuledTool[],
  servers?: readonly string[],
): { rules: Rule[]; problems: ConfigProblem[] } {
  const rules: Rule[] = [];
  const problems: ConfigProblem[] = [];
  for (const line of lines) {
    const parsed = parseRule(line, tools, servers);
    if ("rule" in parsed) rules.push(parsed.rule);
    const { absent } = parsed as { absent?: string };
    if ("wrong" in parsed) problems.push(problemOf(line, parsed));
    else if (absent !== undefined) problems.push(problemOf(line, { absent }));
  }
  return { rules, problems };
}

export function parseRule(line: RuleLine, tools: readonly RuledTool[], servers?: readonly string[]): ParsedRule {
  const parts = parseRuleText(line.rule.trim());
  if (typeof parts === "string") return { wrong: parts };
  const slip = slipOf(line.rule, parts);
  if (slip !== undefined) return { wrong: slip };
  const found = findTool({ ...parts, tool: currentName(parts.tool) }, line, { tools, servers });
  if (!("match" in found)) return found;
  const { behavior, rule: text, source, base } = line;
  const { absent, ...which } = found;
  return { rule: { behavior, text, source, base, ...which }, ...(absent === undefined ? {} : { absent }) };
}

/** A deny rule for all its calls: such a tool is not even offered. */
export function isDeniedWhole(rules: readonly Rule[], tool: RuledTool): boolean {
  return rules.some(
    (rule) =>
      rule.behavior === "deny" &&
      rule.match.kind === "tool" &&
      (rule.names === undefined ? rule.tool === tool.name : namesTool(rule, tool)),
  );
}

type Found = (Pick<Rule, "tool" | "names" | "match"> & { absent?: string }) | { absent: string } | { wrong: string };

interface Known {
  tools: readonly RuledTool[];
  servers: readonly string[] | undefined;
}

function findTool(parts: RuleText, line: RuleLine, known: Known): Found {
  const { tool: name, specifier } = parts;
  const { tools } = known;
  if (name.includes("*") || /^mcp__/.test(name)) return findMany(parts, line, known);
  const tool = tools.find((candidate) => candidate.name === name);
  const family = tools.filter((candidate) => familyOf(candidate) === name);
  if (tool === undefined && family.length === 0) return findAbsent(parts, line, tools);
  if (specifier === undefined) return { tool: name, match: { kind: "tool" } };
  const match = specifierOf(specifier, { name, tool, isFamily: family.length > 0, behavior: line.behavior });
  return typeof match === "string" ? { wrong: match } : { tool: name, match };
}

/** A tool of another build. Its specifier is looked at all the same: it must be right when the tool comes. */
function findAbsent({ tool, specifier }: RuleText, { behavior }: RuleLine, tools: readonly RuledTool[]): Found {
  const known = findPublicTool(tool);
  if (known === undefined) return { wrong: unknownTool(tool, tools) };
  const wrong = specifier === undefined ? undefined : absentSpecifier(specifier, tool, known, behavior);
  return wrong === undefined ? absent(tool) : { wrong };
}

// ── Names for more than one tool ─────────────────────────────────────────────────────────────────────────────────────

/** `mcp__server` and `mcp__server__*` are all tools of a server; other globs only restrict. */
function findMany({ tool: name, specifier }: RuleText, line: RuleLine, { tools, servers }: Known): Found {
  const wrong = wrongGlob(name, specifier, line);
  if (wrong !== undefined) return { wrong };
  if (name.startsWith("mcp__"))
    return readMcpRule({ tool: name, ...(specifier === undefined ? {} : { specifier }) }, line.behavior, tools, servers);
  const names = parseTextGlob(name);
  const [only] = tools.filter((tool) => textMatches(names, tool.name, { strict: false }));
  if (only !== undefined) {
    if (specifier === undefined) return { tool: name, names, match: { kind: "tool" } };
    const match = specifierOf(specifier, { name, tool: only, isFamily: false, behavior: line.behavior });
    return typeof match === "string" ? { wrong: match } : { tool: name, match };
  }
  const isKnown = Object.keys(publicTools).some((known) => textMatches(names, known, { strict: false }));
  if (isKnown) return absent(name);
  return { wrong: `it can never match: no tool is named like ${name}.${nearestGlob(name, tools)}` };
}

function wrongGlob(name: string, specifier: string | undefined, { behavior }: RuleLine): string | undefined {
  const hasStar = name.includes("*");
  if (name.startsWith("mcp__") && !/^mcp__[^*]+?(?:__.+)?$/.test(name) && !hasStar)
    return "a rule of an MCP server is mcp__server, mcp__server__* or mcp__server__tool";
  if (hasStar && behavior === "allow" && !/^mcp__(?:(?!__)[^*])+__/.test(name)) {
    return "an allow rule names its tool: a * may stand only after mcp__server__; write one rule for each tool";
  }
  if (specifier === undefined) return undefined;
  if (hasStar || !/^mcp__(?:(?!__).)+__./.test(name))
    return `a name for more than one tool takes no specifier; write ${name}, or one rule for each tool`;
  if (!/^[\w-]+:/.test(specifier) || behavior === "allow")
    return `it can never match: ${name} takes no specifier but (parameter:value), in ask and deny rules; write ${name}`;
  return undefined;
}

function nearestGlob(glob: string, tools: readonly RuledTool[]): string {
  const names = [...tools.map((tool) => tool.name), ...Object.keys(publicTools)];
  const fitting = names.find((name) => textMatches(parseTextGlob(glob), name, { strict: true }));
  const letters = glob.replaceAll("*", "");
  const near = fitting ?? names.find((name) => name.toLowerCase().startsWith(letters.toLowerCase()));
  return near === undefined ? didYouMean(letters, names) : ` Did you mean ${near}?`;
}

// ── Problems ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function absent(name: string): { absent: string } {
  return { absent: `${name} is known, not in this build` };
}

function unknownTool(name: string, tools: readonly RuledTool[]): string {
  const names = [...tools.map((tool) => tool.name), ...tools.map(familyOf)];
  const known = didYouMean(name, names);
  return `there is no tool ${name}.${known === "" ? didYouMean(name, Object.keys(publicTools)) : known}`;
}

function problemOf(
  { behavior, rule, source, imported }: RuleLine,
  parsed: { absent: string } | { wrong: string },
): ConfigProblem {
  const place = placeIn(source);
  const stops = "wrong" in parsed && !(imported === true && behavior === "allow");
  const what = "wrong" in parsed ? `is wrong: ${parsed.wrong}` : `has nothing to rule: ${parsed.absent}`;
  return {
    code: "RULE_INVALID",
    ...(stops ? {} : { severity: "warning" as const }),
    ...place,
    message: `${place === undefined ? `${source}: ` : ""}the ${behavior} rule ${JSON.stringify(rule)} ${what}`,
    key: `permissions.${behavior}`,
    hint: "A rule is Tool or Tool(specifier), for instance Bash(npm test:*), Read(./docs/**) or Edit(//tmp/notes.md).",
  };
}
