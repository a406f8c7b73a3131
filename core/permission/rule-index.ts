/**
 * Rules that are ready to be compared, kept by the tool they concern and, for command rules, by the first word of what they
 * say: a call looks at the few rules that could speak of it, however many there are.
 */
import type { Part } from "./parts.ts";
import { concerns } from "./rule-match.ts";
import type { ReadyRule, Rule, RuledTool } from "./rules/rule.ts";
import type { ShellCommand } from "./shell/facts.ts";

export interface RuleIndex {
  /** All that concern the tool, in their order. */
  of(tool: RuledTool): readonly ReadyRule[];
  /** Those of them that could match the part, in their order. */
  near(part: Pick<Part, "tool" | "subject" | "within">): readonly ReadyRule[];
}

interface OfTool {
  all: readonly ReadyRule[];
  /** By the first word of a command rule; the others are looked at for every line. */
  byWord: ReadonlyMap<string, readonly number[]>;
  others: readonly number[];
}

const few = 8;

export function indexRules(rules: readonly ReadyRule[]): RuleIndex {
  const byTool = new Map<string, OfTool>();
  const ofTool = (tool: RuledTool): OfTool => {
    const known = byTool.get(tool.name) ?? sorted(rules.filter(({ rule }) => concerns(rule, tool)));
    byTool.set(tool.name, known);
    return known;
  };
  return {
    of: (tool) => ofTool(tool).all,
    near({ tool, subject, within }) {
      const { all, byWord, others } = ofTool(tool);
      if (subject.kind !== "command" || all.length <= few) return all;
      const commands = subject.line.commands.flatMap(spellingsOf);
      const words = new Set([...subject.texts, ...commands, ...within, subject.line.text].map(firstWord));
      const at = [...words].flatMap((word) => byWord.get(word) ?? []);
      return [...others, ...at].sort((a, b) => a - b).flatMap((index) => all[index] ?? []);
    },
  };
}

function sorted(all: readonly ReadyRule[]): OfTool {
  const byWord = new Map<string, number[]>();
  const others: number[] = [];
  for (const [index, { rule }] of all.entries()) {
    const word = wordOf(rule);
    if (word === undefined) others.push(index);
    else byWord.set(word, [...(byWord.get(word) ?? []), index]);
  }
  return { all, byWord, others };
}

/** The first word of every line that the rule can match, where there is only one. */
function wordOf({ match }: Rule): string | undefined {
  if (match.kind !== "command") return undefined;
  const { kind, parts } = match.pattern;
  const [start = ""] = parts;
  const isWhole = start.includes(" ") || kind !== "glob";
  return isWhole && start !== "" ? firstWord(start) : undefined;
}

function spellingsOf({ spellings, runs }: ShellCommand): string[] {
  return [...spellings, ...runs.flatMap(spellingsOf)];
}

function firstWord(text: string): string {
  const end = text.indexOf(" ");
  return end === -1 ? text : text.slice(0, end);
}
