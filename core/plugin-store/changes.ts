/** Everything that changes what is installed or granted, each as one commit: before it the former state works, after it the new one. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { GantryError } from "../contract/errors.ts";
import type { InstalledPlugin, LockEntry, PluginScope } from "../contract/installed.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { Grants } from "../contract/permissions.ts";
import { narrowed } from "../permission/scopes/compare.ts";
import { readBytes, removeFile } from "../session/disk.ts";
import type { StoredConsent } from "./entries.ts";
import { consentFor, installedIn, maxBundleBytes } from "./installed.ts";
import { bundleFolder, bundleName, manifestName, type StorePlace, storageFile, usageFile } from "./layout.ts";
import { own, placeFolder, shared } from "./write-whole.ts";
import { type StoreWriter, writeStore } from "./writer.ts";

/** Bytes that the user has said yes to, ready to be put in place. */
export interface NewVersion {
  name: string;
  scope: PluginScope;
  lock: LockEntry;
  manifest: PluginManifest;
  source: string;
  manifestText: string;
  grants: Grants;
  /** Folder of a linked plugin. */
  link?: string;
  /** The bytes it was planned over; undefined: none. Others meanwhile are PLUGIN_STORE_FAILED. */
  replaces: { sha512: string; manifestHash: string } | undefined;
}

/** After this the new bytes are in force. An update's former ones stay until it has started: core/plugin-store/settle.ts. */
export async function putVersion(place: StorePlace, version: NewVersion): Promise<void> {
  checkHashes(version);
  await writeStore(place, version.scope, async (writer) => {
    refuseOvertaken(writer, version);
    await placeBundle(place, version);
    const before = consentInForce(writer, version.name);
    await writeConsent(writer, version, before);
    writer.lock.set(version.name, version.lock);
    await writer.saveLock();
    if (before?.previous !== undefined) await keepStarted(writer, version.name, before.previous);
  });
}

/** What was replaced never started: what stays for a way back is the version before it, which did. */
async function keepStarted(writer: StoreWriter, name: string, started: StoredConsent): Promise<void> {
  const consent = writer.consents.plugins.get(name);
  if (consent?.previous === undefined) return;
  const { previous: _unstarted, ...rest } = consent;
  writer.consents.plugins.set(name, consentFor(started, rest) === undefined ? { ...rest, previous: started } : rest);
  await writer.saveConsents();
}

function checkHashes({ name, lock, source, manifestText }: NewVersion): void {
  if (sha512(source) === lock.sha512 && sha512(manifestText) === lock.manifestHash) return;
  throw new GantryError("PLUGIN_CHANGED", `the bytes of ${name} are not those that were planned`);
}

export const sha512 = (text: string | Uint8Array): string => createHash("sha512").update(text).digest("hex");

function refuseOvertaken({ lock }: StoreWriter, { name, replaces }: Pick<NewVersion, "name" | "replaces">): void {
  const now = lock.get(name);
  if (now?.sha512 === replaces?.sha512 && now?.manifestHash === replaces?.manifestHash) return;
  throw new GantryError(
    "PLUGIN_STORE_FAILED",
    `${name} was ${now === undefined ? "uninstalled" : `installed as ${now.version}`} by another process while this was planned; run it again`,
  );
}

async function placeBundle(place: StorePlace, { name, scope, lock, source, manifestText }: NewVersion): Promise<void> {
  const folder = bundleFolder(place, scope, name, lock);
  const isSame = async (at: string): Promise<boolean> =>
    (await hashOf(join(at, bundleName))) === lock.sha512 && (await hashOf(join(at, manifestName))) === lock.manifestHash;
  const modes = scope === "user" ? own : shared;
  await placeFolder(folder, { [bundleName]: source, [manifestName]: manifestText }, { modes, isSame });
}

/** Undefined when it cannot be read. */
async function hashOf(file: string): Promise<string | undefined> {
  return await readBytes(file, maxBundleBytes).then(sha512, () => undefined);
}

/** What the lock says now, with the answer that was given to it. */
function consentInForce({ lock, consents }: StoreWriter, name: string): StoredConsent | undefined {
  const entry = lock.get(name);
  return entry === undefined ? undefined : consentFor(entry, consents.plugins.get(name));
}

