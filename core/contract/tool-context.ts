/** What a running tool may use of the world: one part per permission kind. Types only. */
import type { FileStamp } from "./events.ts";

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
