/** What ctx.host of one command is made for. */
import type { ShellIo } from "./io.ts";

export interface HostOptions {
  io: ShellIo;
  /** Real, absolute. */
  cwd: string;
  plugin: string;
  signal: AbortSignal;
}
