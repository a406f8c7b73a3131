/** tools describe: what a model is told of one tool, and its input schema. */
import { defineCommand, type JsonObject } from "gantry/plugin";
import { plainLines } from "./text.ts";

export const describeTool = defineCommand({
  id: "tools describe",
  summary: "Show a tool's description and input.",
  args: [{ name: "name", summary: "The tool's name.", required: true }],
  examples: ["gantry tools describe Read"],
  async run({ args }, { host }) {
    const tool = await host.tools.find(args["name"] ?? "");
    const { name, plugin, effect, description, inputSchema, subject } = tool;
    const data = { name, plugin, effect, description, inputSchema, ...(subject ? { subject: { ...subject } } : {}) };
    const head = `${name} (plugin ${plugin}; ${effectText[effect]})`;
    return {
      data,
      text: [
        head,
        "",
        plainLines(description)
          .trim()
          .replace(/^(?=.)/gm, "  "),
        "",
        "Input:",
        ...fieldLines(inputSchema),
      ].join("\n"),
    };
  },
});

const effectText = {
  reads: "changes nothing",
  session: "changes this session only",
  writes: "changes files",
  runs: "runs programs",
} as const;

interface Field {
  type?: string | string[];
  enum?: unknown[];
  items?: Field;
  description?: string;
  default?: unknown;
}

/** One line a field: `  name  type  required  what it is`. */
function fieldLines(schema: JsonObject): string[] {
  const fields = Object.entries((schema["properties"] ?? {}) as Record<string, Field>);
  const required = new Set((schema["required"] ?? []) as string[]);
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  return fields.map(([name, field]) => {
    const facts = [
      typeText(field),
      required.has(name) && field.default === undefined ? "required" : "",
      field.description ?? "",
    ];
    return plainLines(`  ${name.padEnd(width)}  ${facts.filter((fact) => fact !== "").join("  ")}`).replaceAll("\n", " ");
  });
}

function typeText(field: Field): string {
  if (field.enum) return field.enum.map(String).join("|");
  const type = Array.isArray(field.type) ? field.type.join("|") : (field.type ?? "any");
  return type === "array" && field.items ? `${typeText(field.items)}[]` : type;
}
