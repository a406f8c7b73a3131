/**
 * The `permission` object. There the last rule that matches counts; in Gantry deny, then ask, then allow. So every no and every
 * question is kept, and a yes where what is kept leaves it one. Only a rule for all tools gives way to a later one for a whole tool,
 * and that only where no other file can be merged in between. Source: docs/permissions, docs/config of opencode.
 */
import type { Json } from "gantry/plugin";
import { isObject } from "../fields.ts";
import { type At, type Finding, notMapped } from "../findings.ts";
import { wildcardFits } from "../matcher.ts";
import { isTool, other, otherKey } from "./other-tools.ts";
import { commandRule, pathRules, reachesFiles } from "./patterns.ts";
import { type Around, asked, askedFor, held, leftOut, type SourceRule, type Within, wordsOf } from "./source-rules.ts";

/** Older keys of what is one now. */
const formerKeys: Readonly<Record<string, string>> = { write: "edit", patch: "edit", multiedit: "edit", apply_patch: "edit" };

/** The rules in the order written, and what is none. */
export function rulesOf(value: Json, locate: (...keys: string[]) => At): (SourceRule | { wrong: string; at: At })[] {
  if (!isObject(value)) return [one("*", "*", value, locate())];
  return Object.entries(value).flatMap(([key, inner]) =>
    isObject(inner)
      ? Object.entries(inner).map(([pattern, action]) => one(key, pattern, action, locate(key, pattern)))
      : [one(key, "*", inner, locate(key))],
  );
}

function one(key: string, pattern: string, action: Json, at: At): SourceRule | { wrong: string; at: At } {
  const known = Object.hasOwn(formerKeys, key) ? (formerKeys[key] ?? key) : key;
  if (action === "allow" || action === "ask" || action === "deny") return { key: known, pattern, action, at };
  return { wrong: `${key} ${pattern}: ${JSON.stringify(action)}`, at };
}

export function permissionFindings(rules: ReturnType<typeof rulesOf>, around: Around): Finding[] {
  return rules.flatMap((rule, index): Finding[] => {
    if ("wrong" in rule)
      return [
        asked(
          rule.at,
          rule.wrong,
          ["Bash", "Edit", "Read", "mcp__*"],
          "It is none of allow, ask and deny; every tool is asked about",
        ),
      ];
    const all = rules.filter((each): each is SourceRule => "key" in each);
    const later = rules.slice(index + 1).filter((each): each is SourceRule => "key" in each);
    return ruleFindings(rule, { ...around, later }).map((finding) => underQuestion(finding, rule, all));
  });
}

/** A yes that a rule for the whole tool beats in Gantry, where the order counts for nothing. */
function underQuestion(finding: Finding, { key, action }: SourceRule, all: readonly SourceRule[]): Finding {
  const over = all.find(
    (each) => (each.key === key || each.key === "*") && /^\*+$/.test(each.pattern) && each.action !== "allow",
  );
  if (action !== "allow" || finding.becomes === undefined || over === undefined) return finding;
  const why = `In Gantry the ${over.action} rule for the whole tool (${over.at.source}) counts, whatever allows; take that out to have this one count`;
  return { ...finding, result: "stricter", why };
}

function ruleFindings(rule: SourceRule, within: Within): Finding[] {
  const { key, at } = rule;
  const what = wordsOf(rule);
  if (key === "doom_loop")
    return [
      notMapped({
        ...at,
        kind: "permission",
        what,
        why: "Gantry does not count calls that repeat; limits.maxTurns bounds a turn",
      }),
    ];
  if (key === "external_directory") return [outside(rule, within)];
  if (!isTool(key)) return otherKey(rule, within);
  if (key === "bash") return [command(rule)];
  if (key === "edit" || key === "read") return [file(rule)];
  return [other(rule)];
}

// ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function command(rule: SourceRule): Finding {
  const { pattern, action, at } = rule;
  const what = wordsOf(rule);
  const isAll = /^\*+$/.test(pattern);
  if (action !== "allow") {
    const written = isAll ? "Bash" : commandRule(pattern, "restrict");
    if (written === undefined)
      return askedFor(rule, ["Bash"], "Gantry has no rule for such a text; every command is asked about");
    const isWider = /[?]|:\*/.test(pattern);
    return held(rule, [written], {
      enclosing: "Bash",
      ...(isWider ? { why: "The rule speaks of a little more: Gantry's has only * for any text" } : {}),
    });
  }
  if (isAll) return leftOut(at, what, "No import writes a yes to every command; Gantry asks, but for lines that only read");
  if (reachesFiles(pattern))
    return leftOut(
      at,
      what,
      "opencode asks about files outside the project that such a command names, and a rule of Gantry would not",
    );
  const written = commandRule(pattern, "allow");
  return written === undefined
    ? leftOut(at, what, "Gantry has no rule for just this text; such a command is asked about")
    : held(rule, [written]);
}

// ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function file(rule: SourceRule): Finding {
  const { key, pattern, action, at } = rule;
  const what = wordsOf(rule);
  const tool = key === "edit" ? "Edit" : "Read";
  const isAll = /^\*+$/.test(pattern);
  if (action !== "allow") {
    const rules = isAll ? [tool] : pathRules(pattern, { tool, aim: "restrict" });
    if (rules === undefined) return askedFor(rule, [tool], `Gantry has no rule for such a path; every ${tool} is asked about`);
    return held(rule, rules, { enclosing: tool });
  }
  if (isAll && tool === "Read")
    return {
      kind: "permission",
      what,
      ...at,
      result: "already-there",
      why: "Reads in the workspace go ahead, but for secrets files",
    };
  // opencode asks about places outside the project by another key.
  const rules = pathRules(isAll ? "**" : pattern, { tool, aim: "allow" });
  if (rules === undefined || /^[~/$]/.test(pattern))
    return leftOut(at, what, "Gantry has no rule for just this place, or asks because it is outside the workspace");
  return held(rule, rules);
}

/** Places outside the project. */
function outside(rule: SourceRule, { later, isAlone }: Within): Finding {
  const { pattern, action, at } = rule;
  const what = wordsOf(rule);
  const folder = /^(\/[^*?]+|(?:~|\$HOME)(?:\/[^*?]+)?)\/\*{1,2}$/.exec(pattern)?.[1]?.replace(/^\$HOME/, "~");
  if (action === "allow") {
    const isLast =
      isAlone &&
      !later.some(
        (each) =>
          (each.key === "external_directory" || wildcardFits(each.key, "external_directory")) && each.action !== "allow",
      );
    if (folder === undefined || folder === "~" || !isLast || folder.split("/").includes(".."))
      return leftOut(
        at,
        what,
        "Gantry asks about files outside the workspace; folders can be added to permissions.additionalDirectories",
      );
    return {
      kind: "permission",
      what,
      ...at,
      result: "exact",
      becomes: [{ key: "permissions.additionalDirectories", how: "add", value: [folder] }],
    };
  }
  const rules =
    /^\*+$/.test(pattern) || !/^[~/$]/.test(pattern) ? undefined : pathRules(pattern, { tool: "Read", aim: "restrict" });
  if (rules !== undefined) return held(rule, rules, { enclosing: "Read" });
  if (action === "ask" && /^\*+$/.test(pattern))
    return { kind: "permission", what, ...at, result: "already-there", why: "Files outside the workspace are asked about" };
  return askedFor(
    rule,
    ["Read", "Edit", "Bash"],
    "Gantry has no rule for all places outside the workspace; reads, edits and commands are asked about",
  );
}
