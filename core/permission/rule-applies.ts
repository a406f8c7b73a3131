/** Whether one rule speaks of a call, for those who do not decide by it: the `if` of a hook. */
import type { CallFacts } from "../contract/hooks.ts";
import { undecidedOf } from "./command-match.ts";
import { type Ground, readyRule } from "./ground.ts";
import { type Part, partsOf } from "./parts.ts";
import { mayRestrict, restricts } from "./rule-match.ts";
import { namesTool, type ReadyRule, type Rule, type RuledTool } from "./rules/rule.ts";

/** Any part is enough, in any spelling, as for a deny rule. What cannot be read matches, and what may become it: a guard must not be slipped by. */
export async function matchesRule(rule: Rule, call: CallFacts, tool: RuledTool, ground: Ground): Promise<boolean> {
  const ready = await readied(rule, ground);
  const strict = { ...ground, restrictsLines: true };
  const parts = await partsOf(call, tool, strict);
  return parts.some(
    (part) => restricts(ready, part) || mayRestrict(rule, part) !== undefined || (isUnread(part) && namesTool(rule, part.tool)),
  );
}

function isUnread({ subject }: Part): boolean {
  if (subject.kind === "command") return undecidedOf(subject.line) !== undefined;
  return subject.kind === "unknown" || subject.kind === "refused";
}

/** A rule is compiled once for each ground that it is asked on. */
const known = new WeakMap<Ground, WeakMap<Rule, Promise<ReadyRule>>>();

function readied(rule: Rule, ground: Ground): Promise<ReadyRule> {
  const ofGround = known.get(ground) ?? new WeakMap<Rule, Promise<ReadyRule>>();
  known.set(ground, ofGround);
  const ready =
    ofGround.get(rule) ?? readyRule({ ...rule, behavior: rule.behavior === "allow" ? "ask" : rule.behavior }, ground.bases);
  ofGround.set(rule, ready);
  return ready;
}
