/**
 * Policy files. There the rule of the highest priority counts; in Gantry deny, then ask, then allow, whatever the order. So every
 * no and every question is kept, also one that a yes of higher priority passes by there. Source: docs/reference/policy-engine.md.
 */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, own, textsOf } from "../fields.ts";
import type { At, Behavior, Finding, Layer } from "../findings.ts";
import { notMapped } from "../findings.ts";
import { shownText } from "../shown.ts";
import type { Table } from "../table.ts";
import { prefixFindings, questions, serverFindings, toolFindings } from "./entries.ts";
import { currentTool, everyTool, gantryTool, mcpRule, serverRule, shellTool } from "./tools.ts";

const behaviors: Readonly<Record<string, Behavior>> = { allow: "allow", deny: "deny", ask_user: "ask" };

/** Or the line and reason why the file is none that can be read whole. */
export function policyFindings({ path, data, lineOf }: Table, layer: Layer): Finding[] | { line: number; message: string } {
  const rules = own(data, "rule") ?? [];
  if (!Array.isArray(rules)) return { line: lineOf(["rule"]), message: "rule must be a list of tables, [[rule]]" };
  const findings: Finding[] = [];
  for (const [index, rule] of rules.entries()) {
    const line = lineOf(["rule", index]);
    const found = ruleFindings(rule, { source: `${path}:${line}`, layer });
    if (typeof found === "string") return { line, message: found };
    findings.push(...found);
  }
  const others = Object.keys(data).filter((key) => key !== "rule");
  return [...findings, ...others.map((key) => checker(key, { source: `${path}:${lineOf([key])}`, layer }))];
}

/** Safety checkers are programs that may deny; all they could see is asked about. */
function checker(key: string, at: At): Finding {
  return questions({
    at,
    what: key,
    rules: ["Bash", "Edit", "mcp__*"],
    why: "Gantry runs no safety checkers of policies; what they could stop is asked about",
  });
}

interface PolicyRule {
  names: string[];
  prefixes: string[];
  /** Regular expressions. */
  patterns: string[];
  server: string | undefined;
  /** Why it does not hold for every call in the usual mode. */
  condition: string | undefined;
}

function ruleFindings(rule: Json, at: At): Finding[] | string {
  if (!isObject(rule)) return "a rule must be a table";
  const decision = own(rule, "decision");
  const behavior = typeof decision === "string" ? own(behaviors, decision) : undefined;
  if (typeof behavior !== "string")
    return `the decision is ${JSON.stringify(decision ?? null)}, and must be allow, deny or ask_user`;
  const read = partsOf(rule);
  if (typeof read === "string") return read;
  const { decision: _, priority, denyMessage: __, ...shown } = rule;
  const what = `${Object.entries(shown)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    .join(", ")} (priority ${JSON.stringify(priority ?? null)})`;
  return findingsOf(read, { at, behavior: behavior as Behavior, what });
}

function partsOf(rule: JsonObject): PolicyRule | string {
  const list = (key: string): string[] | undefined => {
    const value = own(rule, key);
    return value === undefined ? [] : typeof value === "string" ? [value] : textsOf(value);
  };
  const [names, prefixes] = [list("toolName"), list("commandPrefix")];
  const patterns = [list("commandRegex"), list("argsPattern")];
  const server = own(rule, "mcpName");
  if (names === undefined || prefixes === undefined || patterns.includes(undefined))
    return "toolName, commandPrefix, commandRegex and argsPattern must be texts";
  if (server !== undefined && typeof server !== "string") return "mcpName must be a text";
  if (
    names.length + prefixes.length === 0 &&
    server === undefined &&
    own(rule, "commandRegex") === undefined &&
    own(rule, "toolAnnotations") === undefined
  )
    return "a rule without toolName, mcpName or command says nothing";
  return { names, prefixes, patterns: patterns.flatMap((each) => each ?? []), server, condition: conditionOf(rule) };
}

const plainKeys = new Set(
  "toolName mcpName commandPrefix commandRegex argsPattern decision priority denyMessage allowRedirection modes".split(" "),
);

function conditionOf(rule: JsonObject): string | undefined {
  const modes = own(rule, "modes");
  const named = textsOf(modes) ?? [];
  const isUsual =
    modes === undefined ||
    (Array.isArray(modes) && modes.length === 0) ||
    (named.includes("default") && named.includes("autoEdit"));
  const others = Object.keys(rule).filter((key) => !plainKeys.has(key));
  return isUsual && others.length === 0 ? undefined : [...(isUsual ? [] : ["modes"]), ...others].join(", ");
}

interface Said {
  at: At;
  behavior: Behavior;
  what: string;
}

function findingsOf(rule: PolicyRule, said: Said): Finding[] {
  const { at, behavior, what } = said;
  const { patterns, condition } = rule;
  if (patterns.length === 0 && condition === undefined) return plainFindings(rule, said);
  const reason =
    patterns.length > 0 ? "Gantry's rules hold no regular expressions" : `Gantry's rules have no condition like ${condition}`;
  if (behavior === "allow")
    return [
      {
        kind: "permission",
        what: shownText(`allow ${what}`),
        ...at,
        result: "stricter",
        why: `${reason}; what it allows is asked about`,
      },
    ];
  const rules = enclosing(rule);
  if (rules.length === 0)
    return [notMapped({ ...at, kind: "permission", what: `${behavior} ${what}`, why: `Gantry has no tool like it` })];
  const why = `${reason}; all that it may speak of is asked about`;
  return [questions({ at, what: `${behavior} ${what}`, rules, why, isDenied: behavior === "deny" })];
}

function plainFindings({ names, prefixes, server }: PolicyRule, said: Said): Finding[] {
  if (server !== undefined) return (names.length === 0 ? ["*"] : names).flatMap((name) => serverFindings(server, name, said));
  // With a command the rule is about the shell, whatever else is named.
  if (prefixes.length > 0) return prefixes.flatMap((prefix) => prefixFindings(prefix, said));
  return names.flatMap((name) => toolFindings(name, said));
}

/** Tools of Gantry that the rule could speak of at most. */
function enclosing({ names, prefixes, patterns, server }: PolicyRule): string[] {
  if (server !== undefined) return [mcpRule(server, "*")];
  if (prefixes.length > 0 || (names.length === 0 && patterns.length > 0)) return ["Bash"];
  if (names.length === 0) return ["mcp__*"];
  return names.flatMap((name) => {
    if (name === "*") return ["Bash", "Edit", "Read", "mcp__*"];
    const tool = currentTool(name) === shellTool ? "Bash" : (gantryTool(name) ?? serverRule(name));
    return tool !== undefined ? [tool] : name.includes("*") ? [...everyTool] : [];
  });
}
