/**
 * The store's files while this process alone may write them. The lock of a scope is what is in force: whoever changes both
 * writes the consents first when something comes, and last when it goes, so that each state between two writes works.
 */
import { basename, dirname, join } from "node:path";
import { GantryError } from "../contract/errors.ts";
import type { LockEntry, PluginScope } from "../contract/installed.ts";
import { namesIn, removeFile } from "../session/disk.ts";
import type { ConsentFile, StoredConsent } from "./entries.ts";
import {
  bundleFolder,
  bundleKey,
  bundlesFolder,
  consentFile,
  consentsFolder,
  lockFile,
  projectBundles,
  projectFolder,
  type StorePlace,
  storageFile,
  storeFolder,
  usageFile,
} from "./layout.ts";
import { readScope } from "./scopes-on-disk.ts";
import { sweepStaging } from "./staging.ts";
import { aloneInStore } from "./store-lock.ts";
import { folderAt, own, removeEmpty, removeTree, shared, sweepTemporary, writeWhole } from "./write-whole.ts";

export interface StoreWriter {
  readonly place: StorePlace;
  readonly scope: PluginScope;
  /** As it is on disk, until `saveLock`. */
  readonly lock: Map<string, LockEntry>;
  readonly consents: ConsentFile;
  saveLock(): Promise<void>;
  saveConsents(): Promise<void>;
}

/**
 * Runs `work` alone, on what the files of a scope hold now; what earlier writers left is swept before and after. Never
 * writes over a file that it cannot read: PLUGIN_STORE_FAILED.
 */
export async function writeStore<T>(
  place: StorePlace,
  scope: PluginScope,
  work: (writer: StoreWriter) => Promise<T>,
): Promise<T> {
  return await aloneInStore(place.dataHome, async () => {
    await sweep(place, scope);
    if (scope === "project") await refuseLinks(place);
    const writer = openWriter(place, scope);
    const result = await work(writer);
    await sweepBundles(writer);
    await sweepData(writer);
    return result;
  });
}

function openWriter(place: StorePlace, scope: PluginScope): StoreWriter {
  const onDisk = readScope(place, scope);
  const unreadable = onDisk.lockProblem ?? onDisk.consentProblem;
  if (unreadable !== undefined) throw new GantryError("PLUGIN_STORE_FAILED", unreadable);
  const { lock, consents } = onDisk;
  const [left] = lock.leftOut;
  if (left !== undefined)
    throw new GantryError(
      "PLUGIN_STORE_FAILED",
      `${lockFile(place, scope)} would lose its entry of ${left[0]}, which cannot be read: ${left[1]}`,
    );
  // An install that was interrupted before it counted, or an uninstall after. A project's answers stay: its lock comes and goes with branches.
  if (scope === "user") for (const name of consents.plugins.keys()) if (!lock.plugins.has(name)) consents.plugins.delete(name);
  return {
    ...{ place, scope, lock: lock.plugins, consents },
    saveLock: async () => await save(lockFile(place, scope), lockText(lock.plugins), scope),
    saveConsents: async () => await save(consentFile(place, scope), consentText(place, scope, consents), "user"),
  };
}

async function save(file: string, text: string | undefined, scope: PluginScope): Promise<void> {
  if (text !== undefined) return await writeWhole(file, text, scope === "user" ? own : shared);
  await removeFile(file);
}

/** Undefined: nothing is left to say, and the file goes. */
function lockText(plugins: Map<string, LockEntry>): string | undefined {
  return plugins.size === 0 ? undefined : jsonText({ version: 1, plugins: sorted(plugins) });
}

/** Without spaces: it is read at every start. */
function consentText({ project }: StorePlace, scope: PluginScope, { plugins, kept }: ConsentFile): string | undefined {
  if (plugins.size === 0 && kept.size === 0) return undefined;
  return `${JSON.stringify({
    version: 1,
    ...(scope === "project" ? { project } : {}),
    plugins: sorted(plugins),
    ...(kept.size === 0 ? {} : { kept: sorted(kept) }),
  })}\n`;
}

function sorted<T>(map: Map<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const jsonText = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

async function sweep(place: StorePlace, scope: PluginScope): Promise<void> {
  await sweepStaging(place.dataHome);
  for (const folder of [storeFolder(place.dataHome), consentsFolder(place.dataHome), bundlesFolder(place.dataHome)])
    await sweepTemporary(folder);
  if (scope === "user") return;
  if ((await folderAt(projectFolder(place.project))) === true) await sweepTemporary(projectFolder(place.project));
}

/** Nothing is written through a link of the project's. */
async function refuseLinks({ project }: StorePlace): Promise<void> {
  for (const folder of [projectFolder(project), projectBundles(project)]) {
    if ((await folderAt(folder)) === false)
      throw new GantryError("PLUGIN_STORE_FAILED", `${folder} is not a folder of the project itself; nothing is written there`);
  }
}

/** What plugins stored and how they were used, of those that nothing speaks of any more. */
async function sweepData({ place, scope, lock, consents }: StoreWriter): Promise<void> {
  for (const fileOf of [storageFile, usageFile]) {
    const folder = dirname(fileOf(place, { name: "any", scope }));
    for (const file of await namesIn(folder)) {
      const name = file.replace(/\.json$/, "");
      const isKnown = lock.has(name) || consents.plugins.has(name) || (consents.kept.has(name) && fileOf === storageFile);
      if (!isKnown && file.endsWith(".json")) await removeFile(join(folder, file));
    }
    // Plugins store while others write here: what they have in hand is theirs.
    if (fileOf === usageFile) await sweepTemporary(folder);
    if (lock.size === 0) await removeEmpty(folder);
  }
}

/** Bundles that neither the lock nor a consent still speaks of. */
async function sweepBundles({ place, scope, lock, consents }: StoreWriter): Promise<void> {
  if (scope === "project") return await sweepProjectBundles({ place, lock, consents });
  const answers = [...consents.plugins].filter(([name]) => lock.has(name)).flatMap(([, consent]) => versionsOf(consent));
  const used = new Set([...[...lock.values()].map(bundleKey), ...answers.map(bundleKey)]);
  const folder = bundlesFolder(place.dataHome);
  for (const name of await namesIn(folder)) if (!used.has(name)) await removeTree(join(folder, name));
  for (const each of [folder, consentsFolder(place.dataHome)]) await removeEmpty(each);
}

/** Only folders named as ours are: a project may keep other things there. */
async function sweepProjectBundles({ place, lock, consents }: Pick<StoreWriter, "place" | "lock" | "consents">): Promise<void> {
  const root = projectBundles(place.project);
  for (const name of await namesIn(root)) {
    const folder = join(root, name);
    if ((await folderAt(folder)) !== true) continue;
    await sweepTemporary(folder);
    const entry = lock.get(name);
    const versions = [
      ...(entry === undefined ? [] : [entry]),
      ...(entry === undefined ? [] : versionsOf(consents.plugins.get(name))),
    ];
    const used = new Set(versions.map((version) => basename(bundleFolder(place, "project", name, version))));
    for (const each of await namesIn(folder))
      if (/^[0-9a-f]{16}$/.test(each) && !used.has(each)) await removeTree(join(folder, each));
    await removeEmpty(folder);
  }
  await removeEmpty(root);
  await removeEmpty(dirname(root));
}

/** The bytes that an answer and the one before it are about. */
function versionsOf(consent: StoredConsent | undefined): LockEntry[] {
  return consent === undefined ? [] : [consent.lock, ...(consent.previous === undefined ? [] : [consent.previous.lock])];
}
