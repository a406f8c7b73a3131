/**
 * The decision about one call, in the one order of the design: deny rules and secrets, judges, plan mode, ask rules, allow
 * rules and remembered approvals and the mode, else ask. Pure: what matched is looked up before, whoever is asked comes after.
 */
import type { DecidedBy } from "../contract/events.ts";
import type { Verdict } from "../contract/hooks.ts";
import type { Ground, Policy } from "./ground.ts";
import { cite, findAllowing, findNaming, findRestricting } from "./rule-match.ts";
import { familyOf, type Rule, type RuledTool } from "./rules.ts";
import type { Subject } from "./subject.ts";

export interface Judged {
  verdict: Verdict;
  reason?: string;
  by: string;
}

export type DenyCode = "APPROVAL_DENIED" | "APPROVAL_UNAVAILABLE" | "PATH_DENIED" | "PATH_OUTSIDE";

export type Decision =
  | { verdict: "allow"; by: DecidedBy; reason?: string }
  | { verdict: "deny"; by: DecidedBy; code: DenyCode; reason: string }
  /** `canRemember`: whether "always" or "this session" would hold for the next such call. */
  | { verdict: "ask"; reason: string; canRemember: boolean };

export interface Matter {
  tool: RuledTool;
  subject: Subject;
  policy: Policy;
  ground: Ground;
}

/** Step 1: what no answer, mode or judge can open. */
export function refuse({ tool, subject, ground }: Matter): Extract<Decision, { verdict: "deny" }> | undefined {
  if (subject.kind === "refused") {
    const by: DecidedBy = { kind: "default", name: "paths" };
    return { verdict: "deny", by, code: "PATH_OUTSIDE", reason: `${tool.name} of ${subject.shown} is refused: ${subject.why}` };
  }
  const rule = findRestricting(ground.deny, tool, subject);
  if (rule !== undefined) {
    return {
      verdict: "deny",
      by: byRule(rule),
      code: "APPROVAL_DENIED",
      reason: `${about(tool, subject)} is denied by ${cite(rule)}`,
    };
  }
  if (subject.kind !== "path" || !subject.isSecret || findNaming(ground.allow, tool, subject) !== undefined) return undefined;
  const opening = `only an allow rule that names the path opens it, for instance ${familyOf(tool)}(/${subject.real})`;
  const by: DecidedBy = { kind: "default", name: "secrets files" };
  return {
    verdict: "deny",
    by,
    code: "PATH_DENIED",
    reason: `${about(tool, subject)} is denied: it is a secrets file, and ${opening}`,
  };
}

/** Steps 2 to 6. `remembered` looks up what the user approved earlier in this session. */
export function decide(matter: Matter, judged: Judged, remembered: () => string | undefined): Decision {
  const { tool, subject, policy, ground } = matter;
  const what = about(tool, subject);
  if (judged.verdict === "deny") {
    const reason = `${what} is denied by ${judged.by}${judged.reason === undefined ? "" : `: ${judged.reason}`}`;
    return { verdict: "deny", by: { kind: "judge", name: judged.by }, code: "APPROVAL_DENIED", reason };
  }
  if (policy.mode === "plan" && (tool.effect === "writes" || tool.effect === "runs")) {
    const reason = `${what} is denied: the mode plan (${policy.modeSource}) lets nothing be changed or run`;
    return { verdict: "deny", by: byMode(policy), code: "APPROVAL_DENIED", reason };
  }
  const rule = findRestricting(ground.ask, tool, subject);
  if (rule !== undefined) return askOrDeny(matter, `${cite(rule)} asks for it`, false);
  if (judged.verdict === "ask")
    return askOrDeny(matter, `${judged.by} asks${judged.reason === undefined ? "" : `: ${judged.reason}`}`, false);

  const allowing = findAllowing(ground.allow, tool, subject);
  if (allowing.rule !== undefined) return { verdict: "allow", by: byRule(allowing.rule) };
  const earlier = remembered();
  if (earlier !== undefined) return { verdict: "allow", by: { kind: "remembered", name: earlier, source: "this session" } };
  const objection = objectionOfMode(matter);
  if (objection === undefined) return { verdict: "allow", by: byMode(policy) };
  return askOrDeny(matter, allowing.butNot ?? objection, isRememberable(subject));
}

/** What a call is, in the words of a rule. */
export function about(tool: RuledTool, { kind, shown }: Subject): string {
  return kind === "none" ? tool.name : `${tool.name}(${shown})`;
}

function byRule({ text, source }: Rule): DecidedBy {
  return { kind: "rule", name: text, source };
}

function byMode({ mode, modeSource }: Policy): DecidedBy {
  return { kind: "mode", name: mode, source: modeSource };
}

function askOrDeny({ tool, subject, policy }: Matter, reason: string, canRemember: boolean): Decision {
  if (policy.mode !== "dontAsk") return { verdict: "ask", reason, canRemember };
  const isOutside = subject.kind === "path" && !subject.isReadable;
  return {
    verdict: "deny",
    by: byMode(policy),
    code: isOutside ? "PATH_OUTSIDE" : "APPROVAL_DENIED",
    reason: `${about(tool, subject)} is denied: ${reason}, and the mode dontAsk (${policy.modeSource}) asks nobody`,
  };
}

function isRememberable(subject: Subject): boolean {
  return subject.kind === "path" || (subject.kind === "command" && subject.line.kind === "plain");
}

/** Why the mode does not allow the call by itself, or undefined when it does. */
function objectionOfMode({ tool, subject, policy, ground }: Matter): string | undefined {
  const undecided = subject.kind === "command" && subject.line.kind === "undecided" ? subject.line.why : undefined;
  if (tool.effect === "session") return undefined;
  if (policy.mode === "bypassPermissions") {
    return undecided !== undefined && ground.restrictsLines
      ? `the shell line cannot be compared with the deny and ask rules: ${undecided}`
      : undefined;
  }
  if (subject.kind === "path" && !subject.isReadable) return `it is outside the workspace ${ground.workspace}`;
  if (tool.effect === "reads") return undefined;
  if (undecided !== undefined) return `the shell line cannot be compared with rules: ${undecided}`;
  if (policy.mode !== "acceptEdits" || tool.effect !== "writes" || subject.kind !== "path") {
    return `no rule allows it, and the mode ${policy.mode} asks for it`;
  }
  if (!subject.isInside) return `it is outside the workspace ${ground.workspace}`;
  return subject.guarded === undefined ? undefined : `it is ${subject.guarded}, which the mode acceptEdits leaves to you`;
}
