/**
 * What a plugin's author writes: types and identity functions, nothing else, so that it loads in no time. The same
 * module shape serves built-ins and community plugins; tools run in a thread, commands, providers and taps in the core.
 */
import type * as z from "zod";
import type { ErrorCode } from "./errors.ts";
import type { FileStamp } from "./events.ts";
import type { HookKind, HookPayloads, HookPoint, HookReplies, Judgement, RewritePoint } from "./hooks.ts";
import type { Host, SessionSummary, VerifyReport } from "./host.ts";
import type { Answer, Json, JsonObject, Message, ResultContent, Usage } from "./messages.ts";
import type { Grants } from "./permissions.ts";

// ── Tools ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * What a call of the tool may change, for approval and for running calls side by side. `reads`: nothing. `session`:
 * only this session's own state, never asked. `writes`: files. `runs`: programs, the network, anything else.
 */
export type ToolEffect = "reads" | "session" | "writes" | "runs";

/** The input field that a rule's specifier is compared with. A path that is absent means the working folder. */
export interface ToolSubject {
  kind: "path" | "command";
  field: string;
  /** A field with a glob: when the path is absent and the glob begins at `/` or `~/`, the folder it looks in is the path. */
  glob?: string;
}

export interface ToolDefinition<Input = never> {
  /** Letters, digits, `_`; at most 64. The public names (Read, Write, …) are the built-ins'. */
  name: string;
  description: string;
  /** Makes the input's schema. Called when the schema is first needed, so that a tool nobody calls costs nothing. */
  input(): z.ZodType<Input>;
  effect: ToolEffect;
  subject?: ToolSubject;
  /** Whole call, in milliseconds. Default: `limits.toolTimeoutMs`. `"own"`: the tool bounds itself. */
  timeoutMs?: number | "own";
  execute(input: Input, ctx: ToolContext): Promise<ToolOutput> | ToolOutput;
}

/** A text, or the parts of a result. `data` is for programs and the terminal (`data.diff` is shown as a diff). */
export type ToolOutput =
  | string
  | {
      content: string | ResultContent[];
      isError?: boolean;
      /** A row of the error table, when isError. */
      code?: string;
      data?: JsonObject;
      /** Files whose content the model now knows; feeds the stale-edit check. */
      files?: FileStamp[];
    };

export interface ToolContext {
  readonly callId: string;
  /** The session's current folder; absolute and real. Relative paths are relative to it. */
  readonly cwd: string;
  /** The workspace root; absolute and real. */
  readonly workspace: string;
  /** Aborted on cancel and on timeout. */
  readonly signal: AbortSignal;
  /** Shows a line of progress to the user; not kept. */
  progress(text: string): void;
  readonly fs: FileEffects;
  readonly process: ProcessEffects;
  readonly user: { ask(questions: readonly UserQuestion[]): Promise<UserAnswer[]> };
  readonly session: SessionEffects;
}

/** Paths may be relative to cwd or start with `~/`. Every method throws GantryError with an effect's code. */
export interface FileEffects {
  /** A whole file of at most `maxBytes` (default 10 MiB). FILE_NOT_FOUND, FILE_NOT_REGULAR, FILE_TOO_LARGE, PATH_*. */
  read(path: string, options?: { maxBytes?: number }): Promise<FileContent>;
  /** A window of lines of a text file of any size, streamed: `offset` is 1-based. The hash is of the whole file. */
  readLines(path: string, window: { offset: number; limit: number; maxBytes: number }): Promise<FileLines>;
  /**
   * Replaces or creates a file by temp + fsync + rename; keeps the mode. `expect` is the hash the file must have now, null
   * for "must not exist"; anything else is FILE_CHANGED and the file stays as it is.
   */
  write(path: string, content: string | Uint8Array, options: { expect: string | null }): Promise<FileStamp>;
  list(query: ListQuery): Promise<ListResult>;
  search(query: SearchQuery): Promise<SearchResult>;
}

export interface FileContent extends FileStamp {
  bytes: Uint8Array;
  mode: number;
  modifiedAt: string;
}

export interface FileLines extends FileStamp {
  lines: string[];
  /** Lines in the whole file. */
  totalLines: number;
  sizeBytes: number;
  /** NUL in the first 8 KiB, or not UTF-8. `lines` is then empty. */
  isBinary: boolean;
  /** The first bytes, at most 512, when isBinary. */
  head?: Uint8Array;
  /** maxBytes ended the window before limit did. */
  cut: boolean;
}

export interface ListQuery {
  pattern: string;
  path?: string;
  limit: number;
}

