/** hookSpecificOutput.decision of a PermissionRequest hook: what would have been asked of the user, answered. */
import { isObject, type Json, type JsonObject } from "../../contract/messages.ts";
import { flagAt, type Spoken, shown, textAt, unknownKeys, unreadable } from "./json-fields.ts";

export function readPermissionAnswer(decision: Json | undefined, spoken: Spoken): void {
  if (decision === undefined) return;
  if (!isObject(decision)) {
    unreadable(spoken, `decision is ${shown(decision)}; it must be an object with a behavior`);
    return;
  }
  const { behavior } = decision;
  if (behavior === "allow") readYes(decision, spoken);
  else if (behavior === "deny") readNo(decision, spoken);
  else unreadable(spoken, `decision.behavior is ${shown(behavior ?? null)}; it must be "allow" or "deny"`);
}

function readYes(decision: JsonObject, spoken: Spoken): void {
  const { reply, violations } = spoken;
  unknownKeys(decision, ["behavior", "updatedInput", "updatedPermissions"], "a decision that allows", spoken);
  const { updatedInput, updatedPermissions } = decision;
  if (updatedInput !== undefined && !isObject(updatedInput)) {
    unreadable(spoken, `updatedInput is ${shown(updatedInput)}; it must be the tool's whole input, an object`);
    return;
  }
  reply.verdict = "allow";
  if (updatedInput !== undefined) reply.input = updatedInput;
  const rules = updatedPermissions === undefined ? [] : rulesOf(updatedPermissions, violations);
  if (rules.length > 0) reply.remember = rules;
}

function readNo(decision: JsonObject, spoken: Spoken): void {
  const { reply, violations } = spoken;
  unknownKeys(decision, ["behavior", "message", "interrupt"], "a decision that denies", spoken);
  reply.verdict = "deny";
  reply.reason = textAt(decision, "message", violations) ?? "denied without a message";
  if (flagAt(decision, "interrupt", violations)) reply.stop = reply.reason;
}

const onlySession = "only addRules with behavior allow and destination session is in this build";

/** Allow rules for this session; what would be written to a file, or is anything else, is said and left. */
function rulesOf(updates: Json, violations: string[]): string[] {
  if (!Array.isArray(updates)) {
    violations.push(`updatedPermissions is ${shown(updates)}; it must be a list`);
    return [];
  }
  return updates.flatMap((update) => {
    const rules = isObject(update) ? update["rules"] : undefined;
    const fits =
      isObject(update) &&
      update["type"] === "addRules" &&
      update["behavior"] === "allow" &&
      update["destination"] === "session";
    if (fits && Array.isArray(rules)) return rules.flatMap((rule) => ruleText(rule, violations));
    const { type = null, behavior = null, destination = null } = isObject(update) ? update : {};
    const what = `${shown(type)} of behavior ${shown(behavior)} to ${shown(destination)}`;
    violations.push(`updatedPermissions: ${what} had no effect; ${onlySession}`);
    return [];
  });
}

function ruleText(rule: Json, violations: string[]): string[] {
  const { toolName, ruleContent } = isObject(rule) ? rule : {};
  if (typeof toolName === "string" && ruleContent === undefined) return [toolName];
  if (typeof toolName === "string" && typeof ruleContent === "string") return [`${toolName}(${ruleContent})`];
  violations.push(`updatedPermissions: ${shown(rule)} is no rule; it must have a toolName, and may have a ruleContent`);
  return [];
}
