/**
 * Entries of tool lists, `TOOL` or `TOOL(COMMAND PREFIX)`, and rules about a tool as findings of Gantry. A yes is as narrow as the
 * source's narrowest reading, a no or a question as wide as its widest: a prefix ends at a word, or anywhere.
 */
import { type At, addRule, type Behavior, type Finding, notMapped, ruleFinding } from "../findings.ts";
import { prefixWords } from "../prefix.ts";
import { shownText } from "../shown.ts";
import { currentTool, everyTool, gantryTool, mcpRule, serverRule, shellTool } from "./tools.ts";

export interface ToolEntry {
  /** As written, without what is in ( ). */
  tool: string;
  prefix?: string;
}

export function entryOf(text: string): ToolEntry {
  const [, tool, prefix] = /^([\w.*-]+)\((.*)\)$/s.exec(text.trim()) ?? [];
  return tool === undefined || prefix === undefined ? { tool: text.trim() } : { tool, prefix };
}

/** `what` without the behavior. */
export function entryFindings(entry: ToolEntry, found: { at: At; behavior: Behavior; what: string }): Finding[] {
  const isShell = currentTool(entry.tool) === shellTool;
  if (isShell && entry.prefix !== undefined && entry.prefix.trim() !== "") return prefixFindings(entry.prefix, found);
  return toolFindings(entry.tool, found);
}

export function prefixFindings(
  prefix: string,
  { at, behavior, what }: { at: At; behavior: Behavior; what: string },
): Finding[] {
  const { text, isWhole } = prefixWords(prefix);
  if (behavior === "allow") {
    if (!isWhole) return [leftOut(at, what, "No rule of Gantry can hold these words; such a command is asked about")];
    return [ruleFinding({ ...at, behavior, what, rule: `Bash(${text}:*)` })];
  }
  if (behavior === "deny" && /^\*+$/.test(prefix.trim())) {
    const why = "It may be meant for every command; every command is denied";
    return [ruleFinding({ ...at, behavior, what, rule: "Bash", result: "stricter", why })];
  }
  if (text === "")
    return [
      questions({
        at,
        what,
        rules: ["Bash"],
        why: "No rule of Gantry can hold these words; every command is asked about",
        isDenied: behavior === "deny",
      }),
    ];
  const rule = `Bash(${text}:*)`;
  const why =
    "No rule of Gantry can hold all of these words; the rule speaks of every command that begins with the first of them";
  const found = ruleFinding({
    ...at,
    behavior,
    what,
    rule,
    enclosing: "Bash",
    ...(isWhole ? {} : { result: "stricter", why }),
  });
  // The text may end within a word: `git` is the beginning of `gitk` too.
  return [{ ...found, becomes: [addRule(behavior, rule, `Bash(${text}*)`)], otherwise: [addRule("ask", "Bash")] }];
}

export function toolFindings(name: string, { at, behavior, what }: { at: At; behavior: Behavior; what: string }): Finding[] {
  const rules = name === "*" ? [...everyTool] : [gantryTool(name) ?? serverRule(name)].filter((rule) => rule !== undefined);
  if (behavior === "allow") return [allowedTool(rules, { at, what, isEvery: name === "*" })];
  if (rules.length === 0) {
    if (!name.includes("*"))
      return [notMapped({ ...at, kind: "permission", what: `${behavior} ${what}`, why: `Gantry has no tool like ${name}` })];
    return [
      questions({
        at,
        what,
        rules: [...everyTool],
        why: "Gantry's rules know no such pattern of names; every tool is asked about",
        isDenied: behavior === "deny",
      }),
    ];
  }
  return rules.map((rule) => ruleFinding({ ...at, behavior, what, rule }));
}

function allowedTool(rules: readonly string[], { at, what, isEvery }: { at: At; what: string; isEvery: boolean }): Finding {
  const [rule] = rules;
  if (rule?.startsWith("mcp__*"))
    return leftOut(at, what, "No import writes a yes to every server; Gantry asks about their tools");
  if (isEvery || rule === "Bash")
    return leftOut(at, what, "No import writes a yes to every command; Gantry asks, but for lines that only read");
  if (rule === undefined)
    return notMapped({ ...at, kind: "permission", what: `allow ${what}`, why: "Gantry has no tool like it" });
  if (rule === "Edit" || rule === "Write")
    return leftOut(
      at,
      what,
      "A yes to edits without a place would hold outside the workspace too; the mode acceptEdits says yes inside it",
    );
  if (["Read", "Glob", "Grep", "TodoWrite", "AskUserQuestion"].includes(rule)) {
    const why = "In the workspace it goes ahead without a rule";
    return { kind: "permission", what: shownText(`allow ${what}`), ...at, result: "already-there", why };
  }
  return ruleFinding({ ...at, behavior: "allow", what, rule });
}

function leftOut(at: At, what: string, why: string): Finding {
  return { kind: "permission", what: shownText(`allow ${what}`), ...at, result: "stricter", why };
}

interface Question {
  at: At;
  what: string;
  rules: readonly string[];
  why: string;
  /** It is denied there. */
  isDenied?: boolean;
}

/** What cannot be said exactly is asked about. */
export function questions({ at, what, rules, why, isDenied = false }: Question): Finding {
  const result = isDenied ? "weaker" : "stricter";
  return { kind: "permission", what: shownText(what), ...at, result, becomes: [addRule("ask", ...rules)], why };
}

/** Rules for tools of a server, or of all. */
export function serverFindings(
  server: string,
  tool: string,
  { at, behavior, what }: { at: At; behavior: Behavior; what: string },
): Finding[] {
  const rule = mcpRule(server, tool);
  if (behavior === "allow" && server === "*")
    return [leftOut(at, what, "No import writes a yes to every server; Gantry asks about their tools")];
  return [ruleFinding({ ...at, behavior, what, rule, ...(behavior === "allow" ? {} : { enclosing: "mcp__*" }) })];
}
