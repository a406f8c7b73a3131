/** What a thread does before its first call: use the core's compile cache, and begin to load the plugin that is expected. */
import { enableCompileCache, flushCompileCache } from "node:module";
import type { PluginLoaders } from "./thread-calls.ts";

/** The pool's `workerData`. `compileCache` is the folder the core's own cache is in: a thread has none unless it asks (6 ms). */
export interface Preparation {
  plugin?: string;
  compileCache?: string;
}

/** Does not wait: a load that fails fails again, with its reason, at the call. */
export function prepare(loaders: PluginLoaders, { plugin, compileCache }: Preparation): void {
  if (compileCache !== undefined) {
    enableCompileCache(compileCache);
    // A thread is ended from outside, where nothing is written any more.
    setTimeout(flushCompileCache, 1_000).unref();
  }
  if (plugin !== undefined && Object.hasOwn(loaders, plugin)) loaders[plugin]?.().catch(() => undefined);
}
