/** One config hook at a time, run for real: by the process table, over HTTP, or by a model that the test plays. */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigHook } from "../../core/config-hooks/declared/config-hook.ts";
import { type HookRun, type HookRunDeps, runHook } from "../../core/config-hooks/run.ts";
import { type JsonObject, noUsage } from "../../core/contract/messages.ts";
import { type PublicEvent, publicEventTable } from "../../core/contract/public-events.ts";
import { postHook } from "../../workers/hook-http.ts";
import { createProcesses, type Processes } from "../../workers/processes.ts";

export interface HookBench {
  /** The project: real, empty, and the folder that hooks run in. */
  place: string;
  processes: Processes;
  deps: HookRunDeps;
  /** A run of a hook of this event with an input of the event's name and folder. */
  run(hook: ConfigHook, input?: JsonObject, signal?: AbortSignal): Promise<HookRun>;
  close(): Promise<void>;
}

export async function hookBench(overrides: Partial<HookRunDeps> = {}, env = process.env): Promise<HookBench> {
  const place = await realpath(await mkdtemp(join(tmpdir(), "gantry-hooks-")));
  const processes = createProcesses({ env });
  const deps: HookRunDeps = {
    command: processes.runHook,
    http: postHook,
    ask: async () => ({ text: '{"ok": true}', usage: noUsage }),
    project: place,
    configEnv: {},
    env,
    ...overrides,
  };
  return {
    ...{ place, processes, deps },
    run: (hook, input = {}, signal = new AbortController().signal) =>
      runHook(hook, { session_id: "s1", hook_event_name: hook.event, cwd: place, ...input }, deps, { signal }),
    async close() {
      await processes.close();
      await rm(place, { recursive: true, force: true });
    },
  };
}

/** A hook as parsing makes it: of a guard event one that blocks when it cannot decide. */
export function hookOf(event: PublicEvent, handler: ConfigHook["handler"], over: Partial<ConfigHook> = {}): ConfigHook {
  const { guard } = publicEventTable[event];
  return {
    ...{ event, order: 1, layer: "project", source: "gantry.config.jsonc:7", base: "/", matches: () => true, handler },
    ...{ timeoutMs: 30_000, onFailure: guard ? "block" : "continue", guard, once: false, isAsync: false },
    ...over,
  };
}

/** A shell line as a hook; of PreToolUse unless another event is named. */
export function commandHook(command: string, over: Partial<ConfigHook> = {}): ConfigHook {
  return hookOf(over.event ?? "PreToolUse", { type: "command", command }, over);
}
