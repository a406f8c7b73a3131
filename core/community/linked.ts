/**
 * A linked folder, for development: bundled again when its files change, with the grants it has. Kept in memory; the store has
 * the bytes that were linked. A change that cannot be bundled leaves what runs as it is, and is said.
 */
import { type FSWatcher, watch } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../contract/errors.ts";
import { contributionProblem } from "./contributions.ts";
import type { CommunityPlugin } from "./found.ts";
import type { Prepared } from "./prepare.ts";

export interface LinkedOptions {
  prepare(folder: string, options: { signal: AbortSignal }): Promise<Prepared>;
  /** `isRunning`: it changed under a session. */
  onChanged(plugin: CommunityPlugin, source: string, when: { isRunning: boolean }): void;
  onProblem(plugin: string, text: string): void;
}

export interface Linked {
  /** The plugin as its folder is now, where that is newer than the store; then it was given to `onChanged`. */
  refresh(plugin: CommunityPlugin & { link: string }): Promise<void>;
  watch(plugin: CommunityPlugin & { link: string }): void;
  close(): void;
}

/** An editor writes a file in several steps, and a build several files. */
const settleMs = 250;
const mostEntries = 5_000;
const ignored = new Set(["node_modules", ".git", "gantry.json"]);

export function createLinked({ prepare, onChanged, onProblem }: LinkedOptions): Linked {
  const watchers: FSWatcher[] = [];
  const closing = new AbortController();
  const last = new Map<string, string>();

  async function bundle(plugin: CommunityPlugin & { link: string }, when: { isRunning: boolean }): Promise<void> {
    try {
      const { manifest, source, sha512 } = await prepare(plugin.link, { signal: closing.signal });
      if (closing.signal.aborted || last.get(plugin.name) === sha512) return;
      const wrong = manifest.name === plugin.name ? contributionProblem(manifest) : `it calls itself ${manifest.name} now`;
      if (wrong !== undefined) return onProblem(plugin.name, `its folder changed and is not used: ${wrong}`);
      last.set(plugin.name, sha512);
      onChanged({ ...plugin, manifest, version: manifest.version, lock: { ...plugin.lock, sha512 } }, source, when);
    } catch (error) {
      if (!closing.signal.aborted) onProblem(plugin.name, `its folder changed and could not be bundled: ${messageOf(error)}`);
    }
  }

  return {
    async refresh(plugin) {
      last.set(plugin.name, plugin.lock.sha512);
      if (await isNewer(plugin)) await bundle(plugin, { isRunning: false });
    },
    watch(plugin) {
      let timer: NodeJS.Timeout | undefined;
      let running: Promise<void> = Promise.resolve();
      const onChange = (_event: string, name: string | null): void => {
        if (name?.split(path.sep).some((part) => ignored.has(part)) === true) return;
        clearTimeout(timer);
        timer = setTimeout(() => {
          running = running.then(async () => await bundle(plugin, { isRunning: true }));
        }, settleMs).unref();
      };
      try {
        const watcher = watch(plugin.link, { recursive: true, persistent: false }, onChange);
        watcher.on("error", (error) => onProblem(plugin.name, `its folder is not watched any more: ${error.message}`));
        watchers.push(watcher);
        closing.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
      } catch (error) {
        onProblem(plugin.name, `its folder cannot be watched: ${messageOf(error)}`);
      }
    },
    close() {
      closing.abort();
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Whether some file of the folder changed since the bundle was written. */
async function isNewer({ link, bundleFile }: { link: string; bundleFile: string }): Promise<boolean> {
  const bundledMs = (await stat(bundleFile).catch(() => undefined))?.mtimeMs ?? 0;
  const folders = [link];
  let seen = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (ignored.has(name)) continue;
      if (++seen > mostEntries) return true;
      const file = path.join(folder, name);
      const stats = await lstat(file).catch(() => undefined);
      if (stats?.isDirectory()) folders.push(file);
      else if (stats !== undefined && stats.mtimeMs > bundledMs) return true;
    }
  }
  return false;
}
