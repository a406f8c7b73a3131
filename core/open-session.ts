/** One session of a runtime: its log and state, its model, its calls, its prompt, and the turns that run on them. */

import type { LoadedConfig } from "../config/loaded.ts";
import type { Processes } from "../workers/processes.ts";
import { askOnce } from "./ask-model.ts";
import type { EventData } from "./contract/events.ts";
import type { ImageBlock, JsonObject, TextBlock } from "./contract/messages.ts";
import { addUsage, noUsage, type Usage } from "./contract/messages.ts";
import type { Hooks } from "./hooks.ts";
import type { LiveConfig, Reload } from "./live-config.ts";
import type { Mcp } from "./mcp/mcp.ts";
import { type Mode, refuseRootBypass } from "./permission/modes.ts";
import type { Registry } from "./registry.ts";
import type { FrontEnd, RuntimeOptions } from "./runtime.ts";
import { createQueue, createRecorder, type InputSource, type QueuedInput } from "./session/session.ts";
import type { SessionState } from "./session/state.ts";
import type { OpenedSession, SessionStore } from "./session/store.ts";
import { type CallsOptions, type Chosen, chooseTools, createSessionCalls } from "./session-calls.ts";
import { endSignal } from "./session-end.ts";
import { filledInput } from "./session-inputs.ts";
import type { SessionListener } from "./session-listeners.ts";
import type { SessionMcp, SessionMcpParts } from "./session-mcp.ts";
import { activateModel } from "./session-model.ts";
import { createAside, createNow, limitsOf, priceFor, turnDeps } from "./session-turns.ts";
import type { TurnOutcome } from "./turn/ending.ts";
import type { Redactor } from "./turn/redact.ts";
import type { CallReport } from "./turn/tool-call.ts";
import { type ActiveModel, runTurn, type TurnDeps } from "./turn/turn.ts";

export interface OpenOptions {
  /** An id, a unique prefix of one, or `last`; absent: a new session. */
  resume?: string;
  /** provider/name. Default: the config's; a resumed session keeps its own where no config sets one. */
  model?: string;
  /** Ends hooks that run at the session's begin; the session opens all the same. */
  signal?: AbortSignal;
  /** In place of the runtime's: this session's own watcher, who is asked what it would ask. */
  front?: FrontEnd;
  /** Who it is opened for, as a client of a protocol calls itself; noted in the log. */
  openedFor?: string;
  /** Lowers `limits.maxTurns` for its turns. */
  maxTurns?: number;
}

export interface CloseOptions {
  /** Ends what is waited for at the end: hooks, and runs of theirs in the background. */
  signal?: AbortSignal | undefined;
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
  callTool(name: string, input: JsonObject, options?: { signal?: AbortSignal; callId?: string }): Promise<CallReport>;
  /** Ends the session in this process; later calls share the first one's end. LOG_WRITE_FAILED. */
  close(reason?: EventData["session.close"]["reason"], options?: CloseOptions): Promise<void>;
}

export interface SessionDeps extends RuntimeOptions {
  /** `config` is what it holds now. */
  live: LiveConfig;
  registry: Registry;
  hooks: Hooks;
  store: SessionStore;
  processes(): Promise<Processes>;
  /** Absent where no server is configured. */
  mcp?: Mcp | undefined;
  /** The runtime's identity, for providers. */
  owner: object;
  /** Starts what a call of the tool, or of any, needs; resolves when it is on its way. */
  warm(tool: string | undefined): Promise<void>;
  /** PLUGIN_REQUIRED. */
  checkPlugins(): void;
  /** What the config and the session's hooks add to the environment of shell lines now. */
  shellEnv(sessionId: string): Promise<Readonly<Record<string, string>>>;
  /** Takes secrets out of texts, by the config as it is now. */
  redactor(): Redactor;
  /** Has what hooks did for a session told to it, until the function handed back has resolved. */
  listen(sessionId: string, listener: SessionListener): (options: CloseOptions) => Promise<void>;
}

