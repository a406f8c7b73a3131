/** One session of a runtime: its log and state, its approver, its prompt, and the turns that run on them. */
import path from "node:path";
import type { Processes } from "../workers/processes.ts";
import { GantryError } from "./contract/errors.ts";
import type { EventData } from "./contract/events.ts";
import type { SessionShells } from "./contract/execution.ts";
import type { JsonObject, Usage } from "./contract/messages.ts";
import { didYouMean } from "./contract/nearest.ts";
import type { Hooks } from "./hooks.ts";
import { createApprover } from "./permission/approval.ts";
import { type Mode, refuseRootBypass } from "./permission/modes.ts";
import { parseRules, type Rule } from "./permission/rules.ts";
import type { RegisteredTool, Registry } from "./registry.ts";
import type { RuntimeOptions } from "./runtime.ts";
import { keepOutput } from "./session/kept-output.ts";
import { createQueue, createRecorder, type QueuedSession, type Record, type Recorder } from "./session/session.ts";
import type { SessionState } from "./session/state.ts";
import type { OpenedSession, SessionStore } from "./session/store.ts";
import { loadInstructions } from "./turn/instructions.ts";
import { systemPrompt } from "./turn/prompt.ts";
import { createRedactor } from "./turn/redact.ts";
import { type CallReport, prepareCall } from "./turn/tool-call.ts";
import { createToolInputs } from "./turn/tool-input.ts";
import { type ActiveModel, runTurn, type TurnDeps, type TurnOutcome } from "./turn/turn.ts";

export interface OpenOptions {
  /** An id, a unique prefix of one, or `last`; absent: a new session. */
  resume?: string;
  /** provider/name; default: the config's. */
  model?: string;
}

export interface Session extends QueuedSession<TurnOutcome> {
  readonly id: string;
  readonly state: SessionState;
  readonly model: string;
  readonly mode: Mode;
  /** What opening an existing log had to mend, for the user to know. */
  readonly recovery: readonly string[];
  /** From the next turn on. MODEL_INVALID. */
  setModel(name: string): Promise<void>;
  setMode(mode: Mode): void;
  /** One call outside a turn, through the dispatcher. */
  callTool(name: string, input: JsonObject): Promise<CallReport>;
  recordHook(fired: EventData["hook.fired"]): void;
  /** Ends the session in this process; later calls share the first one's end. */
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
}

/** Errors: SESSION_*, MODEL_INVALID, RULE_INVALID, ROOT_BYPASS_REFUSED, TOOL_UNKNOWN, LOG_WRITE_FAILED. */
export async function openSession(open: OpenOptions, deps: SessionDeps): Promise<Session> {
  const settings = deps.config.config;
  const tools = chooseTools(deps);
  const rules = readRules(deps);
  let mode = settings.permissions.mode;
  refuseRootBypass({ mode, uid: process.getuid?.(), allowed: deps.allowRootBypass ?? false });
  let modelName = open.model ?? settings.model;
  const opened = await openLog(open, modelName, deps);
  if (open.resume !== undefined && open.model === undefined && deps.config.sourceOf("model").layer === "default")
    modelName = opened.state.model;
  const model = await activate(modelName, deps);
  const { log, state } = opened;
  const { record, flush } = createRecorder({ log, state, opened: opened.appended, onEvent: deps.front?.onEvent });
  await deps.hooks.observe("session.open", {
    sessionId: log.id,
    source: open.resume === undefined ? "startup" : "resume",
    model: modelName,
  });

  const calls = callDeps({ opened, record, flush, tools, rules, deps, mode: () => mode });
  const turnDeps: TurnDeps = {
    model,
    provenMessages: 0,
    state,
    system: lazySystem(opened, record, deps),
    hooks: deps.hooks,
    record,
    flush,
    calls: calls.deps,
    limits: {
      maxTurns: settings.limits.maxTurns,
      maxCostUsd: settings.limits.maxCostUsd,
      timeoutMs: settings.limits.timeoutSeconds === undefined ? undefined : settings.limits.timeoutSeconds * 1_000,
      parallelReads: settings.limits.parallelReads,
    },
    price: deps.wantCost || settings.limits.maxCostUsd !== undefined ? lazyPrice() : undefined,
    onDelta: deps.front?.onDelta,
    // The thread first: it starts on the other core while this one loads what parses the input.
    warm: (tool) => void deps.warm(deps.registry.findTool(tool)?.plugin).then(calls.deps.inputs.warm),
  };
  const queue = createQueue<TurnOutcome>(async (input, signal) => {
    const outcome = await runTurn(input, turnDeps, signal);
    if (outcome.error) await deps.hooks.observe("error.raise", { code: outcome.error.code, message: outcome.error.message });
    return outcome;
  });

  async function close(reason: EventData["session.close"]["reason"]): Promise<void> {
    await queue.close();
    await calls.closeShells();
    await deps.hooks.observe("session.close", { sessionId: log.id, reason });
    record("session.close", { reason });
    await flush().finally(() => log.close());
  }
  let closing: Promise<void> | undefined;

  return {
    ...queue,
    id: log.id,
    state,
    recovery: opened.recovery?.notes ?? [],
    get model() {
      return modelName;
    },
    get mode() {
      return mode;
    },
    async setModel(name) {
      turnDeps.model = await activate(name, deps);
      modelName = name;
    },
    setMode(next) {
      refuseRootBypass({ mode: next, uid: process.getuid?.(), allowed: deps.allowRootBypass ?? false });
      mode = next;
    },
    callTool: (name, input) => callOnce(name, input, calls.deps, flush),
    recordHook: (fired) => void record("hook.fired", fired),
    close(reason = "done") {
      closing ??= close(reason);
      return closing;
    },
  };
}

