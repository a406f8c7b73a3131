/** Where new plugins come from, as plugins-host.ts asks for it: core/install does it, loaded when something is installed. */
import type { DescribeBundle } from "../contract/guest.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { RunProgram } from "../contract/program-run.ts";
import { version } from "../version.ts";

/** A plugin's code as one script, and what it contributes. */
export interface PreparedPlugin {
  manifest: PluginManifest;
  /** As it is stored and hashed. */
  manifestText: string;
  source: string;
  /** Of the source, hex. */
  sha512: string;
  /** What its author should know, and what stops nobody. */
  problems: string[];
}

export interface FetchedPlugin {
  /** Absolute. */
  folder: string;
  kind: "folder" | "tarball" | "git" | "npm";
  resolved: string;
}

export interface PluginSources {
  /** PLUGIN_SPEC_INVALID, PLUGIN_FETCH_FAILED, PLUGIN_TOO_LARGE. */
  fetch(spec: string, options: { cwd: string; scratch: string }): Promise<FetchedPlugin>;
  /** PLUGIN_BUILD_FAILED, PLUGIN_INVALID, PLUGIN_INCOMPATIBLE, PLUGIN_MANIFEST_DIFFERS, GUEST_*. */
  prepare(folder: string): Promise<PreparedPlugin>;
}

interface SourceOptions {
  env: Readonly<Record<string, string | undefined>>;
  run: RunProgram;
  describe: DescribeBundle;
  signal: AbortSignal;
}

export function pluginSources({ env, run, describe, signal }: SourceOptions): PluginSources {
  return {
    async fetch(spec, { cwd, scratch }) {
      const { fetchSource } = await import("../install/fetch.ts");
      return await fetchSource(spec, { cwd, scratch, run, signal, env });
    },
    async prepare(folder) {
      const { preparePlugin } = await import("../install/prepare.ts");
      return await preparePlugin({ folder, describe, run, signal, gantryVersion: version });
    },
  };
}
