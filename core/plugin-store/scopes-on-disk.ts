/** One scope's lock and consents as its files are now, with whatever could not be read. One read for each file. */
import type { PluginScope } from "../contract/installed.ts";
import { type ConsentFile, type LockFile, type Parsed, parseConsents, parseLock } from "./entries.ts";
import { consentFile, lockFile, projectFolder, type StorePlace } from "./layout.ts";
import { isOwnFolder, readNow } from "./read-now.ts";

/** A file of the store that could not be read, or an entry of it that was left out. */
export interface StoreProblem {
  code: "PLUGIN_STORE_FAILED";
  message: string;
  file: string;
}

export interface ScopeOnDisk {
  scope: PluginScope;
  lock: LockFile;
  consents: ConsentFile;
  /** Why all of a file counts for nothing. Undefined: it was read, or is not there. */
  lockProblem?: string;
  consentProblem?: string;
  problems: StoreProblem[];
}

/** 1,000 plugins with their manifests. */
const maxBytes = 16 * 1024 * 1024;

export function readScope(place: StorePlace, scope: PluginScope): ScopeOnDisk {
  const onDisk: ScopeOnDisk = { scope, lock: { plugins: new Map(), leftOut: new Map() }, consents: noConsents(), problems: [] };
  if (scope === "user" || hasProjectLock(place, onDisk)) {
    const lock = readPart(lockFile(place, scope), parseLock, onDisk);
    if (lock.value !== undefined) onDisk.lock = lock.value;
    if (lock.whole !== undefined) onDisk.lockProblem = lock.whole;
    if (lock.value === undefined && lock.whole === undefined && scope === "project") return onDisk;
  } else if (onDisk.lockProblem === undefined) return onDisk;
  const project = scope === "project" ? place.project : undefined;
  const consents = readPart(consentFile(place, scope), (text) => parseConsents(text, project), onDisk);
  if (consents.value !== undefined) onDisk.consents = consents.value;
  if (consents.whole !== undefined) onDisk.consentProblem = consents.whole;
  return onDisk;
}

/** The consents alone; undefined when they cannot be read. */
export function readConsentsNow(place: StorePlace, scope: PluginScope): ConsentFile | undefined {
  const { text, problem } = readNow(consentFile(place, scope), maxBytes);
  if (problem !== undefined) return undefined;
  if (text === undefined) return noConsents();
  return parseConsents(text, scope === "project" ? place.project : undefined).value;
}

export const noConsents = (): ConsentFile => ({ plugins: new Map(), kept: new Map() });

/** A link in place of `.gantry` could lead to another project's lock, for which this user has consents. */
function hasProjectLock({ project }: StorePlace, onDisk: ScopeOnDisk): boolean {
  const folder = projectFolder(project);
  const isFolder = isOwnFolder(folder);
  if (isFolder === false) {
    onDisk.lockProblem = `${folder} is not a folder of the project itself`;
    onDisk.problems.push({ code: "PLUGIN_STORE_FAILED", message: onDisk.lockProblem, file: folder });
  }
  return isFolder === true;
}

function readPart<T>(file: string, parse: (text: string) => Parsed<T>, onDisk: ScopeOnDisk): { value?: T; whole?: string } {
  const { text, problem } = readNow(file, maxBytes);
  if (text === undefined && problem === undefined) return {};
  const parsed = text === undefined ? { problems: [problem ?? ""] } : parse(text);
  for (const each of parsed.problems) onDisk.problems.push({ code: "PLUGIN_STORE_FAILED", message: `${file}: ${each}`, file });
  if (parsed.value !== undefined) return { value: parsed.value };
  return { whole: `${file} cannot be used: ${parsed.problems[0]}` };
}
