/** What the calls of one session run on: its tools, its approver, its shells, and what the core does on their behalf. */
import { randomUUID } from "node:crypto";
import { GantryError } from "./contract/errors.ts";
import type { SessionShells } from "./contract/execution.ts";
import type { JsonObject } from "./contract/messages.ts";
import { didYouMean } from "./contract/nearest.ts";
import type { SessionDeps } from "./open-session.ts";
import { type Approver, createApprover } from "./permission/approval.ts";
import type { Mode } from "./permission/modes.ts";
import { parseRules, type Rule } from "./permission/rules.ts";
import type { RegisteredTool } from "./registry.ts";
import { keepOutput } from "./session/kept-output.ts";
import type { Recorder } from "./session/session.ts";
import type { SessionState } from "./session/state.ts";
import type { OpenedSession } from "./session/store.ts";
import { createRedactor } from "./turn/redact.ts";
import { type CallReport, prepareCall } from "./turn/tool-call.ts";
import { createToolInputs } from "./turn/tool-input.ts";
import type { TurnDeps } from "./turn/turn.ts";

export interface SessionCalls {
  deps: TurnDeps["calls"];
  /** One call outside a turn. TOOL_UNKNOWN. */
  callOnce(name: string, input: JsonObject, signal: AbortSignal): Promise<CallReport>;
  closeShells(): Promise<void>;
}

/**
 * Rules and tools of a session that is about to open. USAGE_INVALID. A rule that names no tool was refused with the config
 * (core/config-problems.ts); one for a tool that is not loaded here, as with --no-plugins, has nothing to decide.
 */
export function chooseTools(deps: SessionDeps): { tools: readonly RegisteredTool[]; rules: readonly Rule[] } {
  const { rules } = parseRules(deps.config.ruleList, deps.registry.tools());
  const isDenied = (tool: RegisteredTool): boolean =>
    rules.some((rule) => rule.behavior === "deny" && rule.tool === tool.name && rule.match.kind === "tool");
  return { rules, tools: wantedTools(deps).filter((tool) => !isDenied(tool)) };
}

function wantedTools({ registry, tools: wanted }: SessionDeps): readonly RegisteredTool[] {
  const all = registry.tools();
  const names = all.map((tool) => tool.name);
  const unknown = wanted?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) {
    const each = unknown.map((name) => `there is no tool ${name}.${didYouMean(name, names)}`).join(" ");
    throw new GantryError("USAGE_INVALID", `${each} The tools are ${names.join(", ")}.`);
  }
  return wanted ? all.filter((tool) => wanted.includes(tool.name)) : all;
}

export interface CallsOptions extends Recorder {
  opened: OpenedSession;
  tools: readonly RegisteredTool[];
  rules: readonly Rule[];
  deps: SessionDeps;
  mode(): Mode;
}

export function createSessionCalls(options: CallsOptions): SessionCalls {
  const { opened, record, flush, tools, deps } = options;
  const { state } = opened;
  const sessionId = opened.log.id;
  const outputDir = deps.store.outputDir(sessionId);
  const { limits } = deps.config.config;
  const shells = lazyShells(outputDir, deps);
  const calls: TurnDeps["calls"] = {
    sessionId,
    tools,
    inputs: createToolInputs(),
    approve: approverOf(options),
    hooks: deps.hooks,
    record,
    flush,
    cwd: () => state.cwd,
    coreEffects: { shells, lastRead: async (file) => lastRead(state, file), askUser: deps.front?.askUser },
    toolTimeoutMs: limits.toolTimeoutMs,
    outputLimits: { maxBytes: limits.toolOutputBytes, maxLines: limits.toolOutputLines },
    keepOutput: (callId) => (text) => keepOutput(outputDir, callId, text),
    redact: createRedactor(deps.env),
    onProgress: (callId, text) => deps.front?.onDelta?.({ type: "delta", kind: "progress", callId, text }),
  };
  return {
    deps: calls,
    closeShells: shells.close,
    callOnce: (name, input, signal) => callOnce(name, input, { ...calls, signal }),
  };
}

/** One approver for as long as the mode stays: what it has compiled is the mode's. */
function approverOf({ opened, flush, rules, deps, mode }: CallsOptions): Approver["approve"] {
  const ask = deps.front?.ask;
  const create = (current: Mode): Approver =>
    createApprover({
      policy: {
        mode: current,
        modeSource: deps.config.sourceOf("permissions.mode").source,
        rules,
        workspace: deps.config.project,
        additionalDirs: deps.config.config.permissions.additionalDirectories,
        outputDir: deps.store.outputDir(opened.log.id),
        home: deps.env["HOME"] ?? "/",
        configHome: deps.config.paths.configHome,
        stateHome: deps.config.paths.stateHome,
        approve: deps.approve ?? "prompt",
      },
      judge: (call) => deps.hooks.judge("tool.approve", call),
      judgeAsk: (call, reason) => deps.hooks.judge("tool.ask", { ...call, reason }),
      // What is asked about is seen first, and so on disk.
      ask: ask && (async (question, options) => flush().then(() => ask(question, options))),
      sessionRules: () => opened.state.sessionRules,
      rememberAlways: (rule) => deps.config.rememberAlways(rule),
    });
  let current: { mode: Mode; approver: Approver } | undefined;
  return (call, tool, options) => {
    if (current?.mode !== mode()) current = { mode: mode(), approver: create(mode()) };
    return current.approver.approve(call, tool, options);
  };
}

/** The process table is made with the first shell. */
function lazyShells(outputDir: string, deps: SessionDeps): SessionShells {
  let shells: Promise<SessionShells> | undefined;
  const get = (): Promise<SessionShells> => {
    shells ??= deps.processes().then((table) => table.shells({ outputDir, env: deps.config.config.env }));
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

async function callOnce(
  name: string,
  input: JsonObject,
  deps: TurnDeps["calls"] & { signal: AbortSignal },
): Promise<CallReport> {
  const names = deps.tools.map((tool) => tool.name);
  if (!names.includes(name)) throw new GantryError("TOOL_UNKNOWN", `there is no tool ${name}.${didYouMean(name, names)}`);
  const call = { type: "tool_call" as const, callId: `call_${randomUUID()}`, name, input };
  const prepared = await prepareCall(call, deps);
  const report = "run" in prepared ? await prepared.run() : prepared;
  await deps.flush();
  return report;
}
