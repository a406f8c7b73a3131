/** The built-in plugins that have tools: the one place outside the build that knows where they lie. */
import type { PluginLoaders } from "./thread-calls.ts";

export const builtins: PluginLoaders = {
  files: () => import("../../plugins/files/index.ts"),
  process: () => import("../../plugins/process/index.ts"),
  tasks: () => import("../../plugins/tasks/index.ts"),
};