async function openLog({ resume }: OpenOptions, model: string, { store, cwd, version }: SessionDeps): Promise<OpenedSession> {
  if (resume === undefined) {
    return await store.create({ cwd, model, versions: { gantry: version, node: process.versions.node } });
  }
  return await store.resume(resume, { cwd, model });
}

/** Those that --tools names, less those that a bare deny rule takes away. */
function chooseTools({ registry, tools: wanted }: SessionDeps): readonly RegisteredTool[] {
  const all = registry.tools();
  const names = all.map((tool) => tool.name);
  const unknown = wanted?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) {
    const each = unknown.map((name) => `there is no tool ${name}.${didYouMean(name, names)}`).join(" ");
    throw new GantryError("USAGE_INVALID", `${each} The tools are ${names.join(", ")}.`);
  }
  return wanted ? all.filter((tool) => wanted.includes(tool.name)) : all;
}

function readRules({ config, registry }: SessionDeps): readonly Rule[] {
  const { rules, problems } = parseRules(config.ruleList, registry.tools());
  if (problems.length === 0) return rules;
  const text = problems
    .map(({ message, file, line }) => (file ? `${file}${line ? `:${line}` : ""}: ${message}` : message))
    .join("\n");
  throw new GantryError("RULE_INVALID", text, { detail: { problems } });
}

async function activate(full: string, { registry, env, config, cwd, owner }: SessionDeps): Promise<ActiveModel> {
  const slash = full.indexOf("/");
  if (slash < 1 || slash === full.length - 1) {
    throw new GantryError(
      "MODEL_INVALID",
      `${full} is not a model name: it must be provider/name, such as ${config.config.model}`,
    );
  }
  const providerName = full.slice(0, slash);
  const provider = await registry.provider(providerName);
  const settings = (config.config.providers as { [name: string]: JsonObject | undefined })[providerName] ?? {};
  return { full, name: full.slice(slash + 1), provider, options: { env, settings, cwd, owner } };
}

interface CallDepsInput extends Recorder {
  opened: OpenedSession;
  tools: readonly RegisteredTool[];
  rules: readonly Rule[];
  deps: SessionDeps;
  mode(): Mode;
}

function callDeps({ opened, record, flush, tools, rules, deps, mode }: CallDepsInput): {
  deps: TurnDeps["calls"];
  closeShells(): Promise<void>;
} {
  const { log, state } = opened;
  const settings = deps.config.config;
  const sessionId = log.id;
  const ask = deps.front?.ask;
  const shells = lazyShells(opened, deps);
  const approverFor = (current: Mode) =>
    createApprover({
      policy: {
        mode: current,
        modeSource: deps.config.sourceOf("permissions.mode").source,
        rules,
        workspace: deps.config.project,
        additionalDirs: settings.permissions.additionalDirectories,
        outputDir: deps.store.outputDir(sessionId),
        home: deps.env["HOME"] ?? "/",
        approve: deps.approve ?? "prompt",
      },
      judge: (call) => deps.hooks.judge("tool.approve", call),
      judgeAsk: (call, reason) => deps.hooks.judge("tool.ask", { ...call, reason }),
      // What is asked about is seen first, and so on disk.
      ask: ask && (async (question, options) => flush().then(() => ask(question, options))),
      sessionRules: () => state.sessionRules,
      rememberAlways: (rule) => deps.config.rememberAlways(rule),
    });
  let approver = approverFor(mode());
  let approverMode = mode();

  return {
    closeShells: shells.close,
    deps: {
      sessionId,
      tools: tools.filter(
        (tool) => !rules.some((rule) => rule.behavior === "deny" && rule.tool === tool.name && rule.match.kind === "tool"),
      ),
      inputs: createToolInputs(),
      approve(call, tool, options) {
        if (approverMode !== mode()) {
          approverMode = mode();
          approver = approverFor(approverMode);
        }
        return approver.approve(call, tool, options);
      },
      hooks: deps.hooks,
      record,
      flush,
      cwd: () => state.cwd,
      services: {
        shells: shells.open,
        lastRead: async (file) => lastRead(state, file),
        askUser: deps.front?.askUser,
      },
      toolTimeoutMs: settings.limits.toolTimeoutMs,
      outputLimits: { maxBytes: settings.limits.toolOutputBytes, maxLines: settings.limits.toolOutputLines },
      keepOutput: (callId) => (text) => keepOutput(deps.store.outputDir(sessionId), callId, text),
      redact: createRedactor(deps.env),
      onProgress: (callId, text) => deps.front?.onDelta?.({ type: "delta", kind: "progress", callId, text }),
    },
  };
}

