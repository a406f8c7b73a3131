/** Prompt hooks: a question to a model, whose answer is a JSON object {ok, reason, impossible?}. */
import type { PromptHook } from "../../contract/hook-config.ts";
import { isObject, type Json, type JsonObject } from "../../contract/messages.ts";
import type { ConfigHook } from "../declared/config-hook.ts";
import { couldNotDecide, type Reading } from "./output.ts";
import { lastLines, saidText } from "./said-text.ts";

const form =
  'Answer with one JSON object and nothing else: {"ok": true} when it may go on, {"ok": false, "reason": "…"} when it must not' +
  ' (with "impossible": true when that cannot change).';

export function promptText({ prompt }: PromptHook, input: JsonObject): string {
  const json = JSON.stringify(input);
  // By function: `$&` in the input must stay as it is.
  const asked = prompt.includes("$ARGUMENTS") ? prompt.replaceAll("$ARGUMENTS", () => json) : `${prompt}\n\n${json}`;
  return `${asked}\n\n${form}`;
}

export function readAnswer(hook: ConfigHook, text: string): Reading {
  const answers = objectsIn(text).filter(({ ok }) => ok !== undefined);
  const [answer] = answers;
  if (answer === undefined || answers.some(({ ok }) => typeof ok !== "boolean"))
    return couldNotDecide(hook, `the model's answer is no {"ok", "reason"}: ${lastLines(text, 200)}`);
  if (answers.some(({ ok }) => ok !== answer["ok"]))
    return couldNotDecide(hook, `the model's answer says both yes and no: ${lastLines(text, 200)}`);
  if (answer["ok"]) return { reply: {}, violations: [] };
  const { reason: given } = answer;
  const violations = typeof given === "string" ? [] : ["the model's answer lacks a reason"];
  const reason = typeof given === "string" && given.trim() !== "" ? saidText(given.trim()) : "the prompt hook said no";
  return { reply: refusal(hook, reason, answer["impossible"] === true), violations };
}

/** Where nothing can be stopped any more, the turn ends, unless the hook wants the model to hear and go on. */
function refusal({ event, guard, handler }: ConfigHook, reason: string, impossible: boolean): Reading["reply"] {
  if (event === "Stop") return impossible ? { say: reason } : { verdict: "deny", reason };
  if (guard) return { verdict: "deny", reason };
  const goesOn = handler.type === "prompt" && handler.continueOnBlock === true;
  return goesOn ? { context: reason } : { context: reason, stop: reason };
}

/** More objects than these are no answer, and a text that opens them and never ends must not cost its square. */
const mostObjects = 64;

/** Models like to put fences and words around JSON, and to quote the question. */
function objectsIn(text: string): JsonObject[] {
  const whole = parse(text);
  if (whole !== undefined) return isObject(whole) ? [whole] : [];
  const found: JsonObject[] = [];
  let at = text.indexOf("{");
  for (let tries = 0; at >= 0 && tries < mostObjects; tries++) {
    const end = endOf(text, at);
    const json = end === undefined ? undefined : parse(text.slice(at, end));
    if (isObject(json)) found.push(json);
    at = text.indexOf("{", isObject(json) ? end : at + 1);
  }
  // What was not looked at may say the opposite.
  return at >= 0 ? [] : found;
}

/** Behind the bracket that closes the one at `start`; brackets in strings do not count. */
function endOf(text: string, start: number): number | undefined {
  let depth = 0;
  let isString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (isString && char === "\\") at++;
    else if (char === '"') isString = !isString;
    else if (!isString && char === "{") depth++;
    else if (!isString && char === "}" && --depth === 0) return at + 1;
  }
  return undefined;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
