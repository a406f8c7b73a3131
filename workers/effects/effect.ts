/**
 * What a file of this folder is: one permission kind, as three functions. `covers` is pure and asked before every effect,
 * `describe` says the request in a few words for denials and prompts, `perform` carries it out where
 * contract/permissions.ts says: fs.* in the tool's thread with an EffectEnv, the other kinds in the core.
 */
import type { CoreEffects, Reach } from "../../core/contract/execution.ts";
import type { ExecResult } from "../../core/contract/plugin.ts";

/** A program run for an effect by the core: `cut` when `maxBytes` ended the output (the program is then ended too). */
export interface SpawnedFile {
  exitCode: number | null;
  signal: string | null;
  stdout: Uint8Array;
  /** At most 64 KiB. */
  stderr: string;
  cut: boolean;
  timedOut: boolean;
}

export interface SpawnFileOptions {
  cwd: string;
  timeoutMs: number;
  /** Of stdout. */
  maxBytes: number;
}

/** How the core itself runs a program: as an effect asks for it, and until `signal` is aborted. */
export type SpawnFile = (
  file: string,
  args: readonly string[],
  options: SpawnFileOptions & { signal: AbortSignal },
) => Promise<SpawnedFile>;

/** How the core runs a program for a plugin. `env` is added to PATH, HOME and LANG. RUN_FAILED, TOOL_INTERRUPTED. */
export interface ExecRequest {
  cwd: string;
  env: Readonly<Record<string, string>>;
  stdin?: string;
  timeoutMs: number;
  /** Of each of stdout and stderr. */
  maxOutputBytes: number;
  signal: AbortSignal;
}

export type ExecProgram = (argv: readonly string[], request: ExecRequest) => Promise<ExecResult>;

/** A program outside isolation, until `signal` is aborted. */
export interface HostRequest {
  cwd: string;
  signal: AbortSignal;
  /** From the end of its input until it is killed; 2 s. */
  graceMs?: number;
}

export interface HostedChild {
  /** What it wrote to stdout since; undefined at its end. */
  read(): Promise<Uint8Array | undefined>;
  /** RUN_FAILED when it takes no more. */
  write(data: string | Uint8Array): Promise<void>;
  /** Ends its input, and after the grace all of its group. */
  end(): Promise<{ exitCode: number | null; signal: string | null }>;
  kill(): void;
  readonly ended: Promise<{ exitCode: number | null; signal: string | null }>;
}

export type HostProgram = (argv: readonly string[], request: HostRequest) => Promise<HostedChild>;

/** Where the paths of requests and scopes start. All absolute; `home` as the user's environment spells it. */
export interface ScopePlace {
  workspace: string;
  cwd: string;
  home: string;
}

/** What a file effect may use. `spawnFile` throws TOOL_FAILED when the program cannot be started. */
export interface EffectEnv {
  /** Absolute and real; relative paths of a request start here. */
  cwd: string;
  home: string;
  reach: Reach;
  workspace: string;
  signal: AbortSignal;
  /**
   * Of a guest: its grant, which must hold for every real path too. Absent for a built-in, whose grant is everywhere and
   * whose approval confines it.
   */
  granted?: RealGrant;
  spawnFile(file: string, args: readonly string[], options: SpawnFileOptions): Promise<SpawnedFile>;
}

/** A plugin's path scopes, asked about real paths. */
export interface RealGrant {
  plugin: string;
  kind: string;
  covers(real: string): boolean;
  /** Also where all that a scope speaks of begins in it. */
  coversFolder(real: string): boolean;
}

/** What an effect that the core performs may use: what the core does for the running call. */
export interface CoreEnv {
  cwd: string;
  reach: Reach;
  signal: AbortSignal;
  coreEffects: CoreEffects;
  onProgress(text: string): void;
  /** Told when a run of the session's shell ended in another folder than it began in. */
  onMoved(cwd: string): void;
}
