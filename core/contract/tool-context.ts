/** What a running tool may use of the world: one part per permission kind. Types only. */
import type { FileStamp, SessionEvent } from "./events.ts";
import type { Json, JsonObject, Usage } from "./messages.ts";

/**
 * What every part of a plugin may use of the world, one member per permission kind. Each method throws GantryError:
 * PERMISSION_DENIED when the plugin's grants do not cover the request, CALL_ENDED after its call has ended, else an
 * effect's own code. The same object shape in the core, in a thread and in a guest.
 */
export interface PluginContext<Options = JsonObject> {
  /** The session's current folder; absolute and real. Relative paths are relative to it. */
  readonly cwd: string;
  /** The workspace root; absolute and real. */
  readonly workspace: string;
  /** Aborted on cancel and on timeout. */
  readonly signal: AbortSignal;
  /** The plugin's section of the config, parsed by its own schema; `{}` without one. */
  readonly options: Options;
  readonly fs: FileEffects;
  readonly net: NetEffects;
  readonly process: ProcessEffects;
  readonly secrets: { read(name: string): Promise<string> };
  readonly model: ModelEffects;
  readonly user: UserEffects;
  readonly storage: StorageEffects;
  readonly session: SessionEffects;
  /** A line in the plugin's log, shown by `gantry plugins inspect` and with --verbose. Bounded; never for secrets. */
  log(text: string): void;
}

export interface ToolContext<Options = JsonObject> extends PluginContext<Options> {
  readonly callId: string;
  /** Shows a line of progress to the user; not kept. */
  progress(text: string): void;
}

export interface UserEffects {
  /** USER_UNAVAILABLE when nobody can answer. Terminal codes in texts are taken out. */
  ask(questions: readonly UserQuestion[]): Promise<UserAnswer[]>;
  /** A notice on the user's front end, at most 1,000 characters; fires the `notify` hook point. */
  notify(text: string): Promise<void>;
}

export interface NetEffects {
  /**
   * One HTTP request. The host is resolved once and pinned; private and loopback addresses are refused unless a grant
   * names them; each redirect is checked as a request of its own. NET_DENIED, NET_FAILED, NET_TIMEOUT, NET_TOO_LARGE.
   */
  fetch(url: string, request?: NetRequest): Promise<NetResponse>;
}

export interface NetRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Whole exchange; default 30,000, at most 600,000. */
  timeoutMs?: number;
  /** Of the body; default 1 MiB, at most 16 MiB. */
  maxBytes?: number;
  /** Default 5; 0 hands a redirect back. */
  maxRedirects?: number;
}

export interface NetResponse {
  status: number;
  /** Names in lower case; several values joined with `, `. */
  headers: Record<string, string>;
  /** After redirects. */
  url: string;
  /** The whole body, once. */
  text(): Promise<string>;
  json(): Promise<Json>;
  bytes(): Promise<Uint8Array>;
  /** The body as it comes, in place of the whole; ends with the call. */
  stream(): AsyncIterable<Uint8Array>;
}

export interface ModelEffects {
  /** The session's own model, without tools, asked by the core. MODEL_BUDGET when the grant's tokens are used up, MODEL_UNAVAILABLE without a session. */
  ask(prompt: string, options?: { system?: string; maxOutputTokens?: number }): Promise<{ text: string; usage: Usage }>;
}

/** A key-value store of the plugin's own; keys of at most 256 characters, values are JSON. STORAGE_FULL beyond the grant's bytes. */
export interface StorageEffects {
  get(key: string): Promise<Json | undefined>;
  set(key: string, value: Json): Promise<void>;
  delete(key: string): Promise<boolean>;
  /** Sorted. */
  keys(prefix?: string): Promise<string[]>;
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
  /**
   * Runs a program by its arguments, without a shell, in its own process group, with a chosen environment; ended with its
   * children at timeoutMs, at the caps and on cancel. RUN_FAILED when it cannot be started.
   */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Starts a program outside isolation, by an argument list that is granted word by word (process.host); ended with the call. */
  host(argv: readonly string[]): Promise<HostedProgram>;
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

export interface ExecOptions {
  /** Default: the context's. Inside the workspace. */
  cwd?: string;
  stdin?: string;
  /** Added to PATH, HOME and LANG, which is all that the program is given. */
  env?: Record<string, string>;
  /** Default 30,000. */
  timeoutMs?: number;
  /** Of each of stdout and stderr; default 1 MiB, at most 8 MiB. */
  maxOutputBytes?: number;
}

export interface ExecResult {
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  timedOut: boolean;
  /** maxOutputBytes ended it. */
  cut: boolean;
}

export interface HostedProgram {
  write(data: string | Uint8Array): Promise<void>;
  /** What it wrote to stdout since; undefined at its end. */
  read(): Promise<Uint8Array | undefined>;
  end(): Promise<{ exitCode: number | null; signal: string | null }>;
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
  /** The events of a session's log, oldest first, at most `limit` (default 1,000) of the newest: the own one, or with a grant for all, any. SESSION_*. */
  events(options?: { sessionId?: string; limit?: number }): Promise<SessionEvent[]>;
  /** What the model last knew of a file (real, absolute path); `text` is what it was shown of it, where it was. */
  lastRead(path: string): Promise<{ sha256: string; text?: string } | undefined>;
}
