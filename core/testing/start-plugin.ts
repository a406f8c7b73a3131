import type { PluginUnderTest, StartPluginOptions } from "./plugin/plugin-under-test.ts";

/**
 * Bundles the plugin of a folder and starts it as an install and a session do: a real guest, the same broker, the same bounds; a
 * workspace, a model and a user of the test's own. Close it. PLUGIN_* for what is wrong with the folder or its options, GUEST_* for
 * what its code does when it loads, SCRIPT_INVALID. Nothing of it is loaded before the first call.
 */
export async function startPlugin(options: StartPluginOptions): Promise<PluginUnderTest> {
  const { startPlugin: start } = await import("./plugin/start.ts");
  return await start(options);
}
