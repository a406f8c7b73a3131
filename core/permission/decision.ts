/**
 * The decision about one call, in the one order of the design: deny rules and secrets, judges, plan mode, ask rules, allow
 * rules and remembered approvals and the mode, a config hook's yes, else ask. Each part of a shell line goes through it by
 * itself and the strictest wins. Pure: what matched is looked up before, whoever is asked comes after.
 */
import type { DecidedBy } from "../contract/events.ts";
import type { Verdict } from "../contract/hooks.ts";
import { isMcpTool } from "../contract/mcp-names.ts";
import type { JsonObject } from "../contract/messages.ts";
import { undecidedOf } from "./command-match.ts";
import type { Ground, Policy } from "./ground.ts";
import { about, type Part } from "./parts.ts";
import { cite, findAllowing, findAround, findExact, findMayRestrict, findNaming, findRestricting } from "./rule-match.ts";
import { familyOf, type Rule, type RuledTool } from "./rules/rule.ts";
import type { Subject } from "./subject.ts";

export interface Judged {
  verdict: Verdict;
  reason?: string;
  by: string;
  /** A trusted config hook's yes: it answers what step 6 would ask, and nothing before. */
  allowedBy?: string;
  /** With a yes at tool.ask: another input to run, and rules for the rest of the session. */
  input?: JsonObject;
  remember?: readonly string[];
}

export type DenyCode = "APPROVAL_DENIED" | "APPROVAL_UNAVAILABLE" | "PATH_DENIED" | "PATH_OUTSIDE";

export type Allowed = { verdict: "allow"; by: DecidedBy; reason?: string };
export type Denied = { verdict: "deny"; by: DecidedBy; code: DenyCode; reason: string };
/** `by` is who wants it asked; `canRemember`: whether "always" or "this session" would hold for the next such call. */
export type MustAsk = { verdict: "ask"; by: DecidedBy; reason: string; canRemember: boolean };
export type Decision = Allowed | Denied | MustAsk;

export interface Matter {
  part: Part;
  policy: Policy;
  ground: Ground;
}

export type PartDecision = { part: Part; decision: Decision };

/** Step 1: what no answer, mode or judge can open. */
export function refuse({ part, ground }: Matter): Denied | undefined {
  const { tool, subject } = part;
  if (subject.kind === "refused") {
    const by: DecidedBy = { kind: "default", name: "paths" };
    return { verdict: "deny", by, code: "PATH_OUTSIDE", reason: `${about(tool, subject)} is refused: ${subject.why}` };
  }
  const rule = findRestricting(ground.deny.near(part), part);
  if (rule !== undefined) {
    const reason = `${about(tool, subject)} is denied by ${cite(rule)}`;
    return { verdict: "deny", by: byRule(rule), code: "APPROVAL_DENIED", reason };
  }
  // What a program is told to change by name is looked at for rules alone.
  if (subject.kind !== "path" || !subject.isSecret || (part.role === "argument" && tool.effect === "writes")) return undefined;
  if (findNaming(ground.allow.of(tool), part) !== undefined) return undefined;
  const opening = `only an allow rule that names the path opens it, for instance ${familyOf(tool)}(/${subject.real})`;
  const by: DecidedBy = { kind: "default", name: "secrets files" };
  const reason = `${about(tool, subject)} is denied: it is a secrets file, and ${opening}`;
  return { verdict: "deny", by, code: "PATH_DENIED", reason };
}

/** Steps 2 to 6; undefined for what only restricts: a line as a whole, a known reader's file. `remembered` looks up what the user approved earlier in this session. */
export function decide(matter: Matter, judged: Judged, remembered: (part: Part) => string | undefined): Decision | undefined {
  const { part, policy, ground } = matter;
  const what = about(part.tool, part.subject);
  const byJudge: DecidedBy = { kind: "judge", name: judged.by };
  if (judged.verdict === "deny") {
    return { verdict: "deny", by: byJudge, code: "APPROVAL_DENIED", reason: `${part.whole} is denied by ${said(judged)}` };
  }
  const effect = effectOf(part);
  if (policy.mode === "plan" && part.role !== "line" && (effect === "writes" || effect === "runs")) {
    const reason = `${what} is denied: the mode plan (${policy.modeSource}) lets nothing be changed or run`;
    return { verdict: "deny", by: byMode(policy), code: "APPROVAL_DENIED", reason };
  }
  const asking = findRestricting(ground.ask.near(part), part);
  if (asking !== undefined) return askOrDeny(matter, { by: byRule(asking), reason: `${cite(asking)} asks for it` });
  const may = findMayRestrict(ground.deny.near(part), part) ?? findMayRestrict(ground.ask.near(part), part);
  if (may !== undefined) {
    const does = may.rule.behavior === "deny" ? "denies" : "asks for";
    return askOrDeny(matter, { by: byRule(may.rule), reason: `${may.why} ${cite(may.rule)} ${does}` });
  }
  if (judged.verdict === "ask") return askOrDeny(matter, { by: byJudge, reason: said(judged, "asks") });
  if (part.role === "line" || (part.role === "argument" && part.subject.kind !== "unknown")) return undefined;
  return decideFreely(matter, judged, remembered);
}

