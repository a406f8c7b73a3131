/**
 * How the core hands one approved call to whatever runs it, and what comes back. The registry holds an `execute` of this
 * shape for every tool; only workers/ knows whether a thread or a process stands behind it.
 */
import type { FileStamp, SessionEvent } from "./events.ts";
import type { ToolManifest } from "./manifest.ts";
import type { JsonObject, ResultContent, Usage } from "./messages.ts";
import type {
  BackgroundOutput,
  BackgroundRun,
  RunRequest,
  RunResult,
  SessionEffects,
  UserAnswer,
  UserQuestion,
} from "./plugin.ts";

/** Files that no read, list or search shows: gitignore patterns relative to `base`, an absolute real folder. */
export interface HiddenPaths {
  base: string;
  patterns: string[];
}

/** How far one call's file effects reach, as its approval decided. All paths are absolute and real. */
export interface Reach {
  workspace: string;
  /** Folders whose content the call may touch: the workspace, added folders, this session's tool output. */
  roots: string[];
  /** Single paths (or folders, for searches) outside the roots or hidden, that this call's approval named. */
  approved: string[];
  hidden: HiddenPaths[];
}

/** Background and foreground shells of one session, as the core's process table offers them. */
export interface SessionShells {
  /** The result's `cwd` is the shell's last folder where that is inside `roots`, else the request's. */
  run(
    request: RunRequest & { cwd: string; roots: readonly string[] },
    options: { signal: AbortSignal; onOutput(text: string): void },
  ): Promise<RunResult>;
  start(request: RunRequest & { cwd: string }): Promise<BackgroundRun>;
  list(): Promise<BackgroundRun[]>;
  output(id: string, fromByte: number | "unread"): Promise<BackgroundOutput>;
  stop(id: string): Promise<BackgroundRun>;
  /** Ends every background run of the session; resolves when all are gone. */
  close(): Promise<void>;
}

/** A session's side of MCP, for the tools that find tools and resources of servers. */
export interface McpEffects {
  /** The tools of servers that this session may use now, sent with its requests or not. */
  tools(): readonly (ToolManifest & { mcp?: { server: string; tool: string } })[];
  /** From the next request on they are sent; kept with the session. */
  load(names: readonly string[]): void;
  /** Changes of the resource are told to the model, or no more. False: as many as may be are watched already. */
  watch(server: string, uri: string, state: "on" | "off"): boolean;
}

/** What the core does on a running call's behalf. */
export interface CoreEffects {
  shells: SessionShells;
  lastRead: SessionEffects["lastRead"];
  /** Undefined when nobody can answer: the effect then fails with USER_UNAVAILABLE. */
  askUser: ((questions: readonly UserQuestion[], options: { signal: AbortSignal }) => Promise<UserAnswer[]>) | undefined;
  /** One question to the session's model, paid by the session; undefined without one. Its tokens count. */
  askModel?: (
    prompt: string,
    options: { system?: string; maxOutputTokens?: number; signal: AbortSignal },
  ) => Promise<{ text: string; usage: Usage }>;
  /** Shows the user a plugin's notice. */
  notify?: (text: string, from: string) => Promise<void>;
  /** The newest events of a session: the own one without an id. SESSION_*. */
  events?: (options: { sessionId?: string; limit: number }) => Promise<SessionEvent[]>;
  /** Absent where no MCP server is configured. */
  mcp?: McpEffects;
}

export interface ToolExecution {
  callId: string;
  /** Absent for a call that no session makes. */
  sessionId?: string;
  input: JsonObject;
  cwd: string;
  reach: Reach;
  timeoutMs: number | "own";
  signal: AbortSignal;
  coreEffects: CoreEffects;
  onProgress(text: string): void;
}

/** A tool's own result, before tool.result rewriters and output caps. */
export interface ToolOutcome {
  content: ResultContent[];
  isError: boolean;
  code?: string;
  data?: JsonObject;
  files?: FileStamp[];
  /** The shell's folder after the call, where a run of it moved. */
  cwd?: string;
}

/** Runs a call to its end: returns the tool's outcome, or throws TOOL_FAILED, TOOL_TIMEOUT, TOOL_CRASHED, TOOL_INTERRUPTED or an effect's code. */
export type Execute = (execution: ToolExecution) => Promise<ToolOutcome>;
