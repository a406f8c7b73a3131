/** The manifests of the built-in plugins, made by the build beside the bundles. Read once per process at most. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { GantryError } from "./contract/errors.ts";
import type { PluginManifest } from "./contract/manifest.ts";
import { distFolder } from "./dist-folder.ts";

/** One small synchronous read at start, before any session: nothing waits behind it. INTERNAL when the build is incomplete. */
export function readBuiltinManifests(): PluginManifest[] {
  const file = path.join(distFolder, "manifests.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as PluginManifest[];
  } catch (cause) {
    throw new GantryError("INTERNAL", `${file} cannot be read; run npm run build`, { cause });
  }
}
