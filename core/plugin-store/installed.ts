/**
 * The plugins that are installed for a project, as the files of the store say now: read at start, without their code, their
 * hashes or a process. A lock says which bytes, this user's consent says whether and what for; only together they make a plugin ready.
 */

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { sep } from "node:path";
import { GantryError, messageOf } from "../contract/errors.ts";
import type { InstalledPlugin, LockEntry, PluginScope } from "../contract/installed.ts";
import type { StoredConsent } from "./entries.ts";
import { bundleFolder, bundleName, type StorePlace } from "./layout.ts";
import { readScope, type ScopeOnDisk, type StoreProblem } from "./scopes-on-disk.ts";

export interface ReadOptions extends StorePlace {
  /** Told of files that cannot be read and of entries that are left out. */
  onProblem?(problem: StoreProblem): void;
}

/**
 * One entry a name, sorted. A project's plugin stands in front of this user's own of the same name once the user has said yes
 * to it, and while it is not switched off; else the own one stays.
 */
export function readInstalled(options: ReadOptions): InstalledPlugin[] {
  const plugins = new Map<string, InstalledPlugin>();
  for (const plugin of readEach(options)) {
    const own = plugins.get(plugin.name);
    if (own === undefined || !["needs-consent", "disabled"].includes(plugin.state)) plugins.set(plugin.name, plugin);
  }
  return [...plugins.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Every plugin of both scopes, the user's first. */
export function readEach(options: ReadOptions): InstalledPlugin[] {
  return (["user", "project"] as const).flatMap((scope) => {
    const onDisk = readScope(options, scope);
    for (const problem of onDisk.problems) options.onProblem?.(problem);
    return installedIn(options, onDisk);
  });
}

export function installedIn(
  place: StorePlace,
  { scope, lock, consents, lockProblem, consentProblem }: ScopeOnDisk,
): InstalledPlugin[] {
  // Without its lock nobody knows which bytes count: what this user said yes to is broken, and not just gone.
  if (lockProblem !== undefined)
    return [...consents.plugins].map(([name, consent]) => broken(place, scope, name, consent.lock, lockProblem, consent));
  const unread = [...lock.leftOut].flatMap(([name, why]) => {
    const consent = consents.plugins.get(name);
    return consent === undefined ? [] : [broken(place, scope, name, consent.lock, `its entry in the lock: ${why}`, consent)];
  });
  const read = [...lock.plugins].map(([name, entry]) => {
    if (consentProblem !== undefined) return broken(place, scope, name, entry, consentProblem);
    return installedFrom(place, scope, name, entry, consents.plugins.get(name));
  });
  return [...read, ...unread];
}

function installedFrom(
  place: StorePlace,
  scope: PluginScope,
  name: string,
  lock: LockEntry,
  consent: StoredConsent | undefined,
): InstalledPlugin {
  const given = consentFor(lock, consent);
  if (given === undefined) return waiting(place, scope, name, lock, consent);
  return {
    ...factsOf(place, scope, name, lock),
    state: given.disabled === true ? "disabled" : "ready",
    manifest: given.manifest,
    grants: given.grants,
    ...(given.link === undefined ? {} : { link: given.link }),
    ...(given.previous === undefined ? {} : { isNew: true }),
  };
}

/** The answer that was given to exactly these bytes and this manifest, be it the one before the last. Other bytes never have one. */
export function consentFor(
  lock: Pick<LockEntry, "sha512" | "manifestHash">,
  consent: StoredConsent | undefined,
): StoredConsent | undefined {
  return [consent, consent?.previous].find(
    (each) => each !== undefined && each.sha512 === lock.sha512 && each.manifestHash === lock.manifestHash,
  );
}

function factsOf(place: StorePlace, scope: PluginScope, name: string, lock: LockEntry) {
  const bundleFile = `${bundleFolder(place, scope, name, lock)}${sep}${bundleName}`;
  return { name, version: lock.version, scope, lock, bundleFile };
}

function waiting(
  place: StorePlace,
  scope: PluginScope,
  name: string,
  lock: LockEntry,
  other: StoredConsent | undefined,
): InstalledPlugin {
  const whose = scope === "project" ? "the project's lock" : "the lock";
  const message =
    other === undefined
      ? `${whose} names ${name} ${lock.version}, and you have not said yes to it`
      : `${whose} names other bytes of ${name} (${lock.version}, ${lock.sha512.slice(0, 12)}) than you said yes to (${other.lock.version}, ${other.sha512.slice(0, 12)})`;
  return {
    ...factsOf(place, scope, name, lock),
    ...{ state: "needs-consent", grants: {}, problem: { code: "PLUGIN_CONSENT_REQUIRED", message } },
  };
}

function broken(
  place: StorePlace,
  scope: PluginScope,
  name: string,
  lock: LockEntry,
  message: string,
  consent?: StoredConsent,
): InstalledPlugin {
  return {
    ...factsOf(place, scope, name, lock),
    ...{ state: "broken", grants: {}, problem: { code: "PLUGIN_STORE_FAILED", message } },
    ...(consent === undefined ? {} : { manifest: consent.manifest }),
  };
}

/** What a bundle can be at most. */
export const maxBundleBytes = 16 * 1024 * 1024;

/** The bundle's text, hashed as it was read. PLUGIN_CHANGED when it is not there, or is not what was said yes to. */
export async function sourceOf(plugin: { name: string; bundleFile: string; sha512: string }): Promise<string> {
  const bytes = await readBundle(plugin);
  const { createHash } = await import("node:crypto");
  const sha512 = createHash("sha512").update(bytes).digest("hex");
  if (sha512 !== plugin.sha512)
    throw changed(plugin, `its bytes hash to ${sha512.slice(0, 12)}…, not to ${plugin.sha512.slice(0, 12)}…`);
  return bytes.toString("utf8");
}

async function readBundle(plugin: { name: string; bundleFile: string }): Promise<Buffer> {
  try {
    const file = await open(plugin.bundleFile, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new Error("it is no file");
      if (stats.size > maxBundleBytes) throw new Error(`it is ${stats.size} bytes long; at most ${maxBundleBytes} are read`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw changed(plugin, messageOf(cause), cause);
  }
}

function changed({ name, bundleFile }: { name: string; bundleFile: string }, why: string, cause?: unknown): GantryError {
  return new GantryError("PLUGIN_CHANGED", `the bundle of ${name}, ${bundleFile}, is not loaded: ${why}`, { cause });
}
