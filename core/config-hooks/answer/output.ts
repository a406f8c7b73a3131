/**
 * What a program or an answer said → what it means, by the public rules: JSON is read at every exit code, exit 2 beats a
 * JSON allow, other codes are errors that decide nothing. Stricter: a guard that could not decide blocks.
 */
import type { HookExit } from "../../contract/hook-run.ts";
import { isObject, type Json, type JsonObject } from "../../contract/messages.ts";
import type { ConfigHook } from "../declared/config-hook.ts";
import { accidentIn, crashed, hiddenCrash, notLaunched } from "./accidents.ts";
import { outputRow } from "./event-output.ts";
import type { HookReply } from "./hook-reply.ts";
import type { Spoken } from "./json-fields.ts";
import { readJsonOutput } from "./output-json.ts";
import { lastLines, plainText, saidText } from "./said-text.ts";

export type { HookReply } from "./hook-reply.ts";

export interface Reading {
  reply: HookReply;
  violations: string[];
}

type Judged = Pick<ConfigHook, "event" | "onFailure" | "source">;

/** A guard blocks; any other hook has failed and that is all. */
export function couldNotDecide({ onFailure }: Judged, why: string, violations: string[] = []): Reading {
  if (onFailure !== "block") return { reply: { failed: why }, violations };
  const reason = `it could not decide, so this is blocked: ${why} (onFailure "continue" lets it go on)`;
  return { reply: { verdict: "deny", reason, undecided: why }, violations };
}

export function readExit(hook: Judged, exit: HookExit, timeoutMs: number): Reading {
  const { exitCode, stdout, stderr } = exit;
  const broken = noDecision(exit, timeoutMs);
  if (broken !== undefined) return couldNotDecide(hook, withErrors(broken, stderr));
  const read = readText(hook, stdout, exit.cut);
  const { spoken, violations } = read;
  if (exitCode === 2) return blocked(hook, exit, spoken, violations);
  const crash = exitCode === null || exitCode === 0 ? undefined : crashed(exitCode, stdout, stderr);
  // What it said before it crashed may be half of what it was to say; of another hook's, nothing waits for the rest.
  if (crash !== undefined && (hook.onFailure === "block" || spoken?.known !== true))
    return settle(hook, { ...(spoken ?? silent), violations, unreadable: withErrors(crash, stderr || stdout) });
  if (spoken?.known || spoken?.unreadable !== undefined) return settle(hook, spoken);
  if (read.lost !== undefined) return couldNotDecide(hook, read.lost, violations);
  if (exitCode !== 0) {
    const failed = withErrors(`exit code ${exitCode}, an error that decides nothing`, stderr || stdout);
    return { reply: { failed }, violations };
  }
  const hidden = hook.onFailure === "block" ? hiddenCrash(stderr) : undefined;
  if (hidden !== undefined) violations.push(hidden);
  const isContext = outputRow(hook.event).plainContext && spoken === undefined && stdout.trim() !== "";
  return { reply: isContext ? { context: saidText(stdout.trim()) } : {}, violations };
}

const silent: Spoken = { reply: {}, violations: [], known: false };

/** The body of an answer 2xx: empty, or a JSON object. */
export function readBody(hook: Judged, body: string): Reading {
  if (body.trim() === "") return { reply: {}, violations: [] };
  const { spoken, violations } = readText(hook, body, false);
  if (spoken === undefined) return couldNotDecide(hook, `the answer is not a JSON object: ${lastLines(body, 200)}`, violations);
  if (spoken.known || spoken.empty || spoken.unreadable !== undefined) return settle(hook, spoken);
  return couldNotDecide(hook, `the answer has no field of the format: ${lastLines(body, 200)}`, violations);
}

interface TextRead {
  /** Absent: plain text. */
  spoken?: Spoken;
  violations: string[];
  /** It was to say something that cannot be read: why. */
  lost?: string;
}

/** Kept of stdout: a longer one was cut. */
const maxKeptBytes = 1024 * 1024;

function readText(hook: Judged, text: string, cut: boolean): TextRead {
  const { event, onFailure } = hook;
  // As printed first: JSON may hold characters that are terminal codes elsewhere, and taking them away could spoil it.
  const forms = [text, plainText(text)];
  const json = forms.map(parseObject).find((object) => object !== undefined);
  const isGuard = onFailure === "block";
  if (json !== undefined) {
    const spoken = readJsonOutput(event, json);
    const isLost = isGuard && !spoken.known && !spoken.empty;
    const lost = `its JSON has no field of the format: ${lastLines(text, 200)}`;
    return { spoken, violations: spoken.violations, ...(isLost && { lost }) };
  }
  const isCut = cut && (forms.some(isMeantAsJson) || Buffer.byteLength(text) >= maxKeptBytes);
  const what = forms.map((form) => notPlain(form, hook)).find((found) => found !== undefined);
  const violations = what === undefined ? [] : [isGuard ? what : `${what}: it is plain text`];
  if (isCut && (isGuard || forms.some(isMeantAsJson)))
    return { violations, lost: "what it printed is longer than the 1 MiB that are read" };
  return { violations, ...(isGuard && what !== undefined && { lost: what }) };
}

