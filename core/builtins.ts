/** Where the code of each built-in plugin is, loaded when a command, provider or tap of it is first needed in the core. */
import type { PluginDefinition } from "./contract/plugin.ts";

type Load = () => Promise<{ default: PluginDefinition }>;

export const builtinLoaders: Readonly<Record<string, Load>> = {
  anthropic: () => import("../plugins/anthropic/index.ts"),
  config: () => import("../plugins/config/index.ts"),
  demo: () => import("../plugins/demo/index.ts"),
  files: () => import("../plugins/files/index.ts"),
  hooks: () => import("../plugins/hooks/index.ts"),
  import: () => import("../plugins/import/index.ts"),
  mcp: () => import("../plugins/mcp/index.ts"),
  parity: () => import("../plugins/parity/index.ts"),
  permissions: () => import("../plugins/permissions/index.ts"),
  plugins: () => import("../plugins/plugins/index.ts"),
  policy: () => import("../plugins/policy/index.ts"),
  process: () => import("../plugins/process/index.ts"),
  scripted: () => import("../plugins/scripted/index.ts"),
  sessions: () => import("../plugins/sessions/index.ts"),
  tasks: () => import("../plugins/tasks/index.ts"),
  tools: () => import("../plugins/tools/index.ts"),
  trust: () => import("../plugins/trust/index.ts"),
};