/** Steps 5 and 6. */
function decideFreely(matter: Matter, judged: Judged, remembered: (part: Part) => string | undefined): Decision {
  const { part, policy, ground } = matter;
  const rules = ground.allow.near(part);
  const allowing = findAllowing(rules, part.tool, part.subject, part.input);
  const isRead = part.subject.kind === "command" && undecidedWhy(part.subject) === undefined;
  const rule = allowing.rule ?? (isRead ? findExact(rules, part.within) : undefined);
  const exact = unseenWhy(matter) === undefined ? rule : exactOf(matter);
  if (exact !== undefined) return { verdict: "allow", by: byRule(exact) };
  const earlier = remembered(part);
  if (earlier !== undefined && (unseenWhy(matter) === undefined || isExactText(earlier)))
    return { verdict: "allow", by: { kind: "remembered", name: earlier, source: "this session" } };
  const objection = objectionOfMode(matter);
  if (objection === undefined) return { verdict: "allow", by: byMode(policy) };
  if (judged.allowedBy !== undefined && policy.mode !== "dontAsk") return { verdict: "allow", by: byHook(judged.allowedBy) };
  const by: DecidedBy = objection.by ?? byMode(policy);
  const butNot = allowing.butNot ?? aroundWhy(part, ground);
  return askOrDeny(matter, { by, reason: butNot ?? objection.reason, canRemember: isRememberable(part) });
}

/** What the command starts, where nobody can tell and rules speak of commands: a deny or ask rule could speak of that. */
function unseenWhy({ part: { subject, role }, ground }: Matter): string | undefined {
  if (subject.kind !== "command" || role === "line" || !ground.restrictsLines) return undefined;
  return subject.line.commands.find(({ unseen }) => unseen !== undefined)?.unseen;
}

/** The allow rule that says exactly this command, or what it is written in. */
function exactOf({ part: { tool, subject, within }, ground }: Matter): Rule | undefined {
  if (subject.kind !== "command" || undecidedWhy(subject) !== undefined) return undefined;
  return findExact(ground.allow.of(tool), [...subject.line.commands.flatMap(({ spellings }) => spellings), ...within]);
}

/** `\\*` is a star, `*` and `:*` are not exact. */
function isExactText(rule: string): boolean {
  return rule.includes("(") && !rule.replace(/\\./gs, "").includes("*");
}

/** Why a rule for what stands around a command does not cover it. */
function aroundWhy({ text, tool, within }: Part, ground: Ground): string | undefined {
  if (within.length === 0) return undefined;
  const around = findAround(ground.allow.of(tool), within);
  return around && `${around.text} starts ${text}, so ${cite(around.rule)} does not cover it`;
}

/** The strictest of all parts' decisions, the first written among equals; an ask tells what of every asked part. */
export function strictest(decisions: readonly PartDecision[]): Decision {
  const [first] = decisions;
  if (first === undefined) throw new TypeError("a call has at least one part");
  const denied = decisions.find(({ decision }) => decision.verdict === "deny");
  if (denied !== undefined) return inWhole(denied);
  const asked = decisions.flatMap(({ part, decision }) => (decision.verdict === "ask" ? [{ part, decision }] : []));
  const [ask] = asked;
  if (ask !== undefined) {
    const canRemember = asked.every(({ decision }) => decision.canRemember);
    return { ...ask.decision, canRemember, reason: decisions.length === 1 ? ask.decision.reason : reasonsOf(asked) };
  }
  if (decisions.length === 1) return first.decision;
  return { verdict: "allow", by: lastOf(decisions), reason: reasonOfAllowed(decisions) };
}

/** The decider that stands last in the order of steps: without it, some part would not have been allowed. */
function lastOf(decisions: readonly PartDecision[]): DecidedBy {
  const deciders = decisions.map(({ decision }) => decision.by);
  const order: readonly DecidedBy["kind"][] = ["rule", "remembered", "mode", "hook"];
  return deciders.reduce((last, by) => (order.indexOf(by.kind) > order.indexOf(last.kind) ? by : last));
}

/** A denial that is about a part says of what. */
function inWhole({ part, decision }: PartDecision): Decision {
  const isPart = part.role !== "call" && part.role !== "line" && decision.by.kind !== "judge";
  return isPart ? ({ ...decision, reason: `${decision.reason} (a part of ${part.whole})` } as Decision) : decision;
}

const mostReasons = 5;

function reasonsOf(asked: readonly { part: Part; decision: MustAsk }[]): string {
  const texts = [...new Set(asked.map(({ part, decision }) => `${part.text}: ${decision.reason}`))];
  const more = texts.length - mostReasons;
  return [...texts.slice(0, mostReasons), ...(more > 0 ? [`and ${more} more parts`] : [])].join("; ");
}