async function writeConsent(writer: StoreWriter, version: NewVersion, before: StoredConsent | undefined): Promise<void> {
  const { name, lock, manifest, grants, link } = version;
  const { place, scope, consents } = writer;
  const isOther = before !== undefined && before.sha512 !== lock.sha512;
  const { previous: _previous, ...former } = before ?? {};
  const consent: StoredConsent = {
    ...{ sha512: lock.sha512, manifestHash: lock.manifestHash, grants, grantedAt: new Date().toISOString(), lock, manifest },
    ...(link === undefined ? {} : { link }),
    // What was switched off stays so.
    ...(before?.disabled === true ? { disabled: true as const } : {}),
    ...(isOther && link === undefined ? { previous: former as StoredConsent } : {}),
  };
  const keptFor = consents.kept.get(name);
  consents.plugins.set(name, consent);
  consents.kept.delete(name);
  await writer.saveConsents();
  // Data of a plugin that only had the same name is nobody's now.
  if (before === undefined && keptFor !== lock.spec) await removeFile(storageFile(place, { name, scope }));
}

/** An answer about bytes that a project's lock names already. The manifest is the one whose hash the lock holds. */
export async function putConsent(
  place: StorePlace,
  {
    plugin,
    manifest,
    grants,
    disabled,
  }: { plugin: InstalledPlugin; manifest: PluginManifest; grants: Grants; disabled?: true },
): Promise<void> {
  const { name, scope, lock } = plugin;
  await writeStore(place, scope, async (writer) => {
    refuseOvertaken(writer, { name, replaces: lock });
    const { sha512, manifestHash } = lock;
    const consent = { sha512, manifestHash, grants, grantedAt: new Date().toISOString(), lock, manifest };
    writer.consents.plugins.set(name, { ...consent, ...(disabled === true ? { disabled } : {}) });
    await writer.saveConsents();
  });
}

/** The plugin waits for an answer again. */
export async function dropConsent(place: StorePlace, { name, scope }: { name: string; scope: PluginScope }): Promise<void> {
  await writeStore(place, scope, async (writer) => {
    if (writer.consents.plugins.delete(name)) await writer.saveConsents();
  });
}

/** What a plugin that is in force may do from now on. The version before an update never holds more than the new one. */
export async function changeConsent(
  place: StorePlace,
  { name, scope }: { name: string; scope: PluginScope },
  change: (consent: StoredConsent) => Pick<StoredConsent, "grants" | "disabled">,
): Promise<void> {
  await writeStore(place, scope, async (writer) => {
    const given = consentInForce(writer, name);
    if (given === undefined) throw notAnswered(writer, name);
    const { grants, disabled } = change(given);
    const { disabled: _was, previous, ...rest } = given;
    const isOff = disabled === true ? { disabled } : {};
    const { disabled: _wasBefore, ...before } = previous ?? {};
    // A version that comes back is switched off when this one was.
    const kept = { ...before, ...isOff, grants: narrowed(previous?.grants ?? {}, grants) } as StoredConsent;
    writer.consents.plugins.set(name, {
      ...{ ...rest, grants },
      ...isOff,
      ...(previous === undefined ? {} : { previous: kept }),
    });
    await writer.saveConsents();
  });
}

function notAnswered({ lock }: StoreWriter, name: string): GantryError {
  return lock.has(name)
    ? new GantryError("PLUGIN_CONSENT_REQUIRED", `you have not said yes to these bytes of ${name} yet`)
    : new GantryError("PLUGIN_NOT_INSTALLED", `${name} was uninstalled by another process`);
}

/** Takes all of a plugin away, what an interrupted uninstall left included. `keepData` leaves what it stored for the same spec. */
export async function removePlugin(
  place: StorePlace,
  { name, scope, keepData }: { name: string; scope: PluginScope; keepData: boolean },
): Promise<void> {
  await writeStore(place, scope, async (writer) => {
    const spec = writer.lock.get(name)?.spec ?? writer.consents.plugins.get(name)?.lock.spec;
    if (writer.lock.delete(name)) await writer.saveLock();
    const isKept = keepData && spec !== undefined;
    if (isKept) writer.consents.kept.set(name, spec);
    else writer.consents.kept.delete(name);
    writer.consents.plugins.delete(name);
    await writer.saveConsents();
    if (!isKept) await removeFile(storageFile(place, { name, scope }));
    await removeFile(usageFile(place, { name, scope }));
  });
}

/** What the files of a scope say while nobody writes them. */
export function inForce({ place, scope, lock, consents }: StoreWriter): InstalledPlugin[] {
  return installedIn(place, { scope, lock: { plugins: lock, leftOut: new Map() }, consents, problems: [] });
}
