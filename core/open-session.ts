/** One session of a runtime: its log and state, its model, its calls, its prompt, and the turns that run on them. */
import type { Processes } from "../workers/processes.ts";
import type { EventData } from "./contract/events.ts";
import type { ImageBlock, JsonObject, TextBlock } from "./contract/messages.ts";
import type { Hooks } from "./hooks.ts";
import { type Mode, refuseRootBypass } from "./permission/modes.ts";
import type { Registry } from "./registry.ts";
import type { RuntimeOptions } from "./runtime.ts";
import { createQueue, createRecorder, type InputSource, type Recorder } from "./session/session.ts";
import type { SessionState } from "./session/state.ts";
import type { OpenedSession, SessionStore } from "./session/store.ts";
import { chooseTools, createSessionCalls, type SessionCalls } from "./session-calls.ts";
import { activateModel, priceOf } from "./session-model.ts";
import { createSystemPrompt } from "./session-prompt.ts";
import type { TurnOutcome } from "./turn/ending.ts";
import { createPromptDigest } from "./turn/prompt.ts";
import type { CallReport } from "./turn/tool-call.ts";
import { type ActiveModel, runTurn, type TurnDeps } from "./turn/turn.ts";

export interface OpenOptions {
  /** An id, a unique prefix of one, or `last`; absent: a new session. */
  resume?: string;
  /** provider/name. Default: the config's; a resumed session keeps its own where no config sets one. */
  model?: string;
}

export interface Session {
  readonly id: string;
  readonly state: SessionState;
  readonly model: string;
  readonly mode: Mode;
  /** What opening an existing log had to mend, for the user to know. */
  readonly recovery: readonly string[];
  /** Waits for its turn in line. QUEUE_FULL when too many inputs wait, INTERRUPTED once the session is closed. */
  send(content: (TextBlock | ImageBlock)[], source?: InputSource): Promise<TurnOutcome>;
  /** Ends the running turn, if any; inputs that wait are kept. */
  cancel(): void;
  /** From the next turn on. MODEL_INVALID. */
  setModel(name: string): Promise<void>;
  /** From the next call on. ROOT_BYPASS_REFUSED. */
  setMode(mode: Mode): void;
  /** One call outside a turn, through the dispatcher. TOOL_UNKNOWN. */
  callTool(name: string, input: JsonObject, options?: { signal?: AbortSignal }): Promise<CallReport>;
  /** Ends the session in this process; later calls share the first one's end. LOG_WRITE_FAILED. */
  close(reason?: EventData["session.close"]["reason"]): Promise<void>;
}

export interface SessionDeps extends RuntimeOptions {
  registry: Registry;
  hooks: Hooks;
  store: SessionStore;
  processes(): Promise<Processes>;
  /** The runtime's identity, for providers. */
  owner: object;
  warm(plugin: string | undefined): Promise<void>;
  /** Has the hooks that fire for a session told to it, until the function handed back is called. */
  listen(sessionId: string, onFired: (fired: EventData["hook.fired"]) => void): () => void;
}

/** SESSION_*, MODEL_INVALID, ROOT_BYPASS_REFUSED, USAGE_INVALID, LOG_WRITE_FAILED. */
export async function openSession(open: OpenOptions, deps: SessionDeps): Promise<Session> {
  const chosen = chooseTools(deps);
  refuseRootBypass(bypass(deps.config.config.permissions.mode, deps));
  const wanted = wantedModel(open, deps);
  // Before the log is there: a name that means nothing must leave no session behind.
  const named = wanted === undefined ? undefined : await activateModel(wanted, deps);
  const opened = await openLog(open, wanted, deps);
  try {
    const model = named ?? (await activateModel(opened.state.model, deps));
    return await startSession({ open, opened, model, deps, ...chosen });
  } catch (error) {
    await opened.log.close().catch(() => undefined);
    throw error;
  }
}

function bypass(mode: Mode, deps: SessionDeps): Parameters<typeof refuseRootBypass>[0] {
  return { mode, uid: process.getuid?.(), allowed: deps.allowRootBypass ?? false };
}

/** Undefined for a resumed session whose model nobody names anew. */
function wantedModel({ resume, model }: OpenOptions, { config }: SessionDeps): string | undefined {
  if (model !== undefined) return model;
  return resume !== undefined && config.sourceOf("model").layer === "default" ? undefined : config.config.model;
}

