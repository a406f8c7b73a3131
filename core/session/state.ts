/** Events folded into a session's state: the only way state is made. Events of unknown types change nothing but the count. */
import type { DecidedBy, EventData, SessionEvent } from "../contract/events.ts";
import { addUsage, type Message, noUsage, type ToolCallBlock, type Usage } from "../contract/messages.ts";
import { addAnswer, addInput, addResult } from "./view.ts";

/** How far a call came that has no result yet. `allowed` and later may have changed something. */
type CallStage = "asked" | "called" | "denied" | "allowed" | "started";

interface Denial {
  callId: string;
  name: string;
  by: DecidedBy;
  reason?: string;
}

export interface SessionState {
  id: string;
  /** Real path of the project root. */
  project: string;
  /** Provider and model, as last opened or resumed with. */
  model: string;
  /** The session's folder now: absolute, as the last shell call left it. */
  cwd: string;
  createdAt: string;
  updatedAt: string;
  /** Events folded, and the `seq` of the last. */
  events: number;
  /** The first line of the first input, at most 120 characters; empty before it. */
  title: string;
  /** The model's view. User and assistant messages alternate; grows at the end only. */
  messages: Message[];
  /** Turns and steps begun. */
  turns: number;
  steps: number;
  usage: Usage;
  /** US dollars of the turns that ended with a price. */
  costUsd?: number;
  lastUsage?: Usage;
  /** Usage of the last answer, and how many messages there were with it. */
  lastRequest?: { usage: Usage; messages: number };
  /** What the model last knew of each file, by real path. */
  reads: Map<string, { sha256: string; callId?: string }>;
  /** Rules the user allowed for the rest of the session. */
  sessionRules: string[];
  /** Deferred MCP tools that were loaded, in that order. */
  mcpTools: string[];
  /** MCP servers as they last were in the log. */
  mcpServers: Map<string, Pick<EventData["mcp.server"], "state" | "tools" | "code">>;
  /** Calls without a result, in the order of their answer. */
  openCalls: Map<string, ToolCallBlock>;
  callStages: Map<string, { stage: CallStage; reason?: string }>;
  denials: Denial[];
  /** A turn has begun and not ended. */
  inTurn: boolean;
  /** A request went out and its answer is not in the log. */
  awaitsAnswer: boolean;
  /** The reason of the last session.close, unset by what comes after it. */
  closed: EventData["session.close"]["reason"] | undefined;
}

export function emptyState(): SessionState {
  return {
    id: "",
    project: "",
    model: "",
    cwd: "",
    createdAt: "",
    updatedAt: "",
    events: 0,
    title: "",
    messages: [],
    turns: 0,
    steps: 0,
    usage: noUsage,
    reads: new Map(),
    sessionRules: [],
    mcpTools: [],
    mcpServers: new Map(),
    openCalls: new Map(),
    callStages: new Map(),
    denials: [],
    inTurn: false,
    awaitsAnswer: false,
    closed: undefined,
  };
}

/** Changes `state` and returns it. Keeps references into the event; neither may be changed from outside afterwards. */
export function foldEvent(state: SessionState, event: SessionEvent): SessionState {
  state.events = event.seq;
  state.updatedAt = event.at;
  state.closed = undefined;
  // A type this build does not know has no row; so has every type that changes nothing.
  const fold = Object.hasOwn(folds, event.type) ? folds[event.type] : undefined;
  fold?.(state, event.data as never, event.at);
  return state;
}

type Folds = { [T in keyof EventData]?: (state: SessionState, data: EventData[T], at: string) => void };