/** `paths` relative to the folder searched, newest first; `total` counts what `limit` cut off too. */
export interface ListResult {
  paths: string[];
  total: number;
  /** There was more than could be looked at: `total` is then too small. */
  cut?: boolean;
}

export interface SearchQuery {
  pattern: string;
  path?: string;
  glob?: string;
  type?: string;
  ignoreCase: boolean;
  multiline: boolean;
  before: number;
  after: number;
  mode: "content" | "files_with_matches" | "count";
  lineNumbers: boolean;
  limit: number;
  offset: number;
}

/** `lines` as grep prints them, or file names, or `file:count`; `total` counts what limit and offset cut off too. */
export interface SearchResult {
  lines: string[];
  total: number;
  matches: number;
  engine: "ripgrep" | "javascript";
  /** There was more than could be looked at: `total` and `matches` are then too small. */
  cut?: boolean;
}

export interface ProcessEffects {
  /** Runs a shell line in its own process group and waits; ended with its children at timeoutMs or on cancel. */
  run(request: RunRequest): Promise<RunResult>;
  /** Starts a shell line and returns at once. RUN_LIMIT. */
  start(request: RunRequest): Promise<BackgroundRun>;
  /** Background runs of this session, oldest first. */
  list(): Promise<BackgroundRun[]>;
  /** What a background run wrote since `fromByte`, at most 60,000 bytes and 1,900 lines; "unread" goes on where the last such read ended. RUN_UNKNOWN. */
  output(id: string, fromByte: number | "unread"): Promise<BackgroundOutput>;
  /** Ends a background run and all its children. RUN_UNKNOWN. */
  stop(id: string): Promise<BackgroundRun>;
}

export interface RunRequest {
  command: string;
  /** Infinity for a background run without a bound. */
  timeoutMs: number;
  /** Bytes and lines of output handed back, without the note where it is cut; the whole stays in `outputFile`. */
  maxOutputBytes: number;
  maxOutputLines: number;
}

export interface RunResult {
  exitCode: number | null;
  signal: string | null;
  timedOut: boolean;
  /** Output and errors as they came, head and tail when cut, without terminal codes. */
  output: string;
  outputBytes: number;
  /** Holds the whole output when it was cut. The model may Read it. */
  outputFile?: string;
  /** The shell's folder at the end. */
  cwd: string;
  /** What the core did beside running it, one sentence each: children ended, output limit met, a folder not followed. */
  notes: string[];
}

export interface BackgroundRun {
  id: string;
  command: string;
  startedAt: string;
  state: "running" | "exited" | "stopped";
  exitCode: number | null;
  signal: string | null;
  outputFile: string;
  outputBytes: number;
}

export interface BackgroundOutput {
  run: BackgroundRun;
  text: string;
  /** Where the next read goes on; less than `run.outputBytes` when there is more already. */
  nextByte: number;
}

export interface UserQuestion {
  question: string;
  header?: string;
  options: { label: string; description?: string }[];
  multiSelect?: boolean;
}

export interface UserAnswer {
  question: string;
  answers: string[];
}

export interface SessionEffects {
  /** What the model last knew of a file (real, absolute path); `text` is what it was shown of it, where it was. */
  lastRead(path: string): Promise<{ sha256: string; text?: string } | undefined>;
}

// ── Providers ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ToolSpec {
  name: string;
  description: string;
  inputSchema: JsonObject;
}

/** All a provider needs for one answer. `model` is the name behind the provider's own. */
export interface ModelRequest {
  model: string;
  system: string;
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  maxOutputTokens?: number;
}

export type ModelEvent =
  | { type: "text"; text: string }
  | { type: "thinking"; text: string }
  | { type: "tool_start"; callId: string; name: string }
  | { type: "tool_input"; callId: string; json: string }
  /** Exactly one, last. */
  | { type: "answer"; answer: Answer };

export interface ProviderDefinition {
  /** The part of a model name before the first `/`. */
  name: string;
  /**
   * Streams one answer. Throws GantryError with a PROVIDER_* code, CONTEXT_TOO_LARGE or SCRIPT_*; `detail` holds
   * `{status?, retryAfterMs?, retryable}`. Never retries by itself. Ends promptly when `signal` is aborted, by throwing.
   */
  stream(request: ModelRequest, options: ProviderOptions): AsyncIterable<ModelEvent>;
  /** Tokens that fit a request of this model, input and output together. */
  contextWindow(model: string, settings: Readonly<JsonObject>): number;
}

