/**
 * host.serve: this Gantry for clients of a protocol, each call through the dispatcher, under the rules, hooks and trust of a
 * run. Types only. The protocol's own part is the plugin's (plugins/mcp/serve); core/shell/serve-host.ts is the other side.
 */
import type { CommandInput } from "./command.ts";
import type { StopReason } from "./events.ts";
import type { ToolManifest } from "./manifest.ts";
import type { JsonObject, ResultContent, Usage } from "./messages.ts";
import type { UserAnswer, UserQuestion } from "./tool-context.ts";

export interface ServeHost {
  /** The process's own two streams; nothing else writes to stdout while a command uses them. */
  readonly stdio: ServedStdio;
  /** What a run with these session flags would start with. CONFIG_*, RULE_INVALID, TRUST_REQUIRED, USAGE_INVALID, PLUGIN_*. */
  open(options: { flags: CommandInput["flags"] }): Promise<Served>;
}

export interface ServedStdio {
  /** Until stdin ends or `signal` is aborted; the next piece is read when it is asked for. */
  read(options: { signal: AbortSignal }): AsyncIterable<Uint8Array>;
  /** Resolves when stdout has taken it; false when its reader is gone. */
  write(text: string): Promise<boolean>;
}

export interface Served {
  readonly version: string;
  /** Real path of the folder that it works in. */
  readonly cwd: string;
  /** Offered now: no tool that a deny rule takes away, none of an MCP server's, none that asks the user. */
  tools(): readonly ServedTool[];
  connect(client: ServedClient): ServedSession;
  /** Ends sessions, threads and processes. */
  close(): Promise<void>;
}

export type ServedTool = ToolManifest & { plugin: string };

export interface ServedClient {
  /** As the client calls itself, and how it is connected; noted in the logs of its sessions. */
  name: string;
  /** It has a user who can be asked. */
  canAsk: boolean;
  /** What hooks, plugins and the session say to the user. */
  onNote(note: { level: "info" | "warning"; text: string }): void;
}

/** One client's: tool calls share a session that opens with the first of them; each run is a session of its own. */
export interface ServedSession {
  /** TOOL_UNKNOWN, QUEUE_FULL, LOG_WRITE_FAILED; all else is in the result. */
  call(name: string, input: JsonObject, call: ServedCall): Promise<ServedResult>;
  /** SESSION_*, MODEL_INVALID, QUEUE_FULL; how its turn ended is in the result. */
  run(request: ServedRunRequest, call: ServedCall): Promise<ServedRun>;
  close(): Promise<void>;
}

/** What belongs to one request of the client. */
export interface ServedCall {
  signal: AbortSignal;
  /** One line, in order, so many a second at most. */
  onProgress(text: string): void;
  /** `text` is what a terminal would show. Only asked where the client can ask. */
  ask(question: { tool: string; text: string }, options: { signal: AbortSignal }): Promise<{ allow: boolean; reason?: string }>;
  askUser(questions: readonly UserQuestion[], options: { signal: AbortSignal }): Promise<UserAnswer[]>;
}

export interface ServedResult {
  content: ResultContent[];
  isError: boolean;
  code?: string;
  data?: JsonObject;
}

export interface ServedRunRequest {
  prompt: string;
  /** The whole id of an earlier session of the project. */
  sessionId?: string;
  /** provider/name. */
  model?: string;
  /** Lowers the config's limit. */
  maxTurns?: number;
}

export interface ServedRun {
  sessionId: string;
  text: string;
  /** As `run --output json` says it. */
  stopReason: StopReason;
  /** Of the session, this one included. */
  turns: number;
  /** Model requests of this turn. */
  steps: number;
  usage: Usage;
  /** Null for a model without a known price. */
  costUsd: number | null;
  error?: { code: string; message: string; hint: string };
}
