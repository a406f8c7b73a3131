/** Runs a command of a community plugin in its guest: prints as it comes, asks through this terminal, ends with a code of its own or ours. */
import { needsTrust } from "../../config/usable.ts";
import { isDown, settle, takeBack } from "../community/first-start.ts";
import { findCommunity, refuseUnusable, withoutPlugins } from "../community/found.ts";
import { createLiveStore } from "../community/live-store.ts";
import { withOptionsPlace } from "../community/options-place.ts";
import { guestOf } from "../community/running.ts";
import { codeOf, type ErrorCode, GantryError, messageOf } from "../contract/errors.ts";
import type { CommandItem } from "../contract/frames.ts";
import type { GuestNews } from "../contract/guest.ts";
import { isObject, type Json } from "../contract/messages.ts";
import type { CommandOutput } from "../contract/plugin.ts";
import { configFor, createCommandEffects } from "./command-effects.ts";
import type { ShellIo } from "./io.ts";
import type { CommandRun } from "./plugin-command.ts";
import type { Report } from "./report.ts";
import { listenForStop, type StopRequests } from "./signals.ts";
import { workingFolder } from "./start.ts";
import { describeTerminal } from "./style.ts";

/** Resolves with the exit code. PLUGIN_*, GUEST_*, INTERRUPTED, and what the command throws. */
export async function runCommunityCommand(run: CommandRun, io: ShellIo, report: Report): Promise<number> {
  const stop = listenForStop(io.signals, { onStop: () => undefined, exitNow: io.exitNow });
  try {
    const output = outputOf(run, await callCommand(run, { io, report, stop }));
    const { data, text, error, exit } = output;
    const code = error ? report.failed({ ...error, data, text }) : report.result(data, text);
    return stop.exit ?? exit ?? code;
  } catch (error) {
    if (stop.exit === undefined) throw ended(run, error);
    report.error(new GantryError("INTERRUPTED", `${run.command.id} was stopped`));
    return stop.exit;
  } finally {
    stop.close();
  }
}

interface CommandParts {
  io: ShellIo;
  report: Report;
  stop: StopRequests;
}

async function callCommand(run: CommandRun, { io, report, stop }: CommandParts): Promise<Json> {
  const { command, input, json } = run;
  const cwd = await workingFolder(io, run.cwd);
  const config = await configFor(io, cwd);
  const community = await findCommunity(config, io.manifests());
  const plugin = community.taken.find(({ name }) => name === command.plugin);
  if (plugin === undefined) {
    const { left, waiting } = community;
    refuseUnusable({ ...withoutPlugins(community), left: left.map((one) => ({ ...one, required: true })), waiting });
    throw new GantryError("PLUGIN_STOPPED", `the plugin ${command.plugin} is switched off by the config`);
  }
  if (needsTrust(config.trust))
    report.warn("The project's own config is not trusted yet; its options for plugins are not used.");
  const place = { dataHome: config.paths.dataHome, project: config.project };
  const live = createLiveStore(place);
  const parts = createCommandEffects({ io, config, report, tools: [], scopeOf: () => plugin.scope });
  await fireCommandRun(run, { io, config });
  const guests = await parts.effects.openGuests({ onNews: (news) => tell(news, report) });
  try {
    guests.add(guestOf(plugin, live));
    const given = await guests.call(plugin.name, {
      target: { part: "command", id: command.id },
      input: input as unknown as Json,
      context: {
        ...{ callId: "command", cwd, workspace: config.project, json },
        terminal: describeTerminal(io.stdout, io.env),
      },
      services: { reach: await parts.reach(), home: io.env["HOME"] ?? "/", core: parts.core, onProgress: report.say },
      signal: stop.signal,
      timeoutMs: "own",
      onChunk: (item) => show(item as unknown as CommandItem, parts.redactor().text, report),
    });
    await settle(plugin, place);
    return given;
  } catch (error) {
    const back = isDown(error, plugin) ? await takeBack(plugin, place, error) : undefined;
    if (back !== undefined) report.warn(`${plugin.name}: ${back.said}; run the command again to use it`);
    throw withOptionsPlace(error, plugin);
  } finally {
    const facts = guests.facts().map((each) => ({ scope: plugin.scope, facts: each }));
    await guests.close();
    await (await import("../plugin-store/usage.ts")).recordUse(place, facts).catch(() => undefined);
    await parts.close();
    live.close();
  }
}

function tell({ what, plugin, message }: GuestNews, report: Report): void {
  if (what !== "log") report.warn(`${plugin}: ${what === "refused" ? "refused: " : ""}${message}`);
}

/** What is no item is dropped: the wire has checked what a guest sends, not what an author meant. */
function show(item: CommandItem, redact: (text: string) => string, report: Report): void {
  if (!isObject(item)) return;
  const { print, say, warn } = item as Record<string, unknown>;
  if (typeof print === "string") report.print(redact(print));
  else if (typeof say === "string") report.say(redact(say));
  else if (typeof warn === "string") report.warn(redact(warn));
}

/** PLUGIN_INVALID for what is no CommandOutput. */
function outputOf({ command }: CommandRun, given: Json): CommandOutput {
  const unfit = (what: string): GantryError =>
    new GantryError("PLUGIN_INVALID", `the command ${command.id} of ${command.plugin} handed back what is no output: ${what}`);
  const { data = null, text = "", error, exit } = isObject(given) ? given : {};
  if (!isObject(given) || typeof text !== "string") throw unfit("it must be {data, text}");
  if (exit !== undefined && exit !== null && (!Number.isInteger(exit) || Number(exit) < 10 || Number(exit) > 99))
    throw unfit(`exit is ${JSON.stringify(exit)}; a command's own codes are 10 to 99`);
  const { code, message } = isObject(error) ? error : {};
  if (isObject(error) && typeof message !== "string") throw unfit("its error has no message");
  return {
    ...{ data, text },
    ...(isObject(error) ? { error: { code: codeOf({ code }) ?? ("TOOL_FAILED" as ErrorCode), message: String(message) } } : {}),
    ...(typeof exit === "number" ? { exit } : {}),
  };
}

/** The plugin's own failure is a failed command. */
function ended({ command }: CommandRun, error: unknown): unknown {
  return codeOf(error) === undefined
    ? new GantryError("TOOL_FAILED", `${command.id} failed: ${messageOf(error)}`, { cause: error })
    : error;
}

/** The built-ins' observers are told. */
async function fireCommandRun(
  { command, input }: CommandRun,
  { io, config }: { io: ShellIo; config: Awaited<ReturnType<typeof configFor>> },
): Promise<void> {
  const { commandObservers } = await import("../builtin-judges.ts");
  const args = Object.values(input.args).filter((value) => value !== undefined);
  await commandObservers(config, io.manifests())({ command: command.id, plugin: command.plugin, args });
}
