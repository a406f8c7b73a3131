/** What is known of an installed plugin: its files, what guests did with it so far, and what this machine does not enforce. */
import { join } from "node:path";
import type { PluginEntry } from "../../config/loaded.ts";
import { codeOf, messageOf } from "../contract/errors.ts";
import type { GuestLimits } from "../contract/guest.ts";
import type { PluginFacts } from "../contract/host.ts";
import type { InstalledPlugin } from "../contract/installed.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import { isCovered } from "../permission/scopes/compare.ts";
import { wordsOf } from "../permission/scopes/words.ts";
import { sourceOf } from "../plugin-store/installed.ts";
import { bundleFolder, manifestName, type StorePlace } from "../plugin-store/layout.ts";
import { noUsage, readUsage } from "../plugin-store/usage.ts";
import { asksOf } from "./plugin-plan.ts";

export interface Machine {
  /** Whether the operating system's boundary works here, and why not. */
  boundary: { works: boolean; why: string };
  limits: GuestLimits;
  entries: readonly PluginEntry[];
}

export async function factsOf(
  place: StorePlace,
  plugin: InstalledPlugin,
  { boundary, limits, entries }: Machine,
): Promise<PluginFacts & { log: string[] }> {
  const { log, ...usage } = (await readUsage(place, plugin)) ?? noUsage();
  const entry = entries.find(({ name }) => name === plugin.name || name === plugin.link);
  return {
    ...(await checked(place, plugin, entry)),
    tier: boundary.works ? "realm+process+os" : "realm+process",
    notEnforced: boundary.works ? [] : [`no boundary of the operating system: ${boundary.why}`],
    words: wordsOf(plugin.grants).words,
    ...usage,
    ...{ limits, options: entry?.options ?? {}, required: entry?.required ?? false, log },
  };
}

/** Its state as its bytes are now, and as the config wants it. */
async function checked(place: StorePlace, plugin: InstalledPlugin, entry: PluginEntry | undefined): Promise<InstalledPlugin> {
  if (plugin.state !== "ready" && plugin.state !== "disabled") return plugin;
  const problem = await changeIn(place, plugin);
  if (problem !== undefined) return { ...plugin, state: "broken", problem: { code: "PLUGIN_CHANGED", message: problem } };
  return entry?.enabled === false ? { ...plugin, state: "disabled" } : plugin;
}

/** What is not as the lock says; undefined when all is. */
export async function changeIn(place: StorePlace, plugin: InstalledPlugin): Promise<string | undefined> {
  try {
    await sourceOf({ name: plugin.name, bundleFile: plugin.bundleFile, sha512: plugin.lock.sha512 });
    await readManifest(place, plugin);
    return undefined;
  } catch (error) {
    if (codeOf(error) === undefined && !(error instanceof Error && "syscall" in error)) throw error;
    return messageOf(error);
  }
}

/** The manifest beside a bundle, when it is the one that the lock names. */
export async function readManifest(
  place: StorePlace,
  { name, scope, lock }: InstalledPlugin,
): Promise<{ manifest: PluginManifest; manifestText: string }> {
  const { GantryError } = await import("../contract/errors.ts");
  const file = join(bundleFolder(place, scope, name, lock), manifestName);
  const manifestText = await sourceOf({ name, bundleFile: file, sha512: lock.manifestHash });
  const manifest = parsed(manifestText);
  if (manifest === undefined)
    throw new GantryError("PLUGIN_CHANGED", `${file} is no manifest: it is not JSON, or not an object`);
  const asks = asksOf(manifest);
  if (manifest.name === name && manifest.version === lock.version && isCovered(asks, lock.asks) && isCovered(lock.asks, asks))
    return { manifest, manifestText };
  throw new GantryError(
    "PLUGIN_CHANGED",
    `${file} is the manifest of another plugin, or asks for other permissions, than the lock says of ${name} ${lock.version}`,
  );
}

/** Its hash is the lock's, and a project's lock says what it likes. */
function parsed(text: string): PluginManifest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as PluginManifest) : undefined;
  } catch {
    return undefined;
  }
}
