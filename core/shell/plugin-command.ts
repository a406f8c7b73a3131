/** Runs a command that a built-in contributes: loads that plugin's code, gives it its context and host, prints what it returns. */

import { grantsOfBuiltin } from "../builtin-grants.ts";
import { builtinLoaders } from "../builtins.ts";
import { GantryError } from "../contract/errors.ts";
import type { CommandContext, CommandInput, ToolContext } from "../contract/plugin.ts";
import type { CommandEffects } from "./command-effects.ts";
import type { TableCommand } from "./commands.ts";
import { createHost } from "./host.ts";
import type { HostOptions } from "./host-options.ts";
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
  const lazy = lazyEffects({ io, cwd, report, plugin: command.plugin, signal: stop.signal });
  const context: CommandContext = {
    ...lazy.members,
    ...{ signal: stop.signal, cwd, workspace: cwd, options: {}, json: run.json },
    terminal: describeTerminal(io.stdout, io.env),
    print: report.print,
    say: report.say,
    warn: report.warn,
    log: () => undefined,
    host: createHost(await withPlugins({ io, cwd, plugin: command.plugin, signal: stop.signal, warn: report.warn })),
  };
  try {
    const { data, text, error } = await definition.run(run.input, context);
    // What it found until it was stopped says nothing of the rest.
    if (stop.exit !== undefined && error) return report.interrupted(command.id, stop.exit);
    const exit = error ? report.failed({ ...error, data, text }) : report.result(data, text);
    return stop.exit ?? exit;
  } catch (error) {
    if (stop.exit === undefined) throw error;
    return report.interrupted(command.id, stop.exit);
  } finally {
    stop.close();
    await lazy.close();
  }
}

async function withPlugins(options: HostOptions): Promise<HostOptions> {
  if (grantsOfBuiltin(options.plugin)["host.plugins"] === undefined) return options;
  const [{ openPluginsHost }, { configFor }] = await Promise.all([import("./plugins-part.ts"), import("./command-effects.ts")]);
  return { ...options, plugins: await openPluginsHost(options, await configFor(options.io, options.cwd)) };
}

interface LazyOptions {
  io: ShellIo;
  cwd: string;
  report: Report;
  plugin: string;
  signal: AbortSignal;
}

type Members = Pick<CommandContext, "fs" | "net" | "process" | "secrets" | "model" | "user" | "storage" | "session">;

/** Most commands touch none of these: what performs them is loaded when one is called. */
function lazyEffects(options: LazyOptions): { members: Members; close(): Promise<void> } {
  let opened: Promise<{ context: ToolContext; effects: CommandEffects }> | undefined;
  const context = async (): Promise<ToolContext> => {
    opened ??= openEffects(options);
    return (await opened).context;
  };
  const member = <K extends keyof Members>(name: K): Members[K] =>
    new Proxy({} as Members[K], {
      get:
        (_target, method) =>
        async (...args: unknown[]) => {
          const found = (await context())[name];
          return await (Reflect.get(found, method) as (...given: unknown[]) => unknown)(...args);
        },
    });
  return {
    members: {
      ...{ fs: member("fs"), net: member("net"), process: member("process"), secrets: member("secrets") },
      ...{ model: member("model"), user: member("user"), storage: member("storage"), session: member("session") },
    },
    close: async () => await (await opened)?.effects.close(),
  };
}

async function openEffects({
  io,
  cwd,
  report,
  plugin,
  signal,
}: LazyOptions): Promise<{ context: ToolContext; effects: CommandEffects }> {
  const { configFor, createCommandEffects } = await import("./command-effects.ts");
  const config = await configFor(io, cwd);
  const effects = createCommandEffects({ io, config, report, tools: [] });
  const { context } = effects.effects.contextOf({
    ...{ plugin, signal, options: {} },
    context: { callId: "command", cwd, workspace: config.project },
    services: async () => ({ reach: await effects.reach(), home: io.env["HOME"] ?? "/", core: effects.core }),
  });
  return { context, effects };
}
