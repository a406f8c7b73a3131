/** Prompt hooks: a question to a model, whose answer is a JSON object {ok, reason, impossible?}. */
import type { PromptHook } from "../contract/hook-config.ts";
import type { Json, JsonObject } from "../contract/messages.ts";
import type { ConfigHook } from "./config-hook.ts";
import { isObject } from "./json-fields.ts";
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
  const answer = objectIn(text);
  if (answer === undefined || typeof answer["ok"] !== "boolean")
    return couldNotDecide(hook, `the model's answer is no {"ok", "reason"}: ${lastLines(text, 200)}`);
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

/** Models like to put fences and words around JSON. */
function objectIn(text: string): JsonObject | undefined {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n?\s*```/.exec(text)?.[1];
  const from = text.indexOf("{");
  const to = text.lastIndexOf("}");
  const bare = from >= 0 && to > from ? text.slice(from, to + 1) : undefined;
  for (const part of [text, fenced, bare]) {
    const json = part === undefined ? undefined : parse(part);
    if (isObject(json)) return json;
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
