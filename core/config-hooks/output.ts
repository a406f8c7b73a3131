/**
 * What a program or an answer said → what it means, by the public rules: JSON is read at every exit code, exit 2 beats a
 * JSON allow, other codes are errors that decide nothing. Stricter: a guard that could not decide blocks.
 */
import type { HookExit } from "../contract/hook-run.ts";
import type { Json, JsonObject } from "../contract/messages.ts";
import { accidentIn, notLaunched } from "./accidents.ts";
import type { ConfigHook } from "./config-hook.ts";
import { outputRow } from "./event-output.ts";
import type { HookReply } from "./hook-reply.ts";
import { isObject, type Spoken } from "./json-fields.ts";
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
  if (exitCode === 2) return blocked(hook, exit, read.spoken, read.violations);
  if (read.spoken?.known) return settle(hook, read.spoken);
  if (read.lost !== undefined) return couldNotDecide(hook, read.lost, read.violations);
  if (exitCode !== 0) {
    const failed = withErrors(`exit code ${exitCode}, an error that decides nothing`, stderr || stdout);
    return { reply: { failed }, violations: read.violations };
  }
  const isContext = outputRow(hook.event).plainContext && read.spoken === undefined && stdout.trim() !== "";
  return { reply: isContext ? { context: saidText(stdout.trim()) } : {}, violations: read.violations };
}

/** The body of an answer 2xx: empty, or a JSON object. */
export function readBody(hook: Judged, body: string): Reading {
  if (body.trim() === "") return { reply: {}, violations: [] };
  const read = readText(hook, body, false);
  if (read.spoken?.known) return settle(hook, read.spoken);
  const what = read.spoken === undefined ? "the answer is not a JSON object" : "the answer has no field of the format";
  return couldNotDecide(hook, `${what}: ${lastLines(body, 200)}`, read.violations);
}

interface TextRead {
  /** Absent: plain text. */
  spoken?: Spoken;
  violations: string[];
  /** JSON that we cut ourselves. */
  lost?: string;
}

function readText({ event }: Judged, text: string, cut: boolean): TextRead {
  // As printed first: JSON may hold characters that are terminal codes elsewhere, and taking them away could spoil it.
  const forms = [text, plainText(text)];
  const json = forms.map(parseObject).find((object) => object !== undefined);
  if (json !== undefined) {
    const spoken = readJsonOutput(event, json);
    return { spoken, violations: spoken.violations };
  }
  if (!forms.some(isMeantAsJson)) return { violations: [] };
  const what = "stdout begins with { and is no JSON object: it is plain text";
  return { violations: [what], ...(cut && { lost: "its JSON is longer than the 1 MiB that are read" }) };
}

const isMeantAsJson = (text: string): boolean => /^\s*\{/.test(text);

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
