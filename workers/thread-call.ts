/**
 * The core's side of one call in a thread: post the task, perform what the tool asks for, and end it in one of four ways:
 * its reply, its deadline (TOOL_TIMEOUT), cancel (TOOL_INTERRUPTED), or the end of its thread (TOOL_CRASHED).
 * Cancel and deadline are a message first; when the tool has not answered after the grace, the thread is killed.
 */

import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Piscina } from "piscina";
import { nowMs } from "../core/contract/clock.ts";
import { GantryError, messageOf } from "../core/contract/errors.ts";
import type { Reach, ToolExecution, ToolOutcome } from "../core/contract/execution.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import type { Grants } from "../core/contract/permissions.ts";
import type { Broker, LiveCall } from "./broker.ts";
import {
  type CallTask,
  type CoreRequest,
  crossed,
  crossing,
  type FromThread,
  type TaskReply,
  type ToThread,
} from "./call-messages.ts";
import type { CoreEnv, SpawnFile } from "./effects/effect.ts";
import { perform as performProcess } from "./effects/process-run.ts";
import { perform as performSessionRead } from "./effects/session-read.ts";
import { perform as performUserAsk } from "./effects/user-ask.ts";

export interface ThreadCall {
  piscina: Piscina;
  plugin: string;
  tool: string;
  refines: boolean;
  grants: Grants;
  home: string;
  spawnFile: SpawnFile;
  graceMs: number;
  counts: EndedCounts;
  execution: ToolExecution;
  options: JsonObject;
  /** For effects that a guest has too; made when the first is asked for. */
  broker(): Promise<Broker>;
  onLog(text: string): void;
}

export interface EndedCounts {
  crashed: number;
  killed: number;
}

type EndedBy = "timeout" | "cancel";

export async function callInThread(call: ThreadCall): Promise<ToolOutcome> {
  const { execution, piscina } = call;
  const { port1: port, port2 } = new MessageChannel();
  const ending = createEnding(call, port);
  const brokered = brokeredEffects(call, ending.effects);
  let cwd: string | undefined;
  const env: CoreEnv = {
    ...{ cwd: execution.cwd, reach: execution.reach, coreEffects: execution.coreEffects, signal: ending.effects },
    onProgress: execution.onProgress,
    onMoved: (moved) => {
      cwd = moved;
    },
  };
  port.on("message", (message: FromThread) => {
    if (message.type === "progress") execution.onProgress(message.text);
    else if (message.type === "log") call.onLog(message.text);
    else if (message.type === "request")
      void answer(port, message.id, perform(message.body, env, { spawnFile: call.spawnFile, brokered: brokered.perform }));
  });
  try {
    const options = { transferList: [port2], signal: ending.kill, name: "call" };
    const reply: TaskReply = await piscina.run(taskOf(call, port2), options).catch((error: unknown) => {
      throw ending.explain(error);
    });
    if (!reply.ok) throw ending.explainReply(crossed(reply.error));
    return cwd === undefined ? reply.outcome : { ...reply.outcome, cwd };
  } finally {
    ending.settle();
    brokered.end();
    port.close();
  }
}

type Brokered = (method: string, args: readonly Json[]) => Promise<Json>;

/** The call as the broker knows it: the same object for all its effects, ended with it. */
function brokeredEffects(call: ThreadCall, signal: AbortSignal): { perform: Brokered; end(): void } {
  const { execution, home, broker } = call;
  const { callId, cwd, reach, coreEffects: core, onProgress } = execution;
  const live: LiveCall = {
    context: { callId, cwd, workspace: reach.workspace },
    services: { reach, home, core, onProgress },
    signal,
  };
  let used: Promise<Broker> | undefined;
  return {
    async perform(method, args) {
      used ??= broker();
      return (await used).perform(method, args, live);
    },
    end: () =>
      used?.then(
        (one) => one.endCall(live),
        () => undefined,
      ),
  };
}

function taskOf({ plugin, tool, refines, grants, home, execution, options }: ThreadCall, port: MessagePort): CallTask {
  const { callId, input, cwd, reach } = execution;
  return {
    plugin,
    tool,
    refines,
    callId,
    input,
    cwd,
    reach: crossingReach(reach),
    home,
    grants,
    options,
    port,
  };
}