function reasonOfAllowed(decisions: readonly PartDecision[]): string {
  const texts = [...new Set(decisions.map(({ part, decision }) => `${part.text}: ${named(decision.by)}`))];
  const more = texts.length - mostReasons;
  return [...texts.slice(0, mostReasons), ...(more > 0 ? [`and ${more} more parts`] : [])].join("; ");
}

/** A decider in words: the rule X (file:line), the mode X (source). */
export function named({ kind, name, source }: DecidedBy): string {
  return `the ${kind} ${name}${source === undefined || source === name ? "" : ` (${source})`}`;
}

function said({ by, reason }: Judged, verb = ""): string {
  return `${by}${verb === "" ? "" : ` ${verb}`}${reason === undefined ? "" : `: ${reason}`}`;
}

export function byRule({ text, source }: Rule): DecidedBy {
  return { kind: "rule", name: text, source };
}

/** The name of a config hook's tap holds its place where it has one. */
export function byHook(name: string): DecidedBy {
  const source = /\((.+:\d+)\)$/s.exec(name)?.[1];
  return { kind: "hook", name, ...(source === undefined ? {} : { source }) };
}

function byMode({ mode, modeSource }: Policy): DecidedBy {
  return { kind: "mode", name: mode, source: modeSource };
}

interface Asks {
  by: DecidedBy;
  reason: string;
  canRemember?: boolean;
}

function askOrDeny({ part, policy }: Matter, { by, reason, canRemember = false }: Asks): Decision {
  if (policy.mode !== "dontAsk") return { verdict: "ask", by, reason, canRemember };
  const { tool, subject } = part;
  const isOutside = subject.kind === "path" && !subject.isReadable;
  return {
    verdict: "deny",
    by: byMode(policy),
    code: isOutside ? "PATH_OUTSIDE" : "APPROVAL_DENIED",
    reason: `${about(tool, subject)} is denied: ${reason}, and the mode dontAsk (${policy.modeSource}) asks nobody`,
  };
}

/** A tool of an MCP server is remembered as a whole: its rules have no other form, and the user is shown which rule it is. */
function isRememberable({ tool, subject }: Part): boolean {
  if (subject.kind === "path" || (subject.kind === "none" && isMcpTool(tool.name))) return true;
  return subject.kind === "command" && undecidedWhy(subject) === undefined;
}

function undecidedWhy(subject: Subject): string | undefined {
  return subject.kind === "command" ? undecidedOf(subject.line) : undefined;
}

/** What a part does to the world: a command that is known to only read reads. */
export function effectOf({ tool, subject }: Part): RuledTool["effect"] {
  if (subject.kind !== "command" || subject.line.undecided !== undefined || subject.line.sets !== undefined) return tool.effect;
  const { commands } = subject.line;
  return commands.length > 0 && commands.every(({ reads }) => reads === true) ? "reads" : tool.effect;
}

interface Objection {
  reason: string;
  /** Absent: the mode itself. */
  by?: DecidedBy;
}

const byPlace: DecidedBy = { kind: "default", name: "outside the workspace" };
const byParser: DecidedBy = { kind: "default", name: "shell lines that cannot be read" };
const byGuard: DecidedBy = { kind: "default", name: "guarded files" };

/** Why the mode does not allow the part by itself, or undefined when it does. */
function objectionOfMode({ part, policy, ground }: Matter): Objection | undefined {
  const { tool, subject } = part;
  const undecided = subject.kind === "unknown" ? subject.why : (undecidedWhy(subject) ?? unseenWhy({ part, policy, ground }));
  if (tool.effect === "session") return undefined;
  if (policy.mode === "bypassPermissions") {
    const restricts = subject.kind === "unknown" ? ground.restrictsPaths || subject.isKept === true : ground.restrictsLines;
    if (undecided === undefined || !restricts) return undefined;
    return { by: byParser, reason: `${called(subject)} cannot be compared with the deny and ask rules: ${undecided}` };
  }
  const outside = { by: byPlace, reason: `it is outside the workspace ${ground.workspace}` };
  if (subject.kind === "path" && !subject.isReadable) return outside;
  if (undecided !== undefined)
    return { by: byParser, reason: `${called(subject)} cannot be compared with rules: ${undecided}` };
  const effect = effectOf(part);
  if (effect === "reads") return undefined;
  if (policy.mode !== "acceptEdits" || effect !== "writes" || subject.kind !== "path") {
    return { reason: `no rule allows it, and the mode ${policy.mode} asks for it` };
  }
  if (!subject.isInside) return outside;
  if (subject.guarded === undefined) return undefined;
  return { by: byGuard, reason: `it is ${subject.guarded}, which the mode acceptEdits leaves to you` };
}

function called(subject: Subject): string {
  return subject.kind === "command" ? "the shell line" : "the file";
}
