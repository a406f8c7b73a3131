import { defineCommand } from "gantry/plugin";

export const configGet = defineCommand({
  id: "config get",
  summary: "Print the value of one key",
  args: [{ name: "key", summary: "Dotted key, for instance limits.maxTurns", required: true }],
  examples: ["gantry config get model", "gantry config get permissions.deny"],
  async run({ args }, { host }) {
    const { value } = await host.config.explain(args["key"] ?? "");
    return { data: value, text: typeof value === "string" ? value : JSON.stringify(value, null, 2) };
  },
});
