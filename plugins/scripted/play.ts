/**
 * Streams the next answer of a script file. The model's name is the file's path, relative to the working folder. Each
 * runtime plays a file once, from its first entry on.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { GantryError, messageOf } from "gantry/errors";
import type { Answer, JsonObject, ModelEvent, ModelRequest, ProviderOptions } from "gantry/plugin";
import { createScript, fragmentsOf, type PlayedAnswer, type PlayedCall, type ScriptPlayer } from "gantry/testing";
import { throwScriptedFailure } from "./failure.ts";

/** SCRIPT_*, and the PROVIDER_* codes that the script's `fail` entries ask for; on abort the signal's reason. */
export async function* playAnswer(request: ModelRequest, options: ProviderOptions): AsyncGenerator<ModelEvent> {
  const { signal } = options;
  signal.throwIfAborted();
  const player = await playerOf(resolve(options.cwd, request.model), options);
  const played = player.next(request);
  await pause(played.delayMs, signal);
  if (played.hang) await pause(undefined, signal);
  const breaksAt = played.fail?.cut;
  if (played.fail !== undefined && (played.fail.status !== undefined || breaksAt === "start"))
    throwScriptedFailure(played.fail);
  for (const event of eventsOf(played)) {
    signal.throwIfAborted();
    yield event;
  }
  if (played.fail !== undefined) throwScriptedFailure(played.fail);
  yield { type: "answer", answer: answerOf(played, request.model) };
}

const players = new WeakMap<object, Map<string, Promise<ScriptPlayer>>>();
const wholeProcess = {};

function playerOf(path: string, options: ProviderOptions): Promise<ScriptPlayer> {
  const owner = options.owner ?? wholeProcess;
  const owned = players.get(owner) ?? new Map<string, Promise<ScriptPlayer>>();
  players.set(owner, owned);
  const player = owned.get(path) ?? load(path);
  owned.set(path, player);
  return player;
}

async function load(path: string): Promise<ScriptPlayer> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new GantryError("SCRIPT_INVALID", `${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  });
  return createScript(text, { file: path });
}

/** Waits `ms`, or until the signal is aborted when `ms` is undefined; rejects with the signal's reason. */
function pause(ms: number | undefined, signal: AbortSignal): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise((resolvePause, reject) => {
    const stop = (): void => {
      clearInterval(timer);
      reject(signal.reason);
    };
    // Endless waiting needs a timer too: a pending promise alone lets the process end.
    const timer =
      ms === undefined
        ? setInterval(() => {}, 60_000)
        : setTimeout(() => {
            signal.removeEventListener("abort", stop);
            resolvePause();
          }, ms);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
  });
}

function* eventsOf(played: PlayedAnswer): Generator<ModelEvent> {
  const { fail, chunks } = played;
  for (const thought of played.thinking)
    if ("text" in thought) for (const text of fragmentsOf(thought.text, chunks)) yield { type: "thinking", text };
  const breaksInText = fail?.cut === "text" || fail?.event !== undefined;
  if (played.say !== undefined) {
    const parts = fragmentsOf(played.say, chunks);
    for (const text of breaksInText ? parts.slice(0, Math.ceil(parts.length / 2)) : parts) yield { type: "text", text };
  }
  if (breaksInText) return;
  for (const call of played.calls) {
    yield { type: "tool_start", callId: call.id, name: call.name };
    const json =
      fail?.cut === "tool_json" && call === played.calls.at(-1) ? call.json.slice(0, call.json.length / 2) : call.json;
    for (const part of fragmentsOf(json, chunks)) yield { type: "tool_input", callId: call.id, json: part };
  }
}

function answerOf(played: PlayedAnswer, model: string): Answer {
  const isCut = played.stopReason === "max_tokens" || played.stopReason === "model_context_window_exceeded";
  const content: Answer["content"] = played.thinking.map((thought) =>
    "redacted" in thought
      ? { type: "thinking", text: "", data: thought.redacted }
      : { type: "thinking", text: thought.text, signature: thought.signature },
  );
  if (played.say !== undefined && played.say !== "") content.push({ type: "text", text: played.say });
  for (const call of played.calls) content.push(callOf(call, isCut && call === played.calls.at(-1)));
  const stop = isCut
    ? "max_tokens"
    : played.stopReason === "refusal"
      ? "refusal"
      : played.calls.length > 0
        ? "tool_use"
        : "end_turn";
  return { content, stop, usage: played.usage, model };
}

function callOf(call: PlayedCall, isCut: boolean): Answer["content"][number] {
  const input = isCut ? undefined : objectOf(call.json);
  const named = { type: "tool_call" as const, callId: call.id, name: call.name };
  if (input !== undefined) return { ...named, input };
  return { ...named, input: {}, malformed: call.json, ...(isCut ? { cut: true } : {}) };
}

function objectOf(json: string): JsonObject | undefined {
  try {
    const value: unknown = json.trim() === "" ? {} : JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