const isMeantAsJson = (text: string): boolean => /^\s*\{/.test(text);

/** A key that decides, as JSON and what is nearly JSON have it. */
const decisionKey = /["'](?:decision|hookSpecificOutput|permissionDecision)["']\s*:|\{\s*["'](?:continue|behavior|ok)["']\s*:/;
/** That are looked at one by one: a text with more of them is no context. */
const mostLines = 500;
const below = "stdout has a decision below other text; it must be one JSON object and nothing else";

/** Why a text that is no JSON object was not meant as plain text. A line of a log, `[info] …`, was. */
function notPlain(text: string, { event, onFailure }: Judged): string | undefined {
  if (isMeantAsJson(text)) return "stdout begins with { and is no JSON object";
  if (onFailure !== "block" || !decisionKey.test(text)) {
    const isList = onFailure === "block" && !outputRow(event).plainContext && /^\s*\[\s*[{["\]]/.test(text);
    return isList ? "stdout begins with [ and is no JSON object" : undefined;
  }
  // Context for the model may be about hooks: there only a whole object on a line is a decision.
  if (!outputRow(event).plainContext) return below;
  const lines = text.split("\n").filter((line) => decisionKey.test(line));
  return lines.length > mostLines || lines.some((line) => parseObject(line)) ? below : undefined;
}

function parseObject(text: string): JsonObject | undefined {
  if (!isMeantAsJson(text)) return undefined;
  try {
    const json = JSON.parse(text.trim()) as Json;
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function settle(hook: Judged, { reply, violations, unreadable }: Spoken): Reading {
  if (unreadable === undefined || reply.verdict === "deny") return { reply, violations };
  return { reply: { ...withoutYes(reply), ...couldNotDecide(hook, unreadable).reply }, violations };
}

/** Of an output that cannot be read as a whole, what would loosen or change is not taken. */
function withoutYes({ context, say, stop, verdict, reason }: HookReply): HookReply {
  return {
    ...(context !== undefined && { context }),
    ...(say !== undefined && { say }),
    ...(stop !== undefined && { stop }),
    ...(verdict === "ask" && { verdict, ...(reason !== undefined && { reason }) }),
  };
}

/** Exit 2. Its message is the JSON's reason where that blocks too, else what was printed as errors. */
function blocked(hook: Judged, exit: HookExit, spoken: Spoken | undefined, violations: string[]): Reading {
  const said = spoken?.reply ?? {};
  const fromJson = said.verdict === "deny" ? said.reason : undefined;
  const printed = saidText(exit.stderr.trim());
  const accident = fromJson === undefined ? accidentIn(exit.stderr, hook.source) : undefined;
  const message = fromJson ?? (printed === "" ? "exit code 2 without a message" : printed);
  const reason = accident === undefined ? message : `${message}\n${accident}`;
  const extras = withoutYes(said);
  delete extras.verdict;
  delete extras.reason;
  const { block } = outputRow(hook.event);
  if (block === "deny") return { reply: { ...extras, verdict: "deny", reason }, violations };
  if (block === "model")
    return {
      reply: { ...extras, context: said.context === undefined ? reason : saidText(`${said.context}\n${reason}`) },
      violations,
    };
  if (block === "user") return { reply: { ...extras, say: said.say ?? reason }, violations };
  return { reply: extras, violations: [...violations, `exit code 2 has no effect at ${hook.event}`] };
}

/** Why nothing that a program printed can be its decision: it did not come to its own end. */
function noDecision(exit: HookExit, timeoutMs: number): string | undefined {
  if (exit.notStarted !== undefined) return exit.notStarted;
  if (exit.ended === "timeout") return `no end within ${timeoutMs} ms; it and its children were ended`;
  if (exit.ended === "output") return "it went on printing beyond 64 MiB and was ended";
  if (exit.ended === "cancel") return "it was cancelled";
  if (exit.signal !== null) return `it was killed by ${exit.signal}`;
  if (exit.exitCode === null) return "it did not end";
  return notLaunched(exit.exitCode, exit.stderr);
}

function withErrors(what: string, stderr: string): string {
  const last = lastLines(stderr, 500);
  return last === "" ? what : `${what}: ${last}`;
}
