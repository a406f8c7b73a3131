/** One run of a hook handler, as the core asks the workers for it, and how it ended. Neither ever throws but for a cancel. */
import type { JsonObject } from "./messages.ts";

/** A shell line, or with `args` a file that is run without a shell. */
export interface HookCommand {
  command: string;
  args?: readonly string[];
  /** Of a shell line; default sh. */
  shell?: "sh" | "bash";
  /** Absolute. */
  cwd: string;
  /** Added to what every child of the core is given. */
  env: Readonly<Record<string, string>>;
  stdin: string;
  timeoutMs: number;
}

/** Why a program did not end by itself. `output`: it went on printing beyond what anybody would read. */
export type HookEnding = "timeout" | "output" | "cancel";

export interface HookExit {
  exitCode: number | null;
  signal: string | null;
  ended?: HookEnding;
  /** It could not be started: the reason. */
  notStarted?: string;
  /** As printed, what is not UTF-8 replaced. */
  stdout: string;
  stderr: string;
  /** More was printed than is kept: 1 MiB of each. */
  cut: boolean;
  /** Processes that it left running and that were ended with it. */
  left: number;
}

export interface HookRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  timeoutMs: number;
}

/** `problem` when there is no whole answer; `status` as far as one came. */
export interface HookAnswer {
  status?: number;
  body: string;
  problem?: string;
  ended?: "timeout" | "cancel";
}

/** One call of a tool of an MCP server; `tool` is the server's own name of it. */
export interface HookToolCall {
  server: string;
  tool: string;
  input: JsonObject;
  sessionId: string;
  timeoutMs: number;
}

/** Text of its result; with `isError` also why it was denied, or could not be called. */
export interface HookToolAnswer {
  text: string;
  isError: boolean;
}

/** How the core reaches what runs hooks. */
export interface HookRunners {
  command(request: HookCommand, options: { signal: AbortSignal }): Promise<HookExit>;
  http(request: HookRequest, options: { signal: AbortSignal }): Promise<HookAnswer>;
}
