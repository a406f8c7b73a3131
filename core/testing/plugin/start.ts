/**
 * `startPlugin`: a folder becomes a plugin that runs, by the parts that run an installed one. Order: bundle → describe in a
 * guest without grants → the workspace and services of the test → the guest, its hooks and tools. Loaded with the first use.
 */
import { preparePlugin } from "../../install/prepare.ts";
import { version } from "../../version.ts";
import { openBench } from "./bench.ts";
import { makePlace } from "./place.ts";
import type { PluginUnderTest, StartPluginOptions } from "./plugin-under-test.ts";
import { runPlugin } from "./run.ts";

/** PLUGIN_* for what is wrong with the folder or the options, GUEST_* for what its code does when it loads, SCRIPT_INVALID. */
export async function startPlugin(options: StartPluginOptions): Promise<PluginUnderTest> {
  const { signal = new AbortController().signal } = options;
  const place = await makePlace(options.files ?? {});
  const bench = openBench(place, options);
  try {
    const { run, describe } = bench;
    const prepared = await preparePlugin({ folder: options.folder, describe, run, signal, gantryVersion: version });
    const plugin = runPlugin({ options, place, bench, prepared });
    await plugin.load(signal);
    return plugin.underTest;
  } catch (error) {
    await bench.close();
    await place.remove();
    throw error;
  }
}
