/** Where the plugin store keeps what. User files are below `<dataHome>/plugins`; a project has its lock and the bytes beside it. */
import { sep } from "node:path";
import { projectSlug } from "../../config/paths.ts";
import type { LockEntry, PluginScope } from "../contract/installed.ts";

/** Both folders are absolute and plain: to normalize a path of each of a hundred plugins again would cost two milliseconds. */
const join = (...parts: string[]): string => parts.join(sep);

/** The store as one project sees it. */
export interface StorePlace {
  dataHome: string;
  /** Real, absolute. */
  project: string;
}

export const storeFolder = (dataHome: string): string => join(dataHome, "plugins");

export const stagingFolder = (dataHome: string): string => join(storeFolder(dataHome), "staging");

export const bundlesFolder = (dataHome: string): string => join(storeFolder(dataHome), "bundles");

export const consentsFolder = (dataHome: string): string => join(storeFolder(dataHome), "consents");

/** A project's folder of its own plugins. */
export const projectFolder = (project: string): string => join(project, ".gantry");

export function lockFile({ dataHome, project }: StorePlace, scope: PluginScope): string {
  return scope === "user" ? join(storeFolder(dataHome), "lock.json") : join(projectFolder(project), "plugins.lock.json");
}

/** Never below a project: cloning one brings no consent. */
export function consentFile(place: StorePlace, scope: PluginScope): string {
  return join(consentsFolder(place.dataHome), `${scopeKey(place, scope)}.json`);
}

/** A plugin's own data: by scope too, for two projects may have two plugins of one name. */
export function storageFile(place: StorePlace, { name, scope }: { name: string; scope: PluginScope }): string {
  return join(storeFolder(place.dataHome), "storage", scopeKey(place, scope), `${name}.json`);
}

export function usageFile(place: StorePlace, { name, scope }: { name: string; scope: PluginScope }): string {
  return join(storeFolder(place.dataHome), "usage", scopeKey(place, scope), `${name}.json`);
}

export function scopeKey({ project }: StorePlace, scope: PluginScope): string {
  return scope === "user" ? "user" : `project-${projectSlug(project)}`;
}

/** Names bytes and manifest together: one code may come with two manifests. */
export function bundleKey({ sha512, manifestHash }: Pick<LockEntry, "sha512" | "manifestHash">): string {
  return `${sha512.slice(0, 32)}${manifestHash.slice(0, 32)}`;
}

/** The folder of plugin.js and gantry.json; what is in it never changes. */
export function bundleFolder(place: StorePlace, scope: PluginScope, name: string, lock: LockEntry): string {
  const key = bundleKey(lock);
  if (scope === "user") return join(bundlesFolder(place.dataHome), key);
  // Short for the eyes of who reads a diff; that it is the right one, the hashes of the lock say.
  return join(projectBundles(place.project), name, `${key.slice(0, 8)}${key.slice(32, 40)}`);
}

export const projectBundles = (project: string): string => join(projectFolder(project), "plugins");

export const bundleName = "plugin.js";
export const manifestName = "gantry.json";
