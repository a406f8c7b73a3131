/** Which hooks of an event would run for an input, and why each other would not: in the order of the checks that a run makes. */

import type { JsonObject } from "../../contract/messages.ts";
import type { Rule } from "../../permission/rules/rules.ts";
import type { HookEntry } from "../declared/parse.ts";
import { matchedValue } from "../input/stdin.ts";

export interface Choice {
  runs: boolean;
  why: string;
}

export interface ChoiceDeps {
  held: boolean;
  /** Does an `if` speak of the input's call? */
  ruleMatches(rule: Rule): Promise<boolean>;
}

export async function choose({ hook, problem }: HookEntry, input: JsonObject, deps: ChoiceDeps): Promise<Choice> {
  if (hook === undefined) return { runs: false, why: `it cannot work: ${problem ?? "it is broken"}` };
  const value = matchedValue(hook.event, input);
  if (!hook.matches(value)) return { runs: false, why: `its matcher ${hook.matcher} does not match ${value}` };
  if (hook.rule !== undefined && !(await deps.ruleMatches(hook.rule))) {
    return { runs: false, why: `its if ${hook.rule.text} does not match the call` };
  }
  if (deps.held) return { runs: false, why: "it would match, but waits for trust in the project: gantry trust grant" };
  const matched = hook.matcher === undefined ? [] : [`its matcher ${hook.matcher} matches ${value}`];
  const given = hook.rule === undefined ? [] : [`its if ${hook.rule.text} matches the call`];
  const once = hook.once ? ["it runs once in a session"] : [];
  const background = hook.isAsync ? ["in the background, so it decides nothing"] : [];
  const reasons = [...matched, ...given, ...once, ...background];
  return { runs: true, why: reasons.length === 0 ? "it has neither matcher nor if" : reasons.join("; ") };
}
