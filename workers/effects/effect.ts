/**
 * What a file of this folder is: one permission kind, as three functions. `covers` is pure and asked before every effect,
 * `describe` says the request in a few words for denials and prompts, `perform` carries it out where
 * contract/permissions.ts says: fs.* in the tool's thread with an EffectEnv, the other kinds in the core.
 */
import type { CoreEffects, Reach } from "../../core/contract/execution.ts";

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

/** What a file effect may use. `spawnFile` throws TOOL_FAILED when the program cannot be started. */
export interface EffectEnv {
  /** Absolute and real; relative paths of a request start here. */
  cwd: string;
  home: string;
  reach: Reach;
  workspace: string;
  signal: AbortSignal;
  spawnFile(file: string, args: readonly string[], options: SpawnFileOptions): Promise<SpawnedFile>;
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