async function openLog(
  { resume }: OpenOptions,
  model: string | undefined,
  { store, cwd, version, config }: SessionDeps,
): Promise<OpenedSession> {
  if (resume !== undefined) return await store.resume(resume, { cwd, ...(model === undefined ? {} : { model }) });
  return await store.create({
    cwd,
    model: model ?? config.config.model,
    versions: { gantry: version, node: process.versions.node },
  });
}

interface Start extends ReturnType<typeof chooseTools> {
  open: OpenOptions;
  opened: OpenedSession;
  model: ActiveModel;
  deps: SessionDeps;
}

async function startSession({ open, opened, model, deps, tools, rules }: Start): Promise<Session> {
  const { log, state } = opened;
  let mode = deps.config.config.permissions.mode;
  const recorder = createRecorder({ log, state, opened: opened.appended, onEvent: deps.front?.onEvent });
  const unlisten = deps.listen(log.id, (fired) => recorder.record("hook.fired", fired));
  const source = open.resume === undefined ? "startup" : "resume";
  await deps.hooks.observe("session.open", { sessionId: log.id, source, model: model.full });
  const calls = createSessionCalls({ ...recorder, opened, tools, rules, deps, mode: () => mode });
  const turns = turnDeps({ opened, model, calls, recorder, rules, deps });
  const queue = createQueue<TurnOutcome>(async (input, signal) => {
    const outcome = await runTurn(input, turns, signal);
    if (outcome.error) await deps.hooks.observe("error.raise", { code: outcome.error.code, message: outcome.error.message });
    return outcome;
  });
  const outsideTurns = new Set<Promise<unknown>>();
  const closing = new AbortController();
  let closed: Promise<void> | undefined;

  async function close(reason: EventData["session.close"]["reason"]): Promise<void> {
    closing.abort();
    await queue.close();
    await Promise.allSettled(outsideTurns);
    await calls.closeShells();
    await deps.hooks.observe("session.close", { sessionId: log.id, reason });
    unlisten();
    recorder.record("session.close", { reason });
    await recorder.flush().finally(() => log.close());
  }

  return {
    id: log.id,
    state,
    recovery: opened.recovery?.notes ?? [],
    get model() {
      return turns.model.full;
    },
    get mode() {
      return mode;
    },
    send: (content, from = "api") => queue.send(content, from),
    cancel: queue.cancel,
    async setModel(name) {
      turns.model = await activateModel(name, deps);
    },
    setMode(next) {
      refuseRootBypass(bypass(next, deps));
      mode = next;
    },
    async callTool(name, input, { signal } = {}) {
      const call = calls.callOnce(name, input, signal ? AbortSignal.any([signal, closing.signal]) : closing.signal);
      outsideTurns.add(call);
      return await call.finally(() => outsideTurns.delete(call));
    },
    close(reason = "done") {
      closed ??= close(reason);
      return closed;
    },
  };
}

interface TurnParts {
  opened: OpenedSession;
  model: ActiveModel;
  calls: SessionCalls;
  recorder: Recorder;
  rules: Start["rules"];
  deps: SessionDeps;
}

function turnDeps({ opened, model, calls, recorder, rules, deps }: TurnParts): TurnDeps {
  const { maxTurns, maxCostUsd, timeoutSeconds, parallelReads } = deps.config.config.limits;
  return {
    model,
    digest: createPromptDigest(),
    provenMessages: 0,
    state: opened.state,
    system: createSystemPrompt({ sessionId: opened.log.id, record: recorder.record, rules, deps }),
    hooks: deps.hooks,
    record: recorder.record,
    flush: recorder.flush,
    calls: calls.deps,
    limits: {
      maxTurns,
      maxCostUsd,
      parallelReads,
      timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1_000,
    },
    price: deps.wantCost || maxCostUsd !== undefined ? priceOf : undefined,
    onDelta: deps.front?.onDelta,
    // The thread first: it starts on the other core while this one loads what parses the input.
    warm: (tool) => void deps.warm(tool && deps.registry.findTool(tool)?.plugin).then(calls.deps.inputs.warm),
  };
}
