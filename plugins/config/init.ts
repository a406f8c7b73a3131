import { defineCommand } from "gantry/plugin";

export const init = defineCommand({
  id: "init",
  summary: "Write a commented starter config into the project root",
  examples: ["gantry init"],
  async run(_input, { host }) {
    const path = await host.config.writeStarter();
    return { data: { path }, text: `Wrote ${path}\nNext: gantry config validate` };
  },
});
