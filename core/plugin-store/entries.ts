/** What the store's files hold, read strictly: an entry that does not fit is left out with a sentence, never half taken. */
import type { Consent, LockEntry } from "../contract/installed.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import { printable } from "../contract/printable.ts";
import { hasShapeOfGrants, misfitIn } from "../permission/scopes/shape.ts";

/** A user's answer, with what it was given to: the lock's entry and the manifest as they were shown. */
export interface StoredConsent extends Consent {
  lock: LockEntry;
  manifest: PluginManifest;
  /** What it replaced, until the new one has started once. Whichever of the two the lock names is in force. */
  previous?: StoredConsent;
}

export interface LockFile {
  plugins: Map<string, LockEntry>;
  /** Entries that do not fit, and why: by sound names only. */
  leftOut: Map<string, string>;
}

export interface ConsentFile {
  plugins: Map<string, StoredConsent>;
  /** Names of uninstalled plugins whose data is kept, with the spec that may have it again. */
  kept: Map<string, string>;
}

export interface Parsed<T> {
  value?: T;
  problems: string[];
}

export const pluginName = /^[a-z0-9][a-z0-9-]{0,63}$/;
const hex = /^[0-9a-f]{128}$/;
const mostPlugins = 1000;
const lockKeys: ReadonlySet<string> = new Set(["spec", "resolved", "version", "sha512", "manifestHash", "asks", "installedAt"]);

export function parseLock(text: string): Parsed<LockFile> {
  const root = parseRoot(text);
  if (typeof root === "string") return { problems: [root] };
  const problems: string[] = [];
  const plugins = new Map<string, LockEntry>();
  const leftOut = new Map<string, string>();
  for (const [name, value] of root.entries) {
    const entry = pluginName.test(name) ? readLockEntry(value) : badName;
    if (typeof entry === "string") {
      problems.push(`${shown(name)} is left out: ${entry}`);
      if (entry !== badName) leftOut.set(name, entry);
    } else {
      plugins.set(name, entry);
      const others = Object.keys(value as object).filter((key) => !lockKeys.has(key));
      if (others.length > 0) problems.push(`${name} says ${others.map(shown).join(", ")}, which counts for nothing in a lock`);
    }
  }
  return { value: { plugins, leftOut }, problems };
}

const badName = "a plugin's name is lower-case letters, digits and -, at most 64";

/** The entry, or what does not fit in it. */
export function readLockEntry(value: unknown): LockEntry | string {
  if (!isObject(value)) return "it is not an object";
  const { spec, resolved, version, sha512, manifestHash, asks, installedAt } = value;
  if (!isLine(spec, 4096)) return "spec is not a text of one line";
  if (!isLine(resolved, 4096)) return "resolved is not a text of one line";
  if (!isLine(version, 128)) return "version is not a text of one line";
  if (!isHex(sha512)) return "sha512 is not 128 hex digits";
  if (!isHex(manifestHash)) return "manifestHash is not 128 hex digits";
  if (!isLine(installedAt, 64)) return "installedAt is not a time";
  if (!hasShapeOfGrants(asks)) return `asks: ${misfitIn(asks)}`;
  return { spec, resolved, version, sha512, manifestHash, asks, installedAt };
}

/** `project`: whose consents they must be; undefined for the user's own scope. */
export function parseConsents(text: string, project: string | undefined): Parsed<ConsentFile> {
  const root = parseRoot(text, (file) =>
    project !== undefined && file["project"] !== project ? `it is about ${shown(file["project"])}` : undefined,
  );
  if (typeof root === "string") return { problems: [root] };
  const problems: string[] = [];
  const plugins = new Map<string, StoredConsent>();
  for (const [name, value] of root.entries) {
    const consent = pluginName.test(name) ? readConsent(name, value) : badName;
    if (typeof consent === "string") problems.push(`${shown(name)} is left out: ${consent}`);
    else plugins.set(name, consent);
  }
  return { value: { plugins, kept: readKept(root.file) }, problems };
}

function readConsent(name: string, value: unknown, depth = 0): StoredConsent | string {
  if (!isObject(value)) return "it is not an object";
  const lock = readLockEntry(value["lock"]);
  if (typeof lock === "string") return `lock: ${lock}`;
  const { sha512, manifestHash, grantedAt, disabled, link, manifest } = value;
  if (sha512 !== lock.sha512 || manifestHash !== lock.manifestHash) return "it is about other bytes than its lock";
  if (!isLine(grantedAt, 64)) return "grantedAt is not a time";
  if (link !== undefined && !isLine(link, 4096)) return "link is not a path";
  if (!isManifest(manifest, name)) return "manifest is not one of this plugin";
  const { grants } = value;
  if (!hasShapeOfGrants(grants)) return `grants: ${misfitIn(grants)}`;
  const previous = value["previous"] === undefined || depth > 0 ? undefined : readConsent(name, value["previous"], 1);
  return {
    ...{ sha512, manifestHash, grants, grantedAt, lock, manifest },
    ...(disabled === true ? { disabled } : {}),
    ...(link === undefined ? {} : { link }),
    ...(previous === undefined || typeof previous === "string" ? {} : { previous }),
  };
}

/** Shape enough to be shown and registered: this file is the user's own, and what is in it was checked when it was written. */
function isManifest(value: unknown, name: string): value is PluginManifest {
  if (!isObject(value) || value["name"] !== name || !isLine(value["version"], 128)) return false;
  const { contributes, permissions, description } = value;
  if (!isObject(contributes) || !isObject(permissions) || typeof description !== "string") return false;
  const { tools, commands, taps, providers } = contributes;
  if (![tools, commands, taps].every((part) => Array.isArray(part) && part.every(isObject))) return false;
  return Array.isArray(providers) && providers.every((provider) => typeof provider === "string");
}

function readKept(file: Record<string, unknown>): Map<string, string> {
  const kept = isObject(file["kept"]) ? Object.entries(file["kept"]) : [];
  return new Map(kept.filter((pair): pair is [string, string] => pluginName.test(pair[0]) && isLine(pair[1], 4096)));
}

/** The entries under `plugins`, or what is wrong with the whole. */
function parseRoot(
  text: string,
  problemOf: (file: Record<string, unknown>) => string | undefined = () => undefined,
): { file: Record<string, unknown>; entries: [string, unknown][] } | string {
  const file = parseJson(text);
  if (file === undefined) return "it is no JSON";
  if (!isObject(file)) return "it is not an object";
  if (file["version"] !== 1) return `its version is ${shown(file["version"])}; this build reads 1`;
  if (!isObject(file["plugins"])) return "plugins is not an object";
  const entries = Object.entries(file["plugins"]);
  if (entries.length > mostPlugins) return `it names ${entries.length} plugins; at most ${mostPlugins}`;
  return problemOf(file) ?? { file, entries };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isLine(value: unknown, most: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= most && isPrintable(value);
}

/** The test with Unicode tables only where a letter is beyond ASCII: it costs a millisecond the first time. */
function isPrintable(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text) || text === printable(text);
}

const isHex = (value: unknown): value is string => typeof value === "string" && hex.test(value);

function shown(value: unknown): string {
  const text = printable(JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
