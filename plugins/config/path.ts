import { defineCommand } from "gantry/plugin";

export const configPath = defineCommand({
  id: "config path",
  summary: "List the config file of each layer, lowest first",
  examples: ["gantry config path"],
  async run(_input, { host }) {
    const paths = await host.config.paths();
    const text = paths
      .map(({ layer, path, exists }) => `${layer.padEnd(8)} ${path}${exists ? "" : "  (not there)"}`)
      .join("\n");
    return { data: paths.map((path) => ({ ...path })), text };
  },
});
