/** Runs a command of a community plugin in its guest: prints as it comes, asks through this terminal, ends with a code of its own or ours. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { needsTrust } from "../../config/usable.ts";
import { isDown, settle, takeBack } from "../community/first-start.ts";
import { type Community, type CommunityPlugin, findCommunity, refuseUnusable, withoutPlugins } from "../community/found.ts";
import { createLiveStore, type LiveStore } from "../community/live-store.ts";
import { withOptionsPlace } from "../community/options-place.ts";
import { guestOf } from "../community/running.ts";
import { codeOf, GantryError, messageOf } from "../contract/errors.ts";
import type { GuestNews, Guests } from "../contract/guest.ts";
import type { PluginScope } from "../contract/installed.ts";
import type { Json } from "../contract/messages.ts";
import { type CommandEffects, configFor, createCommandEffects } from "./command-effects.ts";
import { tellCommandRun, watchesCommands } from "./command-run.ts";
import { printOutput, sayFor, showItem } from "./guest-output.ts";
import type { ShellIo } from "./io.ts";
import type { CommandRun } from "./plugin-command.ts";
import type { Report } from "./report.ts";
import { sanitizeLine, sanitizeText } from "./sanitize.ts";
import { listenForStop, type StopRequests } from "./signals.ts";
import { workingFolder } from "./start.ts";
import { describeTerminal } from "./style.ts";

/** Resolves with the exit code. PLUGIN_*, GUEST_*, INTERRUPTED, and what the command throws. */
export async function runCommunityCommand(run: CommandRun, io: ShellIo, report: Report): Promise<number> {
  const stop = listenForStop(io.signals, { onStop: () => undefined, exitNow: io.exitNow });
  try {
    const { id, plugin } = run.command;
    const code = printOutput(await callCommand(run, { io, report, stop }), { id, plugin }, report);
    return stop.exit ?? code;
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
  const cwd = await workingFolder(io, run.cwd);
  const config = await configFor(io, cwd);
  const community = await findCommunity(config, io.manifests());
  const plugin = pluginOf(run.command, community);
  if (needsTrust(config.trust))
    report.warn("The project's own config is not trusted yet; its options for plugins are not used.");
  const place = { dataHome: config.paths.dataHome, project: config.project };
  const live = createLiveStore(place);
  const effects = createCommandEffects({ io, config, report, tools: [], scopeOf: scopesIn(community) });
  const guests = await effects.effects.openGuests({ onNews: (news) => tell(news, report) });
  try {
    const given = await callIn({ cwd, config, community, plugin, live, effects, guests }, run, { io, report, stop });
    await settle(plugin, place);
    return given;
  } catch (error) {
    const back = isDown(error, plugin) ? await takeBack(plugin, place, error) : undefined;
    if (back !== undefined) report.warn(`${plugin.name}: ${back.said}; run the command again to use it`);
    throw withOptionsPlace(error, plugin);
  } finally {
    const facts = guests.facts().map((each) => ({ scope: scopesIn(community)(each.plugin), facts: each }));
    await guests.close();
    await (await import("../plugin-store/usage.ts")).recordUse(place, facts).catch(() => undefined);
    await effects.close();
    live.close();
  }
}

interface Opened {
  cwd: string;
  config: LoadedConfig;
  community: Community;
  plugin: CommunityPlugin;
  live: LiveStore;
  effects: CommandEffects;
  guests: Guests;
}

/** Those who watch commands are told first. */
async function callIn(opened: Opened, { command, input, json }: CommandRun, parts: CommandParts): Promise<Json> {
  const { cwd, config, community, plugin, live, effects, guests } = opened;
  const { io, report, stop } = parts;
  const { core, reach: reachOf, redactor } = effects;
  const [home, reach, workspace] = [io.env["HOME"] ?? "/", await reachOf(), config.project];
  for (const one of community.taken) if (one === plugin || watchesCommands(one)) guests.add(guestOf(one, live));
  const args = Object.values(input.args).filter((value) => value !== undefined);
  await tellCommandRun(
    { command: command.id, plugin: plugin.name, args },
    {
      ...{ community, config, report, live, home, builtins: io.manifests() },
      ...{ guests: async () => guests, startedGuests: () => guests },
      momentOf: async () => ({ cwd, workspace, reach, core }),
    },
  );
  return await guests.call(plugin.name, {
    target: { part: "command", id: command.id },
    input: input as unknown as Json,
    context: { callId: "command", cwd, workspace, json, terminal: describeTerminal(io.stdout, io.env) },
    services: { reach, home, core, onProgress: (text) => sayFor(plugin.name, text, report) },
    signal: stop.signal,
    timeoutMs: "own",
    onChunk: (item) => showItem(item, { plugin: plugin.name, report, redact: (text) => redactor().text(text) }),
  });
}

/** PLUGIN_CONSENT_REQUIRED, PLUGIN_REQUIRED, PLUGIN_STOPPED: why its plugin is not to be used. */
function pluginOf(command: CommandRun["command"], community: Community): CommunityPlugin {
  const plugin = community.taken.find(({ name }) => name === command.plugin);
  if (plugin !== undefined) return plugin;
  const isIts = ({ name }: { name: string }): boolean => name === command.plugin;
  const left = community.left.filter((one) => isIts(one.plugin)).map((one) => ({ ...one, required: true }));
  refuseUnusable({ ...withoutPlugins(community), left, waiting: community.waiting.filter(isIts) });
  throw new GantryError("PLUGIN_STOPPED", `the plugin ${command.plugin} is switched off by the config`);
}

function scopesIn({ taken }: Community): (plugin: string) => PluginScope {
  return (plugin) => taken.find(({ name }) => name === plugin)?.scope ?? "user";
}

function tell({ what, plugin, message }: GuestNews, report: Report): void {
  if (what !== "log") report.warn(`${plugin}: ${what === "refused" ? "refused: " : ""}${sanitizeLine(message)}`);
}

/** The plugin's own failure is a failed command. Whoever wrote the message, its lines stay below the code that is ours. */
function ended({ command }: CommandRun, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined)
    return new GantryError("TOOL_FAILED", `${command.id} failed: ${sanitizeLine(messageOf(error))}`, { cause: error });
  if (!messageOf(error).includes("\n")) return error;
  const { detail } = error as { detail?: GantryError["detail"] };
  const message = sanitizeText(messageOf(error)).replaceAll("\n", "\n  ");
  return new GantryError(code, message, { cause: error, ...(detail === undefined ? {} : { detail }) });
}
