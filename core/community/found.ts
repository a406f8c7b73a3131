/**
 * Which community plugins a run uses: the installed ones, minus what is disabled, broken or clashes, with what the config says
 * about each. Nothing is read and nothing of the store is loaded while no lock is there and the config names no plugin.
 */
import path from "node:path";
import type { LoadedConfig, PluginEntry } from "../../config/loaded.ts";
import { type ErrorCode, GantryError } from "../contract/errors.ts";
import type { ConfigProblem } from "../contract/host.ts";
import type { InstalledPlugin } from "../contract/installed.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { JsonObject } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import { placeIn } from "../contract/place.ts";
import { isInRange, parseVersion } from "../install/semver.ts";
import { version } from "../version.ts";
import { clashOf, type Owners, ownersOf } from "./clashes.ts";
import { contributionProblem } from "./contributions.ts";
import { hasLock, projectLock, userLock } from "./locks.ts";

/** A plugin of `--plugin`: in no store. */
export interface OneRun {
  /** What it stores, gone with the run. */
  storageFile: string;
}

export interface FoundPlugin extends InstalledPlugin {
  oneRun?: OneRun;
}

/** A plugin that a run loads when something of it is first needed. */
export interface CommunityPlugin extends FoundPlugin {
  manifest: PluginManifest;
  options: JsonObject;
  /** Where the config gives them: `file:line`, a variable, a flag. */
  optionsAt?: string;
  required: boolean;
}

/** A plugin that a run goes without, and that should have been there. Its judges deny. */
export interface LeftOut {
  plugin: FoundPlugin;
  code: ErrorCode;
  message: string;
  required: boolean;
}

export interface Community {
  taken: readonly CommunityPlugin[];
  left: readonly LeftOut[];
  /** Of a project's lock, and not answered by this user yet. */
  waiting: readonly InstalledPlugin[];
  /** Switched off, by `plugins disable` or by the config, and not required. */
  off: readonly InstalledPlugin[];
  /** What is wrong with the store, and with the config's own list: warnings, but for what is required. */
  problems: readonly ConfigProblem[];
  /** Of all that are installed, used or not: a rule may name their tools. */
  manifests: readonly PluginManifest[];
}

export type CommunitySource = Pick<LoadedConfig, "paths" | "project" | "pluginEntries">;

export const noCommunity: Community = Object.freeze({ taken: [], left: [], waiting: [], off: [], problems: [], manifests: [] });

/** `builtins`: whose names are taken. `given`: plugins of this run alone, in place of installed ones of their names. */
export async function findCommunity(
  config: CommunitySource,
  builtins: readonly PluginManifest[],
  given: readonly FoundPlugin[] = [],
): Promise<Community> {
  const { paths, project, pluginEntries } = config;
  const isInstalled = hasLock(userLock(paths.dataHome)) || hasLock(projectLock(project));
  if (!isInstalled && pluginEntries.length === 0 && given.length === 0) return noCommunity;
  const { readInstalled } = await import("../plugin-store/installed.ts");
  const problems: ConfigProblem[] = [];
  const onProblem = (problem: ConfigProblem): void => void problems.push({ ...problem, severity: "warning" });
  const installed = readInstalled({ dataHome: paths.dataHome, project, onProblem });
  const others = installed.filter(({ name }) => !given.some((own) => own.name === name));
  const community = sortOut([...given, ...others], { ...config, builtins });
  return { ...community, problems: [...problems, ...community.problems] };
}

interface Sorting extends Pick<CommunitySource, "project" | "pluginEntries"> {
  builtins: readonly PluginManifest[];
}

/** Pure. */
export function sortOut(installed: readonly FoundPlugin[], { builtins, pluginEntries, project }: Sorting): Community {
  const owners = ownersOf(builtins);
  const taken: CommunityPlugin[] = [];
  const left: LeftOut[] = [];
  const waiting: InstalledPlugin[] = [];
  const off: InstalledPlugin[] = [];
  const ordered = inOrder(installed, pluginEntries, project);
  for (const { plugin, entry } of ordered) {
    const { options = {}, required = false, enabled = true } = entry ?? {};
    if (!enabled || plugin.state === "disabled") {
      if (required || plugin.oneRun !== undefined)
        left.push({ plugin, required, code: "PLUGIN_STOPPED", message: `the plugin ${plugin.name} is disabled` });
      else off.push(plugin);
    } else if (plugin.state === "needs-consent") waiting.push(plugin);
    else {
      const wrong = wrongWith(plugin, owners);
      if (wrong !== undefined) left.push({ plugin, required, ...wrong });
      else if (plugin.manifest !== undefined) {
        owners.claim(plugin.manifest);
        const given = entry === undefined ? {} : { optionsAt: entry.source };
        taken.push({ ...plugin, ...given, manifest: plugin.manifest, options, required });
      }
    }
  }
  return {
    taken,
    left,
    waiting,
    off,
    problems: [
      ...pluginEntries.flatMap((entry) => entryProblem(entry, installed, project)),
      ...ordered.flatMap(switchedOffByProject),
    ],
    manifests: knownManifests(builtins, ordered),
  };
}

