/** Plugins for a store whose bytes are told by their text. */
import type { PluginScope } from "../../core/contract/installed.ts";
import type { PluginManifest } from "../../core/contract/manifest.ts";
import type { Grants } from "../../core/contract/permissions.ts";
import { type NewVersion, sha512 } from "../../core/plugin-store/changes.ts";

export interface PluginVersion {
  name?: string;
  version?: string;
  scope?: PluginScope;
  grants?: Grants;
  asks?: Grants;
  code?: string;
  replaces?: NewVersion | undefined;
}

export function manifestOf(name: string, version: string, permissions: Grants): PluginManifest {
  return {
    ...{ name, version, description: `The plugin ${name}.`, permissions },
    contributes: { tools: [], commands: [], taps: [], providers: [] },
  };
}

export function pluginVersion(options: PluginVersion = {}): NewVersion {
  const { name = "notes", version = "1.0.0", scope = "user", code = `"${name} ${version}"` } = options;
  const { asks = { "fs.read": ["./notes/**"] }, grants = asks, replaces } = options;
  const manifest = manifestOf(name, version, asks);
  const manifestText = `${JSON.stringify(manifest, undefined, 2)}\n`;
  const lock = {
    ...{ spec: `./${name}`, resolved: `/plugins/${name}`, version, asks, installedAt: "2026-01-01T00:00:00.000Z" },
    ...{ sha512: sha512(code), manifestHash: sha512(manifestText) },
  };
  const over = replaces && { sha512: replaces.lock.sha512, manifestHash: replaces.lock.manifestHash };
  return { name, scope, lock, manifest, source: code, manifestText, grants, replaces: over };
}