/** A reach as a task brings it: what is hidden as a text, which a thread parses and compiles once. */
export function crossingReach(reach: Reach): CallTask["reach"] {
  return { ...reach, hidden: hiddenText(reach.hidden) };
}

/** By the list itself, which a session makes once. */
const hiddenTexts = new WeakMap<Reach["hidden"], string>();

function hiddenText(hidden: Reach["hidden"]): string {
  const known = hiddenTexts.get(hidden);
  if (known !== undefined) return known;
  const text = JSON.stringify(hidden);
  hiddenTexts.set(hidden, text);
  return text;
}

interface Endable extends Pick<ThreadCall, "tool" | "graceMs" | "counts"> {
  execution: Pick<ToolExecution, "timeoutMs" | "signal">;
}

interface Ending {
  /** Ends the thread. */
  kill: AbortSignal;
  /** Ends what the core does for the call. */
  effects: AbortSignal;
  /** Why piscina gave no reply: we killed the thread, the pool was closed, or the thread ended by itself. */
  explain(error: unknown): GantryError;
  /** A tool that fails because it was told to stop fails with our reason, unless its own says more. */
  explainReply(error: GantryError): GantryError;
  settle(): void;
}

/** The clocks and signals that may end a call. `settle` clears them, and ends what the core still does for the call. */
export function createEnding({ tool, execution, graceMs, counts }: Endable, port: MessagePort): Ending {
  const kill = new AbortController();
  const effects = new AbortController();
  const startedAt = nowMs();
  let endedBy: EndedBy | undefined;
  let grace: NodeJS.Timeout | undefined;

  const end = (cause: EndedBy): void => {
    if (endedBy) return;
    endedBy = cause;
    effects.abort();
    port.postMessage({ type: "cancel" } satisfies ToThread);
    grace = setTimeout(() => kill.abort(), graceMs);
  };
  const cancel = (): void => end("cancel");
  const { timeoutMs, signal } = execution;
  const deadline = timeoutMs === "own" ? undefined : setTimeout(() => end("timeout"), timeoutMs);
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();

  const ended = (cause: EndedBy, how: string): GantryError => {
    const code = cause === "timeout" ? "TOOL_TIMEOUT" : "TOOL_INTERRUPTED";
    const why = cause === "timeout" ? `did not end within ${timeoutMs} ms` : "was cancelled";
    return new GantryError(code, `${tool} ${why} and was ${how} after ${Math.round(nowMs() - startedAt)} ms.`);
  };

  return {
    kill: kill.signal,
    effects: effects.signal,
    explain(error: unknown): GantryError {
      if (endedBy && kill.signal.aborted) counts.killed++;
      if (endedBy) return ended(endedBy, kill.signal.aborted ? "ended with its thread" : "stopped");
      counts.crashed++;
      return new GantryError("TOOL_CRASHED", `The thread of ${tool} ended during the call: ${messageOf(error)}`, {
        cause: error,
      });
    },
    explainReply(error: GantryError): GantryError {
      if (!endedBy || (endedBy === "cancel" && error.code === "TOOL_INTERRUPTED" && error.detail !== undefined)) return error;
      return ended(endedBy, "stopped");
    },
    settle(): void {
      clearTimeout(deadline);
      clearTimeout(grace);
      signal.removeEventListener("abort", cancel);
      effects.abort();
    },
  };
}

interface CoreSide {
  spawnFile: SpawnFile;
  brokered: Brokered;
}

function perform(body: CoreRequest, env: CoreEnv, { spawnFile, brokered }: CoreSide): Promise<unknown> {
  switch (body.kind) {
    case "process.run":
      return performProcess(body.request, env);
    case "user.ask":
      return performUserAsk(body.request, env);
    case "session.read":
      return performSessionRead(body.request, env);
    case "effect":
      return brokered(body.method, body.args);
    case "spawn.file":
      return spawnFile(body.file, body.args, { ...body.options, signal: env.signal });
  }
}

/** A reply to a call that has ended goes nowhere: its port is closed. */
async function answer(port: MessagePort, id: number, work: Promise<unknown>): Promise<void> {
  const message: ToThread = await work.then(
    (value) => ({ type: "reply", id, ok: true, value }) as const,
    (error: unknown) => ({ type: "reply", id, ok: false, error: crossing(error) }) as const,
  );
  port.postMessage(message);
}
