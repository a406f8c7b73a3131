/** A community plugin's folder for tests of the commands: what it asks for and contributes can be chosen. */
import type { Grants } from "../../core/contract/permissions.ts";

export interface Sample {
  name?: string;
  version?: string;
  permissions?: Grants;
  /** Names of tools. */
  tools?: readonly string[];
  /** Ids of commands. */
  commands?: readonly string[];
}

/** Files by their path below the folder. */
export function sampleFiles(sample: Sample = {}): Record<string, string> {
  const { name = "notes", version = "1.0.0", permissions = {}, tools = [], commands = [`${name} list`] } = sample;
  const tool = (tool: string): string =>
    `defineTool({ name: ${JSON.stringify(tool)}, description: "A tool.", input: () => ({ type: "object", properties: {} }), effect: "reads", execute: () => "done" })`;
  const command = (id: string): string =>
    `defineCommand({ id: ${JSON.stringify(id)}, summary: "Says its version.", run: async () => ({ data: { version: ${JSON.stringify(version)} }, text: "version ${version}" }) })`;
  return {
    "package.json": JSON.stringify({ name, version, type: "module", main: "index.js" }),
    "index.js": `import { defineCommand, definePlugin, defineTool } from "gantry/plugin";
export default definePlugin({
  name: ${JSON.stringify(name)},
  description: "The plugin ${name}.",
  permissions: ${JSON.stringify(permissions)},
  tools: [${tools.map(tool).join(", ")}],
  commands: [${commands.map(command).join(", ")}],
});
`,
  };
}
