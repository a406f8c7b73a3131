/** Does a rule speak of this part of a call? Deny and ask rules match when any spelling does; allow rules only when all must. */

import type { Json, JsonObject } from "../contract/messages.ts";
import { printable } from "../contract/printable.ts";
import { type CommandRule, coverLine, mayRestrictLine, restrictsLine } from "./command-match.ts";
import type { Part } from "./parts.ts";
import { commandMatches } from "./patterns/command-pattern.ts";
import { domainMatches } from "./patterns/domain-pattern.ts";
import { textMatches } from "./patterns/text-glob.ts";
import { familyOf, namesTool, type ReadyRule, type Rule, type RuledTool } from "./rules/rule.ts";
import type { CommandSubject, PathSubject, Subject } from "./subject.ts";

interface Allowing {
  rule?: Rule;
  butNot?: string;
}

/** What of a part a rule looks at. */
type Asked = Pick<Part, "tool" | "subject" | "input">;

/** The first rule that restricts the part. A Read rule that denies a path also denies writing it. */
export function findRestricting(rules: readonly ReadyRule[], part: Asked): Rule | undefined {
  return rules.find((ready) => restricts(ready, part))?.rule;
}

export interface MayRestrict {
  rule: Rule;
  /** `$g may become push`. */
  why: string;
}

/** The first rule that restricts what the part may become when it runs. */
export function findMayRestrict(rules: readonly ReadyRule[], part: Asked): MayRestrict | undefined {
  for (const { rule } of rules) {
    const why = mayRestrict(rule, part);
    if (why !== undefined) return { rule, why };
  }
  return undefined;
}

export function mayRestrict(rule: Rule, { tool, subject }: Asked): string | undefined {
  const { match } = rule;
  if (match.kind !== "command" || subject.kind !== "command" || !concerns(rule, tool)) return undefined;
  const may = mayRestrictLine(match.pattern, subject.line);
  if (may === undefined) return undefined;
  return `${printable(may.word)} may become ${may.wanted === "what" ? "what" : `${may.wanted}, which`}`;
}

/** The rule that allows the part, or why the nearest one does not. */
export function findAllowing(rules: readonly ReadyRule[], tool: RuledTool, subject: Subject, input: JsonObject = {}): Allowing {
  const named = rules.filter(({ rule }) => namesTool(rule, tool));
  if (subject.kind === "path") return allowsPath(named, subject);
  if (subject.kind === "command") return allowsLine(named, subject);
  // Which file it is nobody knows: it may be one that no rule for all files opens.
  if (subject.kind === "unknown") return {};
  const rule = named.find(({ rule }) => rule.match.kind === "tool" || inputMatches(rule, input))?.rule;
  return rule === undefined ? {} : { rule };
}

/** An allow rule for exactly one of these texts, which stand around a command: what was shown as a whole is allowed as a whole. */
export function findExact(rules: readonly ReadyRule[], texts: readonly string[]): Rule | undefined {
  return rules.find(({ rule: { match } }) => {
    return match.kind === "command" && match.pattern.kind === "exact" && texts.includes(match.pattern.parts[0] ?? "");
  })?.rule;
}

/** The first rule for one of these texts, whatever it covers of them. */
export function findAround(rules: readonly ReadyRule[], texts: readonly string[]): { rule: Rule; text: string } | undefined {
  for (const { rule } of rules) {
    const { match } = rule;
    if (match.kind !== "command") continue;
    const text = texts.findLast((one) => commandMatches(match.pattern, one));
    if (text !== undefined) return { rule, text };
  }
  return undefined;
}

/** The first allow rule whose specifier names this path, which is what opens a secrets file. */
export function findNaming(rules: readonly ReadyRule[], { tool, subject }: Asked): Rule | undefined {
  const naming = rules.filter(({ rule }) => rule.match.kind === "path" && !rule.match.specifier.isEverything);
  return findAllowing(naming, tool, subject).rule;
}

/** The rule and where it is written, for reasons. */
export function cite({ text, source }: Pick<Rule, "text" | "source">): string {
  return `the rule ${text} (${source})`;
}

/** Whether a rule can speak of calls of this tool at all. A Read rule that denies a path denies writing it too. */
export function concerns(rule: Rule, tool: RuledTool): boolean {
  if (namesTool(rule, tool)) return true;
  return rule.behavior === "deny" && rule.tool === "Read" && rule.match.kind === "path" && familyOf(tool) === "Edit";
}

export function restricts({ rule, path }: ReadyRule, { tool, subject, input }: Asked): boolean {
  if (!concerns(rule, tool)) return false;
  const { match } = rule;
  if (match.kind === "tool") return true;
  if (match.kind === "path") return subject.kind === "path" && path !== undefined && subject.spellings.some(path);
  if (match.kind === "command") return subject.kind === "command" && restrictsLine(match.pattern, subject.texts);
  return inputMatches(rule, input);
}

function inputMatches({ match, behavior }: Rule, input: JsonObject): boolean {
  const strict = behavior !== "allow";
  if (match.kind === "domain") return domainMatches(match.pattern, String(input["url"]), { unparsed: strict });
  if (match.kind !== "field") return false;
  const text = textOf(Object.hasOwn(input, match.field) ? input[match.field] : undefined);
  return text !== undefined && textMatches(match.value, text, { strict });
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** A link and its target must both be allowed, be it by two rules; the rule of the real path is the one that is named. */
function allowsPath(rules: readonly ReadyRule[], { spellings }: PathSubject): Allowing {
  const allowing = spellings.map((path) => rules.find(({ rule, path: test }) => allowsOne(rule, test, path))?.rule);
  const rule = allowing.at(-1);
  const some = allowing.find((found) => found !== undefined);
  if (some === undefined) return {};
  if (rule !== undefined && !allowing.includes(undefined)) return { rule };
  const missing = spellings[allowing.indexOf(undefined)];
  return {
    butNot: `a symbolic link and its target must both be allowed, and no rule names ${missing}, so ${cite(some)} does not cover it`,
  };
}

function allowsOne({ match }: Rule, test: ReadyRule["path"], path: string): boolean {
  return match.kind === "tool" || (match.kind === "path" && test?.(path) === true);
}

function allowsLine(rules: readonly ReadyRule[], { line }: CommandSubject): Allowing {
  const { rule, butNot } = coverLine(
    line,
    rules.flatMap(({ rule }) => commandRule(rule)),
  );
  if (rule !== undefined) return { rule };
  return butNot === undefined ? {} : { butNot: `${butNot.why}, so ${cite(butNot.rule)} does not cover it` };
}

function commandRule(rule: Rule): CommandRule<Rule>[] {
  if (rule.match.kind === "tool") return [{ rule, pattern: undefined }];
  return rule.match.kind === "command" ? [{ rule, pattern: rule.match.pattern }] : [];
}