const folds: Folds = {
  "session.open": (state, { id, project, cwd, model }, at) => {
    Object.assign(state, { id, project, cwd, model, createdAt: at });
  },
  "session.resume": (state, { cwd, model }) => {
    Object.assign(state, { cwd, model, inTurn: false, awaitsAnswer: false });
  },
  "session.close": (state, { reason }) => {
    state.closed = reason;
  },
  input: (state, { content }) => {
    if (state.title === "") state.title = titleOf(content);
    addInput(state.messages, content);
  },
  "turn.start": (state) => {
    state.turns++;
    state.inTurn = true;
  },
  "turn.end": (state, { costUsd }) => {
    state.inTurn = false;
    state.awaitsAnswer = false;
    if (costUsd !== undefined) state.costUsd = (state.costUsd ?? 0) + costUsd;
  },
  "step.start": (state) => {
    state.steps++;
    state.awaitsAnswer = true;
  },
  answer: foldAnswer,
  "tool.call": (state, { callId }) => advance(state, callId, "called"),
  "tool.approval": foldApproval,
  "tool.start": (state, { callId }) => advance(state, callId, "started"),
  "tool.result": foldResult,
  "hook.fired": (state, { usage }) => {
    if (usage !== undefined) state.usage = addUsage(state.usage, usage);
  },
  "mcp.ask": (state, { usage }) => {
    if (usage !== undefined) state.usage = addUsage(state.usage, usage);
  },
  "mcp.server": (state, { server, state: is, tools, code }) => {
    const facts = { state: is, ...(tools === undefined ? {} : { tools }), ...(code === undefined ? {} : { code }) };
    state.mcpServers.set(server, facts);
  },
  "mcp.tools": (state, { loaded }) => {
    state.mcpTools.push(...loaded.filter((name) => !state.mcpTools.includes(name)));
  },
  "tool.failed": (state, { callId, code, message }) => {
    settle(state, callId, { content: [{ type: "text", text: `${code}: ${message}` }], isError: true, code });
  },
};

function foldAnswer(state: SessionState, { message, usage }: EventData["answer"]): void {
  state.awaitsAnswer = false;
  state.usage = addUsage(state.usage, usage);
  state.lastUsage = usage;
  addAnswer(state.messages, message);
  state.lastRequest = { usage, messages: state.messages.length };
  for (const block of message.content) {
    if (block.type !== "tool_call") continue;
    state.openCalls.set(block.callId, block);
    state.callStages.set(block.callId, { stage: "asked" });
  }
}

function foldApproval(state: SessionState, data: EventData["tool.approval"]): void {
  const { callId, verdict, by, reason, remembered } = data;
  const because = reason === undefined ? {} : { reason };
  const rules = remembered?.for === "session" ? [remembered.rule, ...(remembered.more ?? [])] : [];
  state.sessionRules.push(...rules.filter((rule) => !state.sessionRules.includes(rule)));
  if (verdict === "deny") {
    state.denials.push({ callId, name: state.openCalls.get(callId)?.name ?? "", by, ...because });
  }
  if (state.openCalls.has(callId)) {
    state.callStages.set(callId, { stage: verdict === "deny" ? "denied" : "allowed", ...because });
  }
}

function foldResult(state: SessionState, data: EventData["tool.result"]): void {
  const { callId, content, isError, code, files, cwd } = data;
  for (const { path, sha256 } of files ?? []) state.reads.set(path, { sha256, callId });
  if (cwd !== undefined) state.cwd = cwd;
  settle(state, callId, { content, isError, ...(code === undefined ? {} : { code }) });
}

function advance(state: SessionState, callId: string, stage: CallStage): void {
  if (state.openCalls.has(callId)) state.callStages.set(callId, { stage });
}

/** The first result of a call is its result; one for no open call is a fact in the log and nothing to the model. */
function settle(state: SessionState, callId: string, result: Parameters<typeof addResult>[2]): void {
  if (!state.openCalls.delete(callId)) return;
  state.callStages.delete(callId);
  addResult(state.messages, callId, result);
}

function titleOf(content: EventData["input"]["content"]): string {
  for (const block of content) {
    const line = block.type === "text" ? block.text.trim().split("\n", 1)[0]?.trim() : undefined;
    if (line) return line.length > 120 ? `${line.slice(0, 119)}…` : line;
  }
  return "";
}
