/**
 * A hook's JSON object, field by field: what it says in our words, and what of it does not fit the format. A decision that
 * cannot be read is `unreadable`, so that a guard's mistyped "no" is not taken for silence.
 */
import type { Verdict } from "../../contract/hooks.ts";
import { isObject, type Json, type JsonObject, type ResultContent } from "../../contract/messages.ts";
import type { PublicEvent } from "../../contract/public-events.ts";
import { readElicitAnswer } from "./elicit-answer.ts";
import { outputRow } from "./event-output.ts";
import { flagAt, type Spoken, saysNothing, shown, textAt, unknownKeys, unreadable } from "./json-fields.ts";
import { readPermissionAnswer } from "./permission-answer.ts";
import { saidText } from "./said-text.ts";

const topLevel = [
  ...["continue", "stopReason", "suppressOutput", "systemMessage", "terminalSequence"],
  ...["decision", "reason", "hookSpecificOutput", "async", "asyncTimeout"],
];

/** What decides, below hookSpecificOutput. */
const specificDecisions = ["permissionDecision", "updatedInput"];

export function readJsonOutput(event: PublicEvent, output: JsonObject): Spoken {
  const keys = [...topLevel, ...specificDecisions];
  const spoken: Spoken = { reply: {}, violations: [], known: keys.some((key) => Object.hasOwn(output, key)) };
  const { reply, violations } = spoken;
  if (!spoken.known && saysNothing(output)) spoken.empty = true;
  unknownKeys(output, keys, "the output", spoken);
  const say = textAt(output, "systemMessage", violations);
  if (say !== undefined) reply.say = say;
  if (flagAt(output, "suppressOutput", violations)) violations.push("suppressOutput is accepted and has no effect");
  if (output["terminalSequence"] !== undefined) violations.push("terminalSequence is not in this build: nothing was written");
  if (output["async"] !== undefined)
    violations.push("async is a field of the handler; a hook that has answered is not run on in the background");
  readMisplaced(output, spoken);
  readDecision(event, output, spoken);
  readSpecific(event, output["hookSpecificOutput"], spoken);
  readContinue(event, output, spoken);
  return spoken;
}

/** A decision at the wrong level was still meant as one. */
function readMisplaced(output: JsonObject, spoken: Spoken): void {
  for (const key of specificDecisions)
    if (output[key] !== undefined) unreadable(spoken, `${key} belongs into hookSpecificOutput, with its hookEventName`);
}

/** `continue: false` ends the turn, whatever else was decided; what waits does not go ahead. */
function readContinue(event: PublicEvent, output: JsonObject, spoken: Spoken): void {
  const { reply, violations } = spoken;
  const stopReason = textAt(output, "stopReason", violations);
  const goes = output["continue"];
  if (goes === undefined || goes === true) return;
  if (goes !== false) {
    unreadable(spoken, `continue is ${shown(goes)}; it must be true or false`);
    return;
  }
  reply.stop = stopReason ?? reply.reason ?? `a ${event} hook ended the turn`;
  if (event === "Stop") delete reply.verdict;
  else if (outputRow(event).block === "deny") {
    reply.verdict = "deny";
    reply.reason ??= reply.stop;
  }
}

function readDecision(event: PublicEvent, output: JsonObject, spoken: Spoken): void {
  const { reply, violations } = spoken;
  const reason = textAt(output, "reason", violations);
  const decision = output["decision"];
  if (decision === undefined) return;
  const row = outputRow(event);
  if (!row.decision) {
    const what = `decision means nothing at ${event}${event === "PermissionRequest" ? `: ${behaviorForm}` : ""}`;
    if (decision === "approve") violations.push(what);
    else unreadable(spoken, what);
    return;
  }
  if (decision === "block") {
    if (row.block === "deny") Object.assign(reply, { verdict: "deny", reason: reason ?? "blocked without a reason" });
    if (row.block === "model") reply.context = reason ?? "blocked without a reason";
    return;
  }
  if (decision === "approve" && event === "PreToolUse") {
    reply.verdict = "allow";
    if (reason !== undefined) reply.reason = reason;
    return;
  }
  if (decision === "approve") violations.push(`decision "approve" means nothing at ${event}: no decision is needed to go on`);
  else unreadable(spoken, `decision is ${shown(decision)}; it must be "block"`);
}

