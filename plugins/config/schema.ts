import { defineCommand } from "gantry/plugin";

export const configSchema = defineCommand({
  id: "config schema",
  summary: "Print the JSON Schema of a config file: every key, its type, default and description",
  examples: ["gantry config schema"],
  async run(_input, { host }) {
    const data = await host.config.schema();
    return { data, text: JSON.stringify(data, null, 2) };
  },
});