interface Named {
  plugin: FoundPlugin;
  entry: PluginEntry | undefined;
}

/** Those of this run alone come first, then those that the config names, in its order; the others by name. */
function inOrder(installed: readonly FoundPlugin[], entries: readonly PluginEntry[], project: string): Named[] {
  const place = ({ plugin, entry }: Named): number => {
    if (plugin.oneRun !== undefined) return -1;
    return entry === undefined ? entries.length : entries.indexOf(entry);
  };
  return installed
    .map((plugin) => ({ plugin, entry: entries.find((entry) => isMeant(entry, plugin, project)) }))
    .sort((a, b) => place(a) - place(b) || (a.plugin.name < b.plugin.name ? -1 : 1));
}

/** By its name, or by the folder that it was linked or installed from. */
function isMeant({ name }: PluginEntry, { name: own, link, lock }: InstalledPlugin, project: string): boolean {
  if (name === own) return true;
  return (
    path.isAbsolute(name) &&
    [link, lock.resolved, lock.spec].some((at) => at !== undefined && path.resolve(project, at) === name)
  );
}

function wrongWith(plugin: InstalledPlugin, owners: Owners): Pick<LeftOut, "code" | "message"> | undefined {
  const { name, manifest, state, problem } = plugin;
  if (state === "broken" || manifest === undefined)
    return problem ?? { code: "PLUGIN_INVALID", message: `${name} cannot be read` };
  const message = contributionProblem(manifest);
  if (message !== undefined) return { code: "PLUGIN_INVALID", message };
  const range = manifest.engines?.gantry;
  const running = parseVersion(version);
  // Gantry may be another one than the one that installed it.
  if (range !== undefined && running !== undefined && isInRange(running, range) !== true)
    return { code: "PLUGIN_INCOMPATIBLE", message: `${name} is for gantry ${range}, and this is ${version}` };
  const clash = clashOf(manifest, owners);
  return clash === undefined ? undefined : { code: "NAME_TAKEN", message: `${clash}; ${name} is left out` };
}

function entryProblem(entry: PluginEntry, installed: readonly InstalledPlugin[], project: string): ConfigProblem[] {
  if (!entry.enabled || installed.some((plugin) => isMeant(entry, plugin, project))) return [];
  const names = [...new Set(installed.map(({ name }) => name))];
  const there = names.length === 0 ? "no community plugin is" : `installed are ${names.join(", ")}`;
  return [
    {
      code: entry.required ? "PLUGIN_REQUIRED" : "PLUGIN_NOT_INSTALLED",
      ...(entry.required ? {} : { severity: "warning" as const }),
      message: `the plugin ${entry.name} is named here and not installed; ${there}.${didYouMean(entry.name, names)}`,
      ...placeIn(entry.source),
      key: "plugins",
      hint: `gantry plugins install ${entry.name}`,
    },
  ];
}

/** A trusted project may do without a plugin of the user's own, a guard of theirs too: never without a word. */
function switchedOffByProject({ plugin: { name, scope }, entry }: Named): ConfigProblem[] {
  if (scope !== "user" || entry?.layer !== "project" || entry.enabled) return [];
  return [
    {
      code: "PLUGIN_STOPPED",
      severity: "warning",
      message: `this project's config switches off your plugin ${name}`,
      ...placeIn(entry.source),
      key: "plugins",
      hint: "Take the entry out, or name the plugin in your local config, to have it here.",
    },
  ];
}

/** The first of each tool's name: what a rule speaks of must be one tool. */
function knownManifests(builtins: readonly PluginManifest[], named: readonly Named[]): PluginManifest[] {
  const owners = ownersOf(builtins);
  return named.flatMap(({ plugin: { manifest } }) => {
    if (manifest === undefined || contributionProblem(manifest) !== undefined || clashOf(manifest, owners) !== undefined)
      return [];
    owners.claim(manifest);
    return [manifest];
  });
}

/** None is used, and their tools stay known to rules. */
export function withoutPlugins({ manifests }: Community): Community {
  return manifests.length === 0 ? noCommunity : { ...noCommunity, manifests };
}

/** PLUGIN_CONSENT_REQUIRED for what waits; PLUGIN_REQUIRED for what must be there and is not. */
export function refuseUnusable({ waiting, left }: Community): void {
  if (waiting.length > 0) {
    const each = waiting.map(({ name, version, scope }) => `  - ${name} ${version} (of the ${scope})`).join("\n");
    const message = `${waiting.length === 1 ? "A plugin waits" : `${waiting.length} plugins wait`} for your consent:\n${each}`;
    throw new GantryError("PLUGIN_CONSENT_REQUIRED", message, { detail: { plugins: waiting.map(({ name }) => name) } });
  }
  const missing = left.filter(({ required }) => required);
  if (missing.length === 0) return;
  const each = missing.map(({ plugin, code, message }) => `${plugin.name} is required and not usable: ${code}: ${message}`);
  throw new GantryError("PLUGIN_REQUIRED", each.join("\n"), { detail: { plugins: missing.map(({ plugin }) => plugin.name) } });
}
