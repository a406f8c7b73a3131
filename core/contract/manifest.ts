/**
 * gantry.json: what a plugin asks for and contributes, data only. A built-in's is made from its code when the bundles
 * are built, so that help, completion and the tool list never load a plugin.
 */

import type { HookKind, HookPoint } from "./hooks.ts";
import type { JsonObject } from "./messages.ts";
import type { Grants } from "./permissions.ts";
import type { ArgSpec, FlagSpec, ToolEffect, ToolSubject } from "./plugin.ts";

export interface ToolManifest {
  name: string;
  description: string;
  inputSchema: JsonObject;
  /** The tool's own schema says more than a JSON Schema can; it is asked again where the tool runs. */
  refines?: true;
  effect: ToolEffect;
  subject?: ToolSubject;
  timeoutMs?: number | "own";
}

export interface CommandManifest {
  id: string;
  summary: string;
  description?: string;
  args: ArgSpec[];
  flags: FlagSpec[];
  examples: string[];
}

export interface TapManifest {
  on: HookPoint;
  kind: HookKind;
  name: string;
  tools?: string[];
  stage: number;
  before?: string[];
  timeoutMs?: number;
}

export interface PluginManifest {
  name: string;
  version: string;
  description: string;
  /** The Gantry it works with, as a semver range; absent for built-ins. */
  engines?: { gantry: string };
  /** The module, relative to the folder of the manifest; absent for built-ins. */
  main?: string;
  /** What it asks for. */
  permissions: Grants;
  /** JSON Schema of the plugin's options in the config. */
  optionsSchema?: JsonObject;
  contributes: {
    tools: ToolManifest[];
    commands: CommandManifest[];
    taps: TapManifest[];
    providers: string[];
  };
}

export function toolsOf(manifests: readonly PluginManifest[]): ToolManifest[] {
  return manifests.flatMap(({ contributes }) => contributes.tools);
}
