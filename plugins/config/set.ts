import { GantryError } from "gantry/errors";
import { defineCommand, type FlagSpec, type Host, type JsonObject } from "gantry/plugin";

export const layers = ["user", "project", "local"] as const;
export type Layer = (typeof layers)[number];

export const layerFlag: FlagSpec = {
  name: "layer",
  type: "string",
  summary: "Whose file: yours (the default), the project's, or your own for this project.",
  options: [...layers],
  value: "LAYER",
};

export const configSet = defineCommand({
  id: "config set",
  summary: "Set one key in a config file, its comments and formatting kept",
  description:
    "VALUE has the type of the key. For a list, JSON sets all of the layer's list, and a single word is one element more. Nothing is written that would make the config wrong.",
  args: [
    { name: "key", summary: "Dotted key, for instance limits.maxTurns", required: true },
    { name: "value", summary: "Its value; for lists, objects and hooks as JSON", required: true },
  ],
  flags: [layerFlag],
  examples: [
    "gantry config set model anthropic/claude-opus-5",
    "gantry config set permissions.deny 'Read(./private/**)' --layer project",
    `gantry config set permissions.deny '["Bash(rm:*)"]' --layer local`,
  ],
  async run({ args, flags }, { host }) {
    const key = args["key"] ?? "";
    const layer = layerOf(flags["layer"]);
    const place = await host.config.set(key, args["value"] ?? "", layer);
    const notes = [...(await hiddenNote(host.config, key, place)), ...(await trustNote(host.config, key, layer, place))];
    const data: JsonObject = { key, layer, place, notes };
    return { data, text: [`Set ${key} at ${place}`, ...notes.map((note) => `  ${note}`)].join("\n") };
  },
});

export function layerOf(flag: unknown): Layer {
  if (flag === undefined) return "user";
  const layer = layers.find((one) => one === flag);
  if (layer === undefined) throw new GantryError("USAGE_INVALID", `--layer is one of ${layers.join(", ")}`);
  return layer;
}

/** A higher layer may say otherwise; a list holds all of them. */
async function hiddenNote(config: Host["config"], key: string, place: string): Promise<string[]> {
  const { from, elements } = await config.explain(key);
  if (elements !== undefined || from.source === place || from.layer === "default") return [];
  return [`${from.source} (${from.layer}) still wins over it`];
}

/** What is set in a project's file may wait for trust, also of the one who set it. */
async function trustNote(config: Host["config"], key: string, layer: Layer, place: string): Promise<string[]> {
  if (layer !== "project") return [];
  const { state, parts } = await config.trust("status");
  const file = place.replace(/:\d+$/, "");
  if (state === "trusted" || state === "nothing-to-trust") return [];
  const waits = parts.filter(({ source }) => source.startsWith(`${file}:`));
  if (waits.length === 0) return [];
  return [
    `It is used once the project is trusted; ${key} or another key asks for: ${waits.map(({ what }) => what).join("; ")}`,
    "gantry trust grant",
  ];
}
