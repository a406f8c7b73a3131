/** A store of its own for one test. */
import { mkdir, mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { type NewVersion, putVersion } from "../../core/plugin-store/changes.ts";
import { type StorePlace, storeFolder } from "../../core/plugin-store/layout.ts";
import { type PluginVersion, pluginVersion } from "../support/plugin-versions.ts";

export async function storeOf(): Promise<StorePlace> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-store-")));
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  const place = { dataHome: path.join(root, "data"), project: path.join(root, "work") };
  await mkdir(place.project);
  return place;
}

export async function install(place: StorePlace, options: PluginVersion = {}): Promise<NewVersion> {
  const version = pluginVersion(options);
  await putVersion(place, version);
  return version;
}

/** Every file below the store and the project's own folder, relative to it, without the folders. */
export async function filesIn(place: StorePlace): Promise<string[]> {
  const of = async (folder: string, mark: string): Promise<string[]> => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => `${mark}${path.relative(folder, path.join(entry.parentPath, entry.name))}`);
  };
  return [
    ...(await of(storeFolder(place.dataHome), "")),
    ...(await of(path.join(place.project, ".gantry"), "project/")),
  ].sort();
}
