/**
 * What the product's own commands may use of the product: one part per host.* permission kind. A plugin whose grants
 * lack a kind meets PERMISSION_DENIED when it touches that part.
 */
import type { SessionEvent } from "./events.ts";
import type { ToolManifest } from "./manifest.ts";
import type { Json, JsonObject } from "./messages.ts";

export interface SessionSummary {
  id: string;
  project: string;
  /** The first line of the first input. */
  title: string;
  createdAt: string;
  updatedAt: string;
  events: number;
  turns: number;
  model: string;
  /** Set while another process holds it. */
  lockedBy?: { pid: number; host: string };
  /** Why its log could not be read; the rest is then empty. */
  broken?: string;
}

export interface VerifyReport {
  id: string;
  ok: boolean;
  events: number;
  /** Line numbers are 1-based. */
  problems: { line: number; what: string }[];
}

export interface SessionsHost {
  /** Newest first; of this project unless `all`. */
  list(options: { all: boolean }): Promise<SessionSummary[]>;
  /**
   * By id, unique prefix, or `last`; `events` go up to the first of the `problems`. SESSION_NOT_FOUND, SESSION_AMBIGUOUS,
   * SESSION_BROKEN when not even the first line can be read.
   */
  read(reference: string): Promise<{ summary: SessionSummary; events: SessionEvent[]; problems: VerifyReport["problems"] }>;
  verify(reference: string | undefined): Promise<VerifyReport[]>;
}

/** Where a value came from: `file:line`, an environment variable, a flag, or `default`. */
export interface ConfigSource {
  layer: "default" | "user" | "project" | "local" | "env" | "flag" | "managed";
  source: string;
}

export interface ConfigExplanation {
  key: string;
  value: Json;
  from: ConfigSource;
  /** Lower layers' values that this one hides, nearest first. */
  hidden: { value: Json; from: ConfigSource }[];
  /** For joined lists: each element and where it is from. */
  elements?: { value: Json; from: ConfigSource }[];
  description: string;
  note?: string;
}

export interface ConfigProblem {
  code: string;
  message: string;
  file?: string;
  line?: number;
  key?: string;
  hint?: string;
}

export interface TrustStatus {
  project: string;
  state: "trusted" | "untrusted" | "changed" | "nothing-to-trust";
  /** Plain words: what the project's files would have used. */
  parts: { what: string; source: string }[];
}

export interface ConfigHost {
  effective(): Promise<JsonObject>;
  explain(key: string): Promise<ConfigExplanation>;
  problems(): Promise<ConfigProblem[]>;
  schema(): Promise<JsonObject>;
  paths(): Promise<{ layer: string; path: string; exists: boolean }[]>;
  trust(action: "status" | "grant" | "revoke"): Promise<TrustStatus>;
  /** Writes a starter config into the project root; CONFIG_INVALID when there is one. Its path. */
  writeStarter(): Promise<string>;
}

export interface ToolsHost {
  list(): Promise<(ToolManifest & { plugin: string })[]>;
  /** By exact name. TOOL_UNKNOWN names the nearest. */
  find(name: string): Promise<ToolManifest & { plugin: string }>;
  /** Through the dispatcher: rules, judges, approval, thread, log. TOOL_UNKNOWN. */
  call(
    name: string,
    input: JsonObject,
  ): Promise<{ isError: boolean; code?: string; text: string; data?: JsonObject; durationMs: number }>;
}

export interface RunHost {
  /** How a user calls this build again, such as `npx gantry`. */
  readonly self: string;
  /**
   * A session of its own in a runtime of its own, shown on the terminal as `gantry run` shows it. `env` is all that
   * providers and tools see besides PATH, HOME and the XDG folders; `answer` is asked what a user would be asked.
   */
  converse(options: {
    cwd: string;
    env: Record<string, string>;
    prompt: string;
    model: string;
    answer(question: { tool: string; subject: string }): "yes" | "no";
  }): Promise<{ sessionId: string; exit: number; text: string }>;
}

export interface Host {
  readonly sessions: SessionsHost;
  readonly config: ConfigHost;
  readonly tools: ToolsHost;
  readonly run: RunHost;
}