function lazyShells(opened: OpenedSession, deps: SessionDeps): { open: SessionShells; close(): Promise<void> } {
  let shells: Promise<SessionShells> | undefined;
  const get = (): Promise<SessionShells> =>
    (shells ??= deps
      .processes()
      .then((table) =>
        table.shells(opened.log.id, { outputDir: deps.store.outputDir(opened.log.id), env: deps.config.config.env }),
      ));
  return {
    open: {
      run: async (request, options) => await (await get()).run(request, options),
      start: async (request) => await (await get()).start(request),
      list: async () => await (await get()).list(),
      output: async (id, fromByte) => await (await get()).output(id, fromByte),
      stop: async (id) => await (await get()).stop(id),
      close: async () => await (await shells)?.close(),
    },
    close: async () => await (await shells)?.close(),
  };
}

/** What the model last knew of a file: the hash, and the text of the result that showed it. */
function lastRead(state: SessionState, file: string): { sha256: string; text?: string } | undefined {
  const known = state.reads.get(file);
  if (!known) return undefined;
  for (const message of state.messages) {
    if (message.role !== "user") continue;
    for (const block of message.content) {
      if (block.type !== "tool_result" || block.callId !== known.callId) continue;
      const [first] = block.content;
      return first?.type === "text" ? { sha256: known.sha256, text: first.text } : { sha256: known.sha256 };
    }
  }
  return { sha256: known.sha256 };
}

/** Instruction files are read once, when the first request is built; the prompt then stays the same, for the cache. */
function lazySystem(opened: OpenedSession, record: Record, deps: SessionDeps): () => Promise<string> {
  const { config, cwd, env, hooks } = deps;
  let system: Promise<string> | undefined;
  const build = async (): Promise<string> => {
    const instructions = await loadInstructions({ userDir: config.paths.configHome, root: config.project, cwd });
    for (const { file, bytes, truncated } of instructions) {
      record("instructions", { file, bytes, truncated });
      await hooks.observe("instructions.load", { sessionId: opened.log.id, file, bytes });
    }
    return systemPrompt({
      project: config.project,
      cwd,
      platform: process.platform,
      date: localDate(new Date()),
      shell: path.basename(env["SHELL"] ?? "sh"),
      instructions,
      ...(deps.systemPrompt === undefined ? {} : { replacement: deps.systemPrompt }),
      ...(deps.appendSystemPrompt === undefined ? {} : { addition: deps.appendSystemPrompt }),
    });
  };
  return () => (system ??= build());
}

/** YYYY-MM-DD by hand: the first use of a locale costs 11 ms. */
function localDate(now: Date): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

function lazyPrice(): (model: string, usage: Usage) => Promise<number | undefined> {
  return async (model, usage) => (await import("./turn/cost.ts")).costUsd(model, usage);
}

/** TOOL_UNKNOWN when there is no such tool. */
async function callOnce(
  name: string,
  input: JsonObject,
  deps: TurnDeps["calls"],
  flush: () => Promise<void>,
): Promise<CallReport> {
  const names = deps.tools.map((tool) => tool.name);
  if (!names.includes(name)) throw new GantryError("TOOL_UNKNOWN", `there is no tool ${name}.${didYouMean(name, names)}`);
  const call = { type: "tool_call" as const, callId: `call_${Date.now().toString(36)}`, name, input };
  const prepared = await prepareCall(call, { ...deps, signal: new AbortController().signal });
  const report = "run" in prepared ? await prepared.run() : prepared;
  await flush();
  return report;
}
