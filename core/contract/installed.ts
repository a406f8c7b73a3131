/** What is known of an installed community plugin, and what its folder in the store and the locks hold. Data only. */
import type { ErrorCode } from "./errors.ts";
import type { PluginManifest } from "./manifest.ts";
import type { Grants } from "./permissions.ts";

/** Who installed it: this user for all projects, or a project's lock for all who work in it. */
export type PluginScope = "user" | "project";

/** One plugin in a lock: `.gantry/plugins.lock.json` of a project, or this user's own. Never grants. */
export interface LockEntry {
  /** As given to install; a folder below the project is relative to it. */
  spec: string;
  /** What the spec led to: an absolute or project-relative folder, a tarball's integrity, a commit, name@version. */
  resolved: string;
  version: string;
  /** Of the bundle's bytes, hex. */
  sha512: string;
  /** SHA-512 of the manifest's bytes, hex. */
  manifestHash: string;
  asks: Grants;
  installedAt: string;
}

/** This user's answer about one plugin in one scope: kept in the user's own store, never in a project. */
export interface Consent {
  /** The asks and bytes that were answered. */
  sha512: string;
  manifestHash: string;
  grants: Grants;
  grantedAt: string;
  disabled?: true;
  /** A linked folder: bundled anew when its files change. */
  link?: string;
}

export type PluginState =
  /** Loads when it is first needed. */
  | "ready"
  | "disabled"
  /** A project's lock names it, and this user has not answered yet. */
  | "needs-consent"
  /** Its bytes or manifest are not what the lock says, or cannot be read. */
  | "broken";

export interface InstalledPlugin {
  name: string;
  version: string;
  scope: PluginScope;
  state: PluginState;
  /** Why it is broken or waits. */
  problem?: { code: ErrorCode; message: string };
  /** Absent when it cannot be read. */
  manifest?: PluginManifest;
  lock: LockEntry;
  /** What this user gave; `{}` without consent. */
  grants: Grants;
  /** The bundle, absolute. Read and hashed again before it is sent to a guest. */
  bundleFile: string;
  /** Folder of a linked plugin. */
  link?: string;
  /** An update that has not started yet: what it replaced is kept until core/plugin-store/settle.ts is told how it went. */
  isNew?: true;
}
