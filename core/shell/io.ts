/** What a process gives the shell: the one place where streams, environment and signals come in, so that tests can give others. */
import type { Readable } from "node:stream";
import type { PluginManifest } from "../contract/manifest.ts";
import type { SignalSource } from "./signals.ts";
import type { Environment, OutputStream } from "./style.ts";

export type InputStream = Readable & { isTTY?: boolean; fd?: number };

export interface ShellStreams {
  env: Environment;
  stdin: InputStream;
  /** The descriptor behind stdin, when it is the process's own: 0. */
  stdinFd?: number;
  stdout: OutputStream;
  stderr: OutputStream;
}

export interface ShellIo extends ShellStreams {
  /** Absolute; relative paths of flags start here. */
  cwd: string;
  signals: SignalSource;
  /** How a user calls this build again, such as `npx gantry`. */
  self: string;
  /** Ends the process at once, with no clean-up. */
  exitNow(code: number): void;
  /** The manifests of the built-ins, read at the first call. */
  manifests(): readonly PluginManifest[];
  /** Those and the ones of installed plugins whose names are free: whose tools rules and hooks may name. */
  known(): readonly PluginManifest[];
  /** Those of them that are not switched off. */
  inForce(): readonly PluginManifest[];
}

/** Whether a person can be asked: both ends are terminals, and it is not a CI job that only looks like one. */
export function canAsk(streams: ShellStreams): boolean {
  // stdin last: looking at it opens it.
  return streams.stderr.isTTY === true && !isCi(streams.env) && streams.stdin.isTTY === true;
}

export function isCi(env: Environment): boolean {
  return env["CI"] !== undefined && env["CI"] !== "" && env["CI"] !== "false" && env["CI"] !== "0";
}