const behaviorForm = 'the answer is hookSpecificOutput.decision, {"behavior": "allow"} or {"behavior": "deny", "message": …}';

function readSpecific(event: PublicEvent, specific: Json | undefined, spoken: Spoken): void {
  if (specific === undefined) return;
  const { violations } = spoken;
  if (!isObject(specific)) {
    unreadable(spoken, `hookSpecificOutput is ${shown(specific)}; it must be an object`);
    return;
  }
  const { hookEventName } = specific;
  if (hookEventName === undefined) violations.push(`hookSpecificOutput lacks "hookEventName": "${event}"`);
  else if (hookEventName !== event) {
    const what = `hookSpecificOutput is for ${shown(hookEventName)}, and this is ${event}: it was not used`;
    if (saysNothing(specific)) violations.push(what);
    else unreadable(spoken, what);
    return;
  }
  const { fields, absent = [] } = outputRow(event);
  for (const key of absent)
    if (specific[key] !== undefined) violations.push(`hookSpecificOutput.${key} is not in this build: it had no effect`);
  const known: readonly string[] = ["hookEventName", ...fields, ...absent];
  unknownKeys(specific, known, `hookSpecificOutput of ${event}`, spoken);
  const keys = Object.keys(specific).filter((key) => key !== "hookEventName");
  if (keys.length > 0 && !saysNothing(specific) && !keys.some((key) => known.includes(key)))
    spoken.unreadable ??= `hookSpecificOutput has no field of ${event}`;
  const context = fields.includes("additionalContext") ? textAt(specific, "additionalContext", violations) : undefined;
  if (context !== undefined) spoken.reply.context = joined(spoken.reply.context, context);
  if (event === "PreToolUse") readToolDecision(specific, spoken);
  if (event === "PermissionRequest") readPermissionAnswer(specific["decision"], spoken);
  if (event === "Elicitation" || event === "ElicitationResult") readElicitAnswer(specific, spoken);
  const output = event === "PostToolUse" ? (specific["updatedToolOutput"] ?? specific["updatedMCPToolOutput"]) : undefined;
  if (output !== undefined) spoken.reply.content = contentOf(output);
}

const decisions: Readonly<Record<string, Verdict>> = { allow: "allow", deny: "deny", ask: "ask", defer: "ask" };

/** The new field wins over the old `decision`, but never makes its "block" looser. */
function readToolDecision(specific: JsonObject, spoken: Spoken): void {
  const { reply, violations } = spoken;
  const { permissionDecision: decision, updatedInput } = specific;
  const reason = textAt(specific, "permissionDecisionReason", violations);
  const verdict = typeof decision === "string" && Object.hasOwn(decisions, decision) ? decisions[decision] : undefined;
  if (decision !== undefined && verdict === undefined)
    unreadable(spoken, `permissionDecision is ${shown(decision)}; it must be "allow", "deny" or "ask"`);
  if (verdict !== undefined && reply.verdict !== "deny") {
    reply.verdict = verdict;
    delete reply.reason;
    if (reason !== undefined) reply.reason = reason;
  }
  if (updatedInput === undefined) return;
  if (isObject(updatedInput)) reply.input = updatedInput;
  else unreadable(spoken, `updatedInput is ${shown(updatedInput)}; it must be the tool's whole input, an object`);
}

/** A string, a shell's two streams, the public content blocks, or any other JSON as its text. */
function contentOf(output: Json): ResultContent[] {
  const text = (of: string): ResultContent[] => [{ type: "text", text: saidText(of) }];
  if (typeof output === "string") return text(output);
  if (isObject(output) && typeof output["stdout"] === "string") {
    const { stdout, stderr } = output;
    return text(typeof stderr === "string" && stderr !== "" ? `${stdout.trimEnd()}\n${stderr}` : stdout);
  }
  const blocks = isObject(output) ? output["content"] : output;
  if (Array.isArray(blocks) && blocks.length > 0 && blocks.every(isText)) return blocks.flatMap((block) => text(block.text));
  return text(JSON.stringify(output));
}

function isText(block: Json): block is { type: "text"; text: string } {
  return isObject(block) && block["type"] === "text" && typeof block["text"] === "string";
}

function joined(first: string | undefined, second: string): string {
  return first === undefined ? second : saidText(`${first}\n${second}`);
}
