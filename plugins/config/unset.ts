import { defineCommand } from "gantry/plugin";
import { layerFlag, layerOf } from "./set.ts";

export const configUnset = defineCommand({
  id: "config unset",
  summary: "Take one key out of a config file; what the other layers say about it stays",
  args: [{ name: "key", summary: "Dotted key, for instance limits.maxTurns", required: true }],
  flags: [layerFlag],
  examples: ["gantry config unset limits.maxTurns", "gantry config unset env.HTTP_PROXY --layer local"],
  async run({ args, flags }, { host }) {
    const key = args["key"] ?? "";
    const layer = layerOf(flags["layer"]);
    const file = await host.config.unset(key, layer);
    return { data: { key, layer, file }, text: `Took ${key} out of ${file}` };
  },
});
