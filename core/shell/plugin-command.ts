/** Runs a command that a plugin contributed: loads that plugin's code, gives it its host, prints what it returns. */
import { builtinLoaders } from "../builtins.ts";
import { GantryError } from "../contract/errors.ts";
import type { CommandContext, CommandInput } from "../contract/plugin.ts";
import type { TableCommand } from "./commands.ts";
import { createHost } from "./host.ts";
import type { ShellIo } from "./io.ts";
import type { Report } from "./report.ts";
import { listenForStop } from "./signals.ts";
import { workingFolder } from "./start.ts";
import { describeTerminal } from "./style.ts";

export interface CommandRun {
  command: TableCommand & { plugin: string };
  input: CommandInput;
  cwd: string | undefined;
  json: boolean;
}

/** Resolves with the exit code; the command's own errors are thrown. */
export async function runPluginCommand(run: CommandRun, io: ShellIo, report: Report): Promise<number> {
  const { command } = run;
  const module = await builtinLoaders[command.plugin]?.();
  const definition = module?.default.commands?.find(({ id }) => id === command.id);
  if (!definition)
    throw new GantryError(
      "PLUGIN_INVALID",
      `the plugin ${command.plugin} declares the command ${command.id} and does not have it`,
    );
  const cwd = await workingFolder(io, run.cwd);
  const stop = listenForStop(io.signals, { onStop: () => undefined, exitNow: io.exitNow });
  const context: CommandContext = {
    signal: stop.signal,
    cwd,
    json: run.json,
    terminal: describeTerminal(io.stdout, io.env),
    say: report.say,
    warn: report.warn,
    host: createHost({ io, cwd, plugin: command.plugin, signal: stop.signal }),
  };
  try {
    const { data, text, error } = await definition.run(run.input, context);
    const exit = error ? report.failed({ ...error, data, text }) : report.result(data, text);
    return stop.exit ?? exit;
  } finally {
    stop.close();
  }
}
