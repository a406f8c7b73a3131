/** A call as a person writes it, `Bash(git push)`, `Read(src/a.ts)`, a tool's name, `Tool({"field": …})`, as a tool and its input. */
import { GantryError } from "../../contract/errors.ts";
import type { Json, JsonObject } from "../../contract/messages.ts";
import { didYouMean } from "../../contract/nearest.ts";
import { currentName, findPublicTool } from "./known-tools.ts";
import type { RuledTool } from "./rule.ts";
import { parseRuleText } from "./rule-text.ts";

/** TOOL_UNKNOWN; RULE_INVALID when it is no call, or the tool takes nothing in ( ). */
export function parseCall<T extends RuledTool>(
  text: string,
  tools: readonly T[],
  /** Makes a tool of a name that is none of `tools`: of an MCP server that does not run here. */
  absent: (name: string) => T | undefined = () => undefined,
): { tool: T; input: JsonObject } {
  const parts = parseRuleText(text.trim());
  if (typeof parts === "string") {
    const form = "A call is Tool or Tool(subject), for instance Bash(git push) or Read(src/a.ts)";
    throw new GantryError("RULE_INVALID", `${JSON.stringify(text)} is no call: ${parts}. ${form}.`);
  }
  const name = currentName(parts.tool);
  const tool = tools.find((one) => one.name === name) ?? absent(name);
  if (tool === undefined) throw new GantryError("TOOL_UNKNOWN", unknownTool(name, tools));
  const { specifier } = parts;
  if (specifier === undefined || specifier.trim() === "") return { tool, input: {} };
  return { tool, input: objectIn(specifier) ?? inputOf(tool, specifier) };
}

function unknownTool(name: string, tools: readonly RuledTool[]): string {
  if (findPublicTool(name) !== undefined) return `${name} is known, not in this build.`;
  const names = tools.map((tool) => tool.name);
  return `There is no tool ${name}.${didYouMean(name, names)} There are ${names.join(", ")}.`;
}

function objectIn(text: string): JsonObject | undefined {
  if (!/^\s*\{.*\}\s*$/s.test(text)) return undefined;
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return undefined;
  }
}

function inputOf(tool: RuledTool, text: string): JsonObject {
  if (tool.subject !== undefined) return { [tool.subject.field]: text };
  const known = findPublicTool(tool.name);
  if (known?.form === "domain") return { url: text.startsWith("domain:") ? `https://${text.slice("domain:".length)}/` : text };
  if (known?.field !== undefined && !/^\w+:/.test(text)) return { [known.field]: text };
  const [, field, value = ""] = /^([A-Za-z_][\w-]*):(.*)$/s.exec(text) ?? [];
  if (field !== undefined) return { [field]: valueIn(value) };
  throw new GantryError(
    "RULE_INVALID",
    `${tool.name} has no subject that could stand in ( ): write ${tool.name}, or ${tool.name}({"field": …}) with its input.`,
  );
}

function valueIn(text: string): Json {
  return /^(?:true|false|-?\d+(?:\.\d+)?)$/.test(text) ? (JSON.parse(text) as Json) : text;
}
