/** A program that the product itself needs for a moment (npm, git, the bundler): how core/install asks for one to be run. */

export interface ProgramRequest {
  cwd: string;
  /** Whole: nothing of the core's own environment is added but the mark that its children carry. */
  env: Readonly<Record<string, string>>;
  /** Its stdin; none without. */
  input?: string;
  timeoutMs: number;
  /** Of stdout; more ends the program. */
  maxBytes: number;
  signal: AbortSignal;
}

export interface ProgramEnd {
  /** Null when it was ended by a signal, or never started. */
  exitCode: number | null;
  stdout: string;
  /** The last 64 KiB. */
  stderr: string;
  /** stdout reached `maxBytes`. */
  cut: boolean;
  timedOut: boolean;
  /** Why there is no process: the program is missing, or may not be run. */
  notStarted?: string;
}

/** At the head of its own group, which is gone when this settles. Rejects with the signal's reason when it is aborted, else never. */
export type RunProgram = (argv: readonly [string, ...string[]], request: ProgramRequest) => Promise<ProgramEnd>;