export interface ProviderOptions {
  signal: AbortSignal;
  /** The environment the provider may read its credentials from. */
  env: Readonly<Record<string, string | undefined>>;
  /** `providers.<name>` of the config. */
  settings: Readonly<JsonObject>;
  /** Where relative names (a script's path) start. */
  cwd: string;
  /** The runtime that asks, by identity: what a provider keeps between requests belongs to it. Default: the process. */
  owner?: object;
}

// ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface FlagSpec {
  name: string;
  char?: string;
  type: "boolean" | "string" | "integer";
  summary: string;
  options?: string[];
  multiple?: boolean;
  /** Shown in help as the value's name. */
  value?: string;
}

export interface ArgSpec {
  name: string;
  summary: string;
  required?: boolean;
  options?: string[];
}

export interface CommandDefinition {
  /** Words separated by spaces: `sessions list`. */
  id: string;
  summary: string;
  description?: string;
  args?: ArgSpec[];
  flags?: FlagSpec[];
  examples?: string[];
  run(input: CommandInput, ctx: CommandContext): Promise<CommandOutput>;
}

export interface CommandInput {
  args: Record<string, string | undefined>;
  flags: Record<string, string | number | boolean | string[] | undefined>;
}

export interface CommandContext {
  readonly signal: AbortSignal;
  readonly cwd: string;
  /** Whether the one JSON envelope was asked for; then nothing else is printed to stdout. */
  readonly json: boolean;
  /** Colour and width of stdout, for text output. */
  readonly terminal: { isTerminal: boolean; color: boolean; columns: number };
  /** A line on stderr. */
  say(text: string): void;
  /** Added to `warnings` with --json, else a line on stderr. */
  warn(text: string): void;
  readonly host: Host;
}

/**
 * `data` is what --json prints; `text` what a person reads on stdout. With `error` the command has failed and has something
 * to show all the same: `text` is printed, --json prints the error with `data` as its detail, and the exit code is the one
 * of the error's row (1 where the row has 0). There is no other way to end with a code that is not 0 than this and to throw.
 */
export interface CommandOutput {
  data: Json;
  text: string;
  error?: { code: ErrorCode; message: string };
}

// ── Taps ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

type TapReply<P extends HookPoint, K extends HookKind> = K extends "judge"
  ? Judgement | undefined
  : K extends "rewrite"
    ? P extends RewritePoint
      ? HookReplies[P] | undefined
      : never
    : unknown;

export interface TapDefinition<P extends HookPoint = HookPoint, K extends HookKind = HookKind> {
  on: P;
  kind: K;
  /** Shown by doctor and in the log; default: the point. */
  name?: string;
  /** Only calls of these tools, at the tool.* points. */
  tools?: string[];
  /** Lower runs earlier; default 0. */
  stage?: number;
  /** Names of taps that this one runs before, in its stage: of its own plugin, or as `plugin:name`. */
  before?: string[];
  /** Milliseconds; default 10,000. */
  timeoutMs?: number;
  run(payload: HookPayloads[P], ctx: { signal: AbortSignal }): Promise<TapReply<P, K>> | TapReply<P, K>;
}

/** A tap of one point, of any kind; the kind decides what `run` may hand back. */
export type TapOf<P extends HookPoint> = TapDefinition<P, "observe"> | TapDefinition<P, "rewrite"> | TapDefinition<P, "judge">;

// ── The plugin ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Any tool or tap, whatever its input: how collections hold them. */
export type AnyTool = Omit<ToolDefinition<never>, "input"> & { input(): z.ZodType };
export type AnyTap = { [P in HookPoint]: TapOf<P> }[HookPoint];

export interface PluginDefinition {
  /** Lower-case letters, digits and `-`; at most 64. */
  name: string;
  description: string;
  /** What it asks for; what it holds is the user's to decide. */
  permissions?: Grants;
  tools?: readonly AnyTool[];
  commands?: readonly CommandDefinition[];
  providers?: readonly ProviderDefinition[];
  taps?: readonly AnyTap[];
}

export function definePlugin(plugin: PluginDefinition): PluginDefinition {
  return plugin;
}

export function defineTool<Input>(tool: ToolDefinition<Input>): ToolDefinition<Input> {
  return tool;
}

export function defineCommand(command: CommandDefinition): CommandDefinition {
  return command;
}

export function defineProvider(provider: ProviderDefinition): ProviderDefinition {
  return provider;
}

export function defineTap<P extends HookPoint>(tap: TapOf<P>): TapOf<P> {
  return tap;
}

export type { Answer, FileStamp, Grants, Host, Json, JsonObject, Message, ResultContent, SessionSummary, Usage, VerifyReport };
