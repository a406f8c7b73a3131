/** What a thread does before its first call: begin to load the plugin that is expected. A compile cache gains it nothing. */
import type { PluginLoaders } from "./thread-calls.ts";

/** The pool's `workerData`. */
export interface Preparation {
  plugin?: string;
}

/** Does not wait: a load that fails fails again, with its reason, at the call. */
export function prepare(loaders: PluginLoaders, { plugin }: Preparation): void {
  if (plugin !== undefined && Object.hasOwn(loaders, plugin)) loaders[plugin]?.().catch(() => undefined);
}
