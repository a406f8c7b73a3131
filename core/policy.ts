/** What a loaded config says to whoever decides about calls: one answer for sessions, for explanations, and for the `if` of hooks. */
import type { LoadedConfig } from "../config/loaded.ts";
import type { Policy } from "./permission/ground.ts";

export type PolicySource = Pick<LoadedConfig, "config" | "project" | "paths" | "hookScripts" | "sourceOf">;

/** What is the asker's own; the mode is the config's where none is given. */
type Own = Pick<Policy, "rules" | "outputDir" | "home" | "approve"> & { mode?: Policy["mode"] };

export function policyOf({ config, project, paths, hookScripts, sourceOf }: PolicySource, own: Own): Policy {
  return {
    mode: config.permissions.mode,
    modeSource: sourceOf("permissions.mode").source,
    workspace: project,
    additionalDirs: config.permissions.additionalDirectories,
    configHome: paths.configHome,
    stateHome: paths.stateHome,
    hookScripts,
    ...own,
  };
}
