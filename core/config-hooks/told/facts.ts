/** A declared hook as `hooks list` shows it. */
import type { HookFacts } from "../../contract/host.ts";
import { isObject, type JsonObject } from "../../contract/messages.ts";
import { publicEvents, publicEventTable } from "../../contract/public-events.ts";
import { type HookEntry, whatOf } from "../declared/parse.ts";
import { type PastRuns, pastKey } from "./past.ts";

/** `held` hooks wait for trust in the project. */
export function factsOf(entry: HookEntry, about: { held: boolean; past: ReadonlyMap<string, PastRuns> }): HookFacts {
  const { declared, order, hook, problem } = entry;
  const event = publicEvents.find((name) => name === declared.event);
  const handler = isObject(declared.handler) ? declared.handler : {};
  const ran = about.past.get(pastKey(declared.event, declared.source));
  const state = hook === undefined ? "broken" : about.held ? "untrusted" : ran === undefined ? "unmatched" : "ready";
  return {
    event: declared.event,
    points: event === undefined ? [] : [...publicEventTable[event].points],
    ...(typeof declared.matcher === "string" && declared.matcher !== "" ? { matcher: declared.matcher } : {}),
    ...(typeof handler["if"] === "string" ? { if: handler["if"] } : {}),
    type: typeof handler["type"] === "string" ? handler["type"] : "?",
    what: whatOf(declared.handler),
    source: declared.source,
    order,
    state,
    ...(problem === undefined ? {} : { problem }),
    timeoutSeconds: hook === undefined ? 0 : hook.timeoutMs / 1_000,
    onFailure: hook?.onFailure ?? "continue",
    ...(ran === undefined ? {} : { last: ran.last }),
    costMs: ran === undefined ? { ms: estimate(handler), measured: false } : { ms: ran.medianMs, measured: true },
  };
}

/** Measured on a small machine: what it takes to start the program, or to be answered. */
const usualMs = { shell: 4, node: 60, python: 170, http: 50, mcp_tool: 10, prompt: 1_500 } as const;

function estimate({ type, command }: JsonObject): number {
  if (type === "http" || type === "mcp_tool" || type === "prompt") return usualMs[type];
  const line = typeof command === "string" ? command : "";
  if (/(?:^|[\s/])python[\d.]*(?:\s|$)|\.py(?:["'\s]|$)/.test(line)) return usualMs.python;
  return /(?:^|[\s/])(?:node|npx|npm|tsx|bun|deno)(?:\s|$)|\.[cm]?[jt]s(?:["'\s]|$)/.test(line) ? usualMs.node : usualMs.shell;
}
