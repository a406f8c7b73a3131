/** What ctx.host of one command is made for. */
import type { PluginsHost } from "../contract/host.ts";
import type { ShellIo } from "./io.ts";

export interface HostOptions {
  io: ShellIo;
  /** Real, absolute. */
  cwd: string;
  plugin: string;
  signal: AbortSignal;
  /** host.plugins, opened before for a plugin that is granted it: some of it answers at once. */
  plugins?: PluginsHost;
  /** A line that the user should see beside what the command says. */
  warn?(text: string): void;
}
