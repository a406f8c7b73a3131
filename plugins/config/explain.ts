import { defineCommand, type Json, type JsonObject } from "gantry/plugin";

export const configExplain = defineCommand({
  id: "config explain",
  summary: "Say which file, variable or flag set a key, and what that hid",
  args: [{ name: "key", summary: "Dotted key, for instance permissions.mode", required: true }],
  examples: ["gantry config explain permissions.mode", "gantry config explain permissions.deny --json"],
  async run({ args }, { host }) {
    const { key, value, from, hidden, elements, description, note } = await host.config.explain(args["key"] ?? "");
    const lines = [
      `${key} = ${JSON.stringify(value)}`,
      `  ${description}`,
      ...(elements === undefined ? [`  from ${place(from)}`] : elements.map((element) => `  ${line(element)}`)),
      ...hidden.map((other) => `  hides ${line(other)}`),
      ...(note === undefined ? [] : [`  note: ${note}`]),
    ];
    const data: JsonObject = {
      key,
      value,
      from: { ...from },
      hidden: hidden.map(plain),
      ...(elements === undefined ? {} : { elements: elements.map(plain) }),
      description,
      ...(note === undefined ? {} : { note }),
    };
    return { data, text: lines.join("\n") };
  },
});

interface From {
  layer: string;
  source: string;
}

function plain({ value, from }: { value: Json; from: From }): JsonObject {
  return { value, from: { ...from } };
}

function line({ value, from }: { value: Json; from: From }): string {
  return `${JSON.stringify(value)} from ${place(from)}`;
}

function place({ layer, source }: From): string {
  return layer === source ? source : `${source} (${layer})`;
}
