/**
 * Rules: `Tool` or `Tool(specifier)`, the public grammar. Parsing looks at every rule and reports all problems at once: a
 * rule that names no tool, or can match nothing, is a problem with the right form in it, never a rule that sleeps.
 */

import type { ConfigProblem } from "../contract/host.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { didYouMean } from "../contract/nearest.ts";
import { type CommandPattern, isAnyCommand, parseCommandPattern } from "./command-pattern.ts";
import { type PathSpecifier, parsePathSpecifier } from "./path-specifier.ts";

export type Behavior = "allow" | "ask" | "deny";

/** One line of a permissions list. `source` is `file:line` or a flag; `base` the folder that `/path` is relative to. */
export interface RuleLine {
  behavior: Behavior;
  rule: string;
  source: string;
  base: string;
}

/** What of a tool decides which rules apply to it. */
export type RuledTool = Pick<ToolManifest, "name" | "effect" | "subject">;

type RuleMatch = { kind: "tool" } | { kind: "path"; specifier: PathSpecifier } | { kind: "command"; pattern: CommandPattern };

export interface Rule {
  behavior: Behavior;
  tool: string;
  /** As it was written. */
  text: string;
  source: string;
  base: string;
  match: RuleMatch;
}

interface RuleText {
  tool: string;
  specifier?: string;
}

/** Public tools that other builds have: naming one is no typo. */
const publicTools = (
  "Agent Task Skill WebFetch WebSearch NotebookEdit NotebookRead MultiEdit LS Bash BashOutput KillShell KillBash Monitor " +
  "ExitPlanMode EnterPlanMode SlashCommand LSP PowerShell ToolSearch TaskCreate TaskUpdate TaskGet TaskList TaskOutput TaskStop " +
  "TodoRead Cd EnterWorktree ExitWorktree ListMcpResources ReadMcpResource Read Edit Write Glob Grep TodoWrite AskUserQuestion"
).split(" ");

/** Every rule that can work, in the order given, and one problem (RULE_INVALID) for each that cannot. */
export function parseRules(
  lines: readonly RuleLine[],
  tools: readonly RuledTool[],
): { rules: Rule[]; problems: ConfigProblem[] } {
  const rules: Rule[] = [];
  const problems: ConfigProblem[] = [];
  for (const line of lines) {
    const match = matchOf(line, tools);
    if (typeof match === "string") problems.push(problemOf(line, match));
    else
      rules.push({
        behavior: line.behavior,
        tool: match.tool,
        text: line.rule,
        source: line.source,
        base: line.base,
        match: match.match,
      });
  }
  return { rules, problems };
}

/** The two parts of a rule's text, or the reason why it is none. */
export function parseRuleText(text: string): RuleText | string {
  const tool = /^[A-Za-z_][\w*-]*/.exec(text)?.[0];
  if (tool === undefined) return "a rule begins with the name of a tool";
  const rest = text.slice(tool.length);
  if (rest === "") return { tool };
  if (!rest.startsWith("(")) return `after ${tool} comes a specifier in ( ), not ${JSON.stringify(rest)}`;
  if (!rest.endsWith(")") || rest.length === 1) return "the ( is not closed at the end";
  return { tool, specifier: rest.slice(1, -1) };
}

export function formatRule({ tool, specifier }: RuleText): string {
  return specifier === undefined ? tool : `${tool}(${specifier})`;
}

/** The name that rules with a path use for this tool: Read rules cover all that read by path, Edit rules all that write. */
export function familyOf({ name, effect, subject }: RuledTool): string {
  if (subject?.kind !== "path" || effect === "runs") return name;
  return effect === "writes" ? "Edit" : "Read";
}

function matchOf(line: RuleLine, tools: readonly RuledTool[]): { tool: string; match: RuleMatch } | string {
  const parts = parseRuleText(line.rule.trim());
  if (typeof parts === "string") return parts;
  const { tool: name, specifier } = parts;
  const tool = tools.find((candidate) => candidate.name === name);
  const isFamily = tools.some((candidate) => familyOf(candidate) === name);
  if (tool === undefined && !isFamily) return unknownTool(name, tools);
  if (specifier === undefined) return { tool: name, match: { kind: "tool" } };
  if (tool?.subject?.kind === "command") return commandMatch(name, specifier);
  if (!isFamily || (tool !== undefined && tool.subject === undefined)) return noSpecifier(name, specifier, tool);
  const parsed = parsePathSpecifier(specifier, { restricts: line.behavior !== "allow" });
  if (typeof parsed === "string") return `it can never match: ${parsed}`;
  // `*` in a path rule is the bare tool, as it is for Bash.
  return { tool: name, match: { kind: "path", specifier: parsed } };
}

function commandMatch(tool: string, specifier: string): { tool: string; match: RuleMatch } | string {
  if (isAnyCommand(specifier)) return { tool, match: { kind: "tool" } };
  const pattern = parseCommandPattern(specifier);
  if (pattern !== undefined) return { tool, match: { kind: "command", pattern } };
  return `it can never match: the specifier names no command; write ${tool} for every command, or ${tool}(npm test:*) for a prefix`;
}

function noSpecifier(name: string, specifier: string, tool: RuledTool | undefined): string {
  if (tool?.subject?.kind !== "path") return `it can never match: ${name} takes no specifier; write ${name}`;
  const family = familyOf(tool);
  return `it can never match: paths of ${name} are ruled by ${family}; write ${formatRule({ tool: family, specifier })}`;
}

function unknownTool(name: string, tools: readonly RuledTool[]): string {
  if (publicTools.includes(name) || name.startsWith("mcp__")) return `${name} is a known tool that is not in this build`;
  const names = [...tools.map((tool) => tool.name), ...tools.map(familyOf)];
  const known = didYouMean(name, names);
  return `there is no tool ${name}.${known === "" ? didYouMean(name, publicTools) : known}`;
}

function problemOf({ behavior, rule, source }: RuleLine, what: string): ConfigProblem {
  const place = /^(.+):(\d+)$/s.exec(source);
  const where = place === null ? { message: `${source}: ` } : { message: "", file: place[1] ?? source, line: Number(place[2]) };
  return {
    code: "RULE_INVALID",
    ...where,
    message: `${where.message}the ${behavior} rule ${JSON.stringify(rule)} is wrong: ${what}`,
    key: `permissions.${behavior}`,
    hint: "A rule is Tool or Tool(specifier), for instance Bash(npm test:*), Read(./docs/**) or Edit(//tmp/notes.md).",
  };
}
