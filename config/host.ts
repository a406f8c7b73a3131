/** What the product's own commands may ask about the config (host.config). */
import { join } from "node:path";
import { GantryError } from "../core/contract/errors.ts";
import type { ConfigHost, TrustStatus } from "../core/contract/host.ts";
import { kindOf, writeNew } from "./files.ts";
import type { LoadedConfig } from "./loaded.ts";
import { starterName, starterText } from "./starter.ts";

export interface HostParts {
  loaded: Pick<LoadedConfig, "project" | "problems" | "explain" | "effective">;
  layerPaths: readonly { layer: string; path: string }[];
  /** The project's own config files and programs in their place. */
  projectFiles: readonly string[];
  isHome: boolean;
  trust: {
    status(): Promise<TrustStatus>;
    grant(): Promise<void>;
    revoke(): Promise<boolean>;
  };
}

export function createConfigHost({ loaded, layerPaths, projectFiles, isHome, trust }: HostParts): ConfigHost {
  return {
    effective: async () => loaded.effective(),
    explain: async (key) => await loaded.explain(key),
    set: async () => {
      throw new GantryError("INTERNAL", "not built yet");
    },
    unset: async () => {
      throw new GantryError("INTERNAL", "not built yet");
    },
    problems: async () => loaded.problems,
    schema: async () => (await import("./schema.ts")).configJsonSchema(),
    paths: async () =>
      await Promise.all(
        layerPaths.map(async ({ layer, path }) => ({ layer, path, exists: (await kindOf(path)) !== undefined })),
      ),
    async trust(action) {
      if (action === "revoke") await trust.revoke();
      if (action === "grant" && (await trust.status()).state !== "nothing-to-trust") await trust.grant();
      return await trust.status();
    },
    async writeStarter() {
      const [present] = projectFiles;
      if (present !== undefined) throw new GantryError("CONFIG_INVALID", `${present} is there already; it is left as it is`);
      if (isHome)
        throw new GantryError("CONFIG_INVALID", `${loaded.project} is your home folder or above it, and so never a project`);
      const file = join(loaded.project, starterName);
      try {
        await writeNew(file, starterText);
      } catch (cause) {
        throw new GantryError("CONFIG_INVALID", `${file} cannot be written: ${String(cause)}`, { cause });
      }
      return file;
    },
  };
}