/** SESSION_*, MODEL_INVALID, ROOT_BYPASS_REFUSED, USAGE_INVALID, LOG_WRITE_FAILED. */
export async function openSession(open: OpenOptions, given: SessionDeps): Promise<Session> {
  // Not a copy: what the config says is asked of the runtime's own each time.
  const deps = open.front ? (Object.create(given, { front: { value: open.front } }) as SessionDeps) : given;
  const chosen = chooseTools(deps);
  refuseRootBypass(bypass(deps.config.config.permissions.mode, deps));
  const wanted = wantedModel(open, deps);
  // Before the log is there: a name that means nothing must leave no session behind.
  const named = wanted === undefined ? undefined : await activateModel(wanted, deps);
  const opened = await openLog(open, wanted, deps);
  try {
    const model = named ?? (await activateModel(opened.state.model, deps));
    return await startSession({ open, opened, model, deps, chosen });
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

/** Nothing of it is loaded where no server is configured. */
async function openMcp(parts: Omit<SessionMcpParts, "mcp">): Promise<SessionMcp | undefined> {
  const { mcp } = parts.deps;
  if (mcp === undefined) return undefined;
  const { createSessionMcp } = await import("./session-mcp.ts");
  return createSessionMcp({ ...parts, mcp });
}

interface Start {
  open: OpenOptions;
  opened: OpenedSession;
  model: ActiveModel;
  deps: SessionDeps;
  chosen: Chosen;
}

async function startSession({ open, opened, model, deps, chosen }: Start): Promise<Session> {
  const { log, state } = opened;
  const { hooks, live } = deps;
  const now = createNow({ chosen, deps });
  const { mode } = now;
  const recorder = createRecorder({ log, state, opened: opened.appended, onEvent: deps.front?.onEvent });
  const closing = new AbortController();
  const told = createAside();
  let turns: TurnDeps | undefined;
  let hookUsage = noUsage;
  const unlisten = deps.listen(log.id, {
    fired(fired) {
      recorder.record("hook.fired", fired);
      if (fired.usage !== undefined) count(fired.usage);
    },
    note: (note) => void recorder.record("note", note),
    facts: () => ({ transcriptPath: log.path, cwd: state.cwd, mode: mode(), model: turns?.model.full ?? model.full }),
    effects: () => calls.deps.coreEffects,
    ask: async (prompt, { model: named, signal }) =>
      await askOnce(named === undefined ? (turns?.model ?? model) : await activateModel(named, deps), prompt, signal),
    async callTool(call, { signal }) {
      const { callForHook } = await import("./hook-tool-call.ts");
      return await callForHook(call, calls.deps, { findTool: deps.registry.findTool, signal });
    },
  });
  if (open.openedFor !== undefined) recorder.record("note", { text: `opened for ${open.openedFor}` });
  const notify: CallsOptions["notify"] = (kind, message) =>
    void told.own(
      hooks.observe("notify", { sessionId: log.id, kind, message }, { signal: closing.signal }).then(calls.deps.hearing.hear),
    );
  const count = (usage: Usage): void => {
    hookUsage = addUsage(hookUsage, usage);
  };
  const mcp = await openMcp({
    ...{ now, deps, state, record: recorder.record, sessionId: log.id, mode, notify, count },
    model: () => turns?.model ?? model,
    hear: (heard) => calls.deps.hearing.hear(heard),
  });
  const calls = createSessionCalls({
    ...{ ...recorder, opened, chosen: () => now.chosen, deps, mode, mcp, notify },
    async ask(prompt, { signal, ...asked }) {
      const answer = await askOnce(turns?.model ?? model, prompt, signal, asked);
      count(answer.usage);
      return answer;
    },
  });
  const source = open.resume === undefined ? "startup" : "resume";
  const begin = { sessionId: log.id, source, model: model.full } as const;
  const opening = await hooks.observe("session.open", begin, open.signal === undefined ? {} : { signal: open.signal });
  calls.deps.hearing.hear(opening);
  const takeHookUsage = (): typeof hookUsage => {
    const used = hookUsage;
    hookUsage = noUsage;
    return used;
  };
  const running = turnDeps({ open, opened, model, calls, recorder, now, deps, mcp, takeHookUsage });
  turns = running;
  const check = (config: LoadedConfig): void => refuseRootBypass(bypass(now.modeWith(config), deps));

  /** A turn, or a call outside one: it begins with the config as it is now, and keeps it. */
  async function inConfig<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const reload = await live.enterTurn({ sessionId: log.id, signal, check });
    try {
      await adopt(reload);
      return await act();
    } finally {
      live.leave();
    }
  }

  const oneTurn = async (input: QueuedInput, signal: AbortSignal): Promise<TurnOutcome> => {
    const parts = { mcp: mcp?.mcp, sessionId: log.id, deps, record: recorder.record, signal };
    const content = await filledInput(input, parts);
    const outcome = await runTurn({ ...input, content }, running, signal);
    if (outcome.error) await hooks.observe("error.raise", { code: outcome.error.code, message: outcome.error.message });
    return outcome;
  };
  const queue = createQueue<TurnOutcome>((input, signal) => inConfig(signal, () => oneTurn(input, signal)));

  /** A config that came since the last turn, through this session or another. */
  async function adopt(reload: Reload | undefined): Promise<void> {
    now.refresh();
    const isConfigNew = adopted.config !== live.generation;
    const news = reload ?? (isConfigNew ? live.last : undefined);
    if (news !== undefined) recorder.record("config.reload", news);
    // A registry that is new may have another provider.
    if (!isConfigNew && adopted.registry === deps.registry.generation) return;
    adopted = { config: live.generation, registry: deps.registry.generation };
    running.model = await activateModel(running.model.full, deps);
    running.limits = limitsOf(deps, open);
    running.price = priceFor(deps);
  }

  let adopted = { config: live.generation, registry: deps.registry.generation };
  const outsideTurns = createAside();
  let closed: Promise<void> | undefined;

  async function close(reason: EventData["session.close"]["reason"], { signal }: CloseOptions): Promise<void> {
    closing.abort();
    await queue.close();
    await outsideTurns.settled();
    await told.settled();
    await calls.closeShells();
    mcp?.close();
    const bound = endSignal(live.config.hookList, signal);
    await hooks.observe("session.close", { sessionId: log.id, reason }, bound === undefined ? {} : { signal: bound });
    await unlisten({ signal });
    recorder.record("session.close", { reason });
    await recorder.flush().finally(() => log.close());
  }

  return {
    id: log.id,
    state,
    recovery: opened.recovery?.notes ?? [],
    get model() {
      return running.model.full;
    },
    get mode() {
      return mode();
    },
    send: (content, from = "api") => queue.send(content, from),
    cancel: queue.cancel,
    async setModel(name) {
      running.model = await activateModel(name, deps);
    },
    setMode(next) {
      refuseRootBypass(bypass(next, deps));
      now.setMode(next);
    },
    async callTool(name, input, { signal, callId } = {}) {
      const ended = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      const options = { signal: ended, ...(callId === undefined ? {} : { callId }) };
      return await outsideTurns.own(inConfig(ended, () => calls.callOnce(name, input, options)));
    },
    close(reason = "done", options = {}) {
      closed ??= close(reason, options);
      return closed;
    },
  };
}
