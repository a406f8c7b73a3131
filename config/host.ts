/** What the product's own commands may ask about the config, and change in it (host.config). */
import { join } from "node:path";
import { GantryError } from "../core/contract/errors.ts";
import type { ConfigHost, TrustStatus } from "../core/contract/host.ts";
import type { KeyChange } from "./change-key.ts";
import { kindOf, writeNew } from "./files.ts";
import type { HostChecks, LoadedConfig, LoadOptions } from "./loaded.ts";
import type { Merged } from "./merge.ts";
import type { Sources } from "./sources.ts";
import { starterName, starterText } from "./starter.ts";

export interface HostParts {
  loaded: LoadedConfig;
  options: LoadOptions;
  sources: Sources;
  merged: Merged;
  checks: HostChecks;
  trust: {
    status(): Promise<TrustStatus>;
    grant(): Promise<void>;
    revoke(): Promise<boolean>;
  };
  /** The loader itself, for a look at the config as it would be. */
  load(options: LoadOptions): Promise<LoadedConfig>;
}

export function createConfigHost(parts: HostParts): ConfigHost {
  const { loaded, options, sources, trust } = parts;
  const change = async (what: KeyChange): Promise<string> => await (await import("./change-key.ts")).changeKey(what, parts);
  return {
    environment: options.env,
    effective: async () => loaded.effective(),
    explain: async (key) => await loaded.explain(key),
    set: async (key, value, layer) => await change({ key, value, layer }),
    unset: async (key, layer) => await change({ key, layer }),
    change: async (changes, layer) => await (await import("./change-many.ts")).changeMany(changes, layer, parts),
    tryChange: async (changes, layer) => await (await import("./change-many.ts")).tryMany(changes, layer, parts),
    problems: async () => loaded.problems,
    schema: async () => (await import("./json-schema.ts")).configJsonSchema(),
    paths: async () =>
      await Promise.all(
        sources.layerPaths().map(async ({ layer, path }) => ({ layer, path, exists: (await kindOf(path)) !== undefined })),
      ),
    async trust(action) {
      if (action === "revoke") await trust.revoke();
      if (action === "grant" && (await trust.status()).state !== "nothing-to-trust") await trust.grant();
      return await trust.status();
    },
    writeStarter: async () => await writeStarter(sources),
  };
}

async function writeStarter({ project }: Pick<Sources, "project">): Promise<string> {
  const [present] = [...project.files, ...project.programs];
  if (present !== undefined) throw new GantryError("CONFIG_INVALID", `${present} is there already; it is left as it is`);
  if (project.isHome)
    throw new GantryError("CONFIG_INVALID", `${project.root} is your home folder or above it, and so never a project`);
  const file = join(project.root, starterName);
  try {
    await writeNew(file, starterText);
  } catch (cause) {
    throw new GantryError("CONFIG_INVALID", `${file} cannot be written: ${String(cause)}`, { cause });
  }
  return file;
}
