/** Does a rule speak of this call? Deny and ask rules match when any spelling does; allow rules only when all must. */

import { commandMatches } from "./command-pattern.ts";
import type { ReadyRule } from "./ground.ts";
import { uncoverable } from "./program-flags.ts";
import { familyOf, type Rule, type RuledTool } from "./rules.ts";
import type { CommandSubject, PathSubject, Subject } from "./subject.ts";

interface Allowing {
  rule?: Rule;
  butNot?: string;
}

/** The first rule that restricts the call. A Read rule that denies a path also denies writing it. */
export function findRestricting(rules: readonly ReadyRule[], tool: RuledTool, subject: Subject): Rule | undefined {
  return rules.find((ready) => restricts(ready, tool, subject))?.rule;
}

/** The rule that allows the call, or why the nearest one does not. */
export function findAllowing(rules: readonly ReadyRule[], tool: RuledTool, subject: Subject): Allowing {
  const named = rules.filter(({ rule }) => namesTool(rule, tool));
  if (subject.kind === "path") return allowsPath(named, subject);
  if (subject.kind === "command") return allowsLine(named, subject);
  const rule = named.find(({ rule }) => rule.match.kind === "tool")?.rule;
  return rule === undefined ? {} : { rule };
}

/** The first allow rule whose specifier names this path, which is what opens a secrets file. */
export function findNaming(rules: readonly ReadyRule[], tool: RuledTool, subject: PathSubject): Rule | undefined {
  const naming = rules.filter(({ rule }) => rule.match.kind === "path" && !rule.match.specifier.isEverything);
  return findAllowing(naming, tool, subject).rule;
}

/** The rule and where it is written, for reasons. */
export function cite({ text, source }: Pick<Rule, "text" | "source">): string {
  return `the rule ${text} (${source})`;
}

function namesTool(rule: Rule, tool: RuledTool): boolean {
  return rule.tool === tool.name || rule.tool === familyOf(tool);
}

function restricts({ rule, path }: ReadyRule, tool: RuledTool, subject: Subject): boolean {
  const isReadDeny = rule.behavior === "deny" && rule.tool === "Read" && familyOf(tool) === "Edit" && path !== undefined;
  if (!namesTool(rule, tool) && !isReadDeny) return false;
  if (rule.match.kind === "tool") return true;
  if (rule.match.kind === "path") return subject.kind === "path" && path !== undefined && subject.spellings.some(path);
  const { pattern } = rule.match;
  return subject.kind === "command" && subject.texts.some((text) => commandMatches(pattern, text));
}

/** A link and its target must both be allowed, be it by two rules; the rule of the real path is the one that is named. */
function allowsPath(rules: readonly ReadyRule[], { spellings }: PathSubject): Allowing {
  const allowing = spellings.map((path) => rules.find((ready) => ready.path?.(path) ?? true)?.rule);
  const rule = allowing.at(-1);
  const some = allowing.find((found) => found !== undefined);
  if (some === undefined) return {};
  if (rule !== undefined && !allowing.includes(undefined)) return { rule };
  const missing = spellings[allowing.indexOf(undefined)];
  return {
    butNot: `a symbolic link and its target must both be allowed, and no rule names ${missing}, so ${cite(some)} does not cover it`,
  };
}

function allowsLine(rules: readonly ReadyRule[], { line }: CommandSubject): Allowing {
  if (line.kind === "undecided") return {};
  let butNot: string | undefined;
  for (const { rule } of rules) {
    if (rule.match.kind === "tool") return { rule };
    if (rule.match.kind !== "command") continue;
    const { pattern } = rule.match;
    if (!commandMatches(pattern, line.text) && !commandMatches(pattern, line.canonical)) continue;
    const risk = pattern.kind === "exact" ? undefined : uncoverable(line.words);
    if (risk === undefined) return { rule };
    butNot ??= `${risk}, so ${cite(rule)} does not cover it`;
  }
  return butNot === undefined ? {} : { butNot };
}
