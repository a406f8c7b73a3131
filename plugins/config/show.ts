import { defineCommand } from "gantry/plugin";

export const configShow = defineCommand({
  id: "config show",
  summary: "Show the effective config, secrets hidden",
  examples: ["gantry config show", "gantry config show --json"],
  async run(_input, { host }) {
    const data = await host.config.effective();
    return { data, text: JSON.stringify(data, null, 2) };
  },
});
