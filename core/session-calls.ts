/** What the calls of one session run on: its tools, its approver, its shells, and what the core does on their behalf. */
import { randomUUID } from "node:crypto";
import { GantryError } from "./contract/errors.ts";
import type { CoreEffects, SessionShells } from "./contract/execution.ts";
import type { JsonObject, ToolCallBlock } from "./contract/messages.ts";
import { didYouMean } from "./contract/nearest.ts";
import { knownServers } from "./known-servers.ts";
import type { SessionDeps } from "./open-session.ts";
import type { Mode } from "./permission/modes.ts";
import { isDeniedWhole, parseRules, type Rule } from "./permission/rules/rules.ts";
import type { RegisteredTool } from "./registry.ts";
import { createKeptOutputs } from "./session/kept-output.ts";
import type { Recorder } from "./session/session.ts";
import type { SessionState } from "./session/state.ts";
import type { OpenedSession } from "./session/store.ts";
import { createSessionApproval } from "./session-approval.ts";
import type { SessionMcp } from "./session-mcp.ts";
import { createHearing } from "./turn/hearing.ts";
import { type CallReport, prepareCall } from "./turn/tool-call.ts";
import { createToolInputs } from "./turn/tool-input.ts";
import type { TurnDeps } from "./turn/turn.ts";
import { wantedTools } from "./wanted-tools.ts";

export interface SessionCalls {
  deps: TurnDeps["calls"];
  /** One call outside a turn. TOOL_UNKNOWN. */
  callOnce(name: string, input: JsonObject, options: { signal: AbortSignal; callId?: string }): Promise<CallReport>;
  closeShells(): Promise<void>;
}

/** What decides which tools a session offers. */
export type Choosing = Pick<SessionDeps, "registry" | "config" | "tools" | "mcp"> & {
  live: Pick<SessionDeps["live"], "ruleLines">;
};

/**
 * Rules and tools of a session that is about to open. USAGE_INVALID. A rule that names no tool was refused with the config
 * (core/config-problems.ts); one for a tool that is not loaded here, as with --no-plugins, has nothing to decide.
 */
export function chooseTools(deps: Choosing): Chosen {
  const { rules } = parseRules(deps.live.ruleLines, deps.registry.tools(), knownServers(deps.config));
  return { rules, tools: wantedTools(deps).filter((tool) => !isDeniedWhole(rules, tool)) };
}

export interface Chosen {
  tools: readonly RegisteredTool[];
  rules: readonly Rule[];
}

export interface CallsOptions extends Recorder {
  opened: OpenedSession;
  /** Of the config as it is now. */
  chosen(): Chosen;
  deps: SessionDeps;
  mode(): Mode;
  /** Tells hooks that the user is wanted; nobody waits for them. */
  notify(kind: "permission_prompt" | "question" | "notice", message: string): void;
  /** One question to the session's model; its tokens are counted. */
  ask: NonNullable<CoreEffects["askModel"]>;
  /** Absent where no MCP server is configured. */
  mcp: SessionMcp | undefined;
}

export function createSessionCalls(options: CallsOptions): SessionCalls {
  const { opened, record, flush, deps } = options;
  const { state } = opened;
  const sessionId = opened.log.id;
  const outputDir = deps.store.outputDir(sessionId);
  const shells = lazyShells(outputDir, options);
  const outputs = createKeptOutputs(outputDir);
  // What the config says is asked anew by every turn.
  const calls: TurnDeps["calls"] = {
    sessionId,
    get tools() {
      return options.chosen().tools;
    },
    ...(options.mcp ? { late: options.mcp.late } : {}),
    inputs: createToolInputs(),
    approve: createSessionApproval(options),
    hooks: deps.hooks,
    hearing: createHearing(),
    record,
    flush,
    cwd: () => state.cwd,
    coreEffects: {
      ...{ shells, askModel: options.ask },
      ...(options.mcp ? { mcp: options.mcp.effects } : {}),
      lastRead: async (file) => lastRead(state, file),
      askUser: announced(options),
      notify: async (text, from) => {
        const clean = deps.redactor().text(text);
        record("note", { text: clean, from });
        options.notify("notice", `${from}: ${clean}`);
      },
      events: async ({ sessionId: wanted = sessionId, limit }) => {
        if (wanted === sessionId) await flush();
        return (await deps.store.read(wanted)).events.slice(-limit);
      },
    },
    get toolTimeoutMs() {
      return deps.config.config.limits.toolTimeoutMs;
    },
    get outputLimits() {
      const { toolOutputBytes, toolOutputLines } = deps.config.config.limits;
      return { maxBytes: toolOutputBytes, maxLines: toolOutputLines };
    },
    keepOutput: (callId) => (text) => outputs.keep(callId, text),
    // Asked anew each time: a plugin may have read a secret since.
    redact: {
      text: (text) => deps.redactor().text(text),
      content: (content) => deps.redactor().content(content),
      data: (data) => deps.redactor().data(data),
    },
    onProgress: (callId, text) => deps.front?.onDelta?.({ type: "delta", kind: "progress", callId, text }),
  };
  return {
    deps: calls,
    closeShells: shells.close,
    callOnce: async (name, input, { signal, callId = `call_${randomUUID()}` }) => {
      const call = { type: "tool_call" as const, callId, name, input };
      return await callOnce(call, { ...calls, hearing: createHearing(), signal });
    },
  };
}

function announced({ deps, notify }: CallsOptions): CoreEffects["askUser"] {
  const askUser = deps.front?.askUser;
  if (askUser === undefined) return undefined;
  return async (questions, asking) => {
    notify("question", questions.map(({ question }) => question).join("\n"));
    return await askUser(questions, asking);
  };
}

/** The process table is made with the first shell. */
function lazyShells(outputDir: string, { opened, deps, chosen }: CallsOptions): SessionShells {
  let shells: Promise<SessionShells> | undefined;
  const get = (): Promise<SessionShells> => {
    const sandbox = async () => {
      const mode = deps.config.config.sandbox.shell;
      if (mode === "off") return undefined;
      const { confinementOf } = await import("./sandbox-policy.ts");
      const home = deps.env["HOME"] ?? "/";
      return confinementOf(mode, () => {
        const { config, project, paths, hookScripts } = deps.config;
        return {
          config: { config, project, paths, hookScripts, ruleList: [...deps.live.ruleLines] },
          rules: chosen().rules,
          outputDir,
          home,
        };
      });
    };
    shells ??= Promise.all([deps.processes(), sandbox()]).then(([table, confinement]) =>
      table.shells({ outputDir, laterEnv: async () => await deps.shellEnv(opened.log.id), sandbox: confinement }),
    );
    return shells;
  };
  return {
    run: async (request, options) => await (await get()).run(request, options),
    start: async (request) => await (await get()).start(request),
    list: async () => await (await get()).list(),
    output: async (id, fromByte) => await (await get()).output(id, fromByte),
    stop: async (id) => await (await get()).stop(id),
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

async function callOnce(call: ToolCallBlock, deps: TurnDeps["calls"] & { signal: AbortSignal }): Promise<CallReport> {
  const { name } = call;
  const names = deps.tools.map((tool) => tool.name);
  if (!names.includes(name) && deps.late?.knows(name) !== true)
    throw new GantryError("TOOL_UNKNOWN", `there is no tool ${name}.${didYouMean(name, names)}`);
  const prepared = await prepareCall(call, deps);
  const report = "run" in prepared ? await prepared.run() : prepared;
  const stop = deps.hearing.takeStop();
  if (stop) deps.record("note", { text: `${stop.by}: ${stop.reason}`, from: stop.by });
  await deps.flush();
  return report;
}
