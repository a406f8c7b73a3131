/** The tools of a server as the core may have them: sound names, bounded schemas, cleaned texts; each that is left out is told. */
import type { McpTool } from "../../../core/contract/mcp.ts";
import { cleanLine, cleanText } from "./clean-text.ts";
import { makeOutputCheck, type OutputCheck } from "./output-check.ts";
import { isObject, shapeObjectSchema } from "./schema-shape.ts";
import { idleGlobs, isAllowed, type ToolGlobs } from "./tool-globs.ts";

export const maxName = 128;
const maxDescription = 4000;
const maxTitle = 200;
const hints = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const;

export interface ShapedTools {
  tools: McpTool[];
  /** By name, of those whose output schema can be used. */
  checks: Map<string, OutputCheck>;
}

export function shapeTools(raw: readonly unknown[], globs: ToolGlobs, onProblem: (text: string) => void): ShapedTools {
  const tools: McpTool[] = [];
  const checks = new Map<string, OutputCheck>();
  const keys = new Map<string, string>();
  const names: string[] = [];
  for (const item of raw) {
    const name = soundName(item, "tool", onProblem);
    if (name === undefined || !isObject(item)) continue;
    names.push(name);
    if (!isAllowed(name, globs)) continue;
    const clash = keys.get(key(name));
    if (clash !== undefined) {
      onProblem(
        clash === name
          ? `It has two tools ${name}; the first counts.`
          : `The tool ${name} is left out: its name is taken by ${clash}.`,
      );
      continue;
    }
    const tool = shapeTool(item, name, checks, onProblem);
    if (tool === undefined) continue;
    keys.set(key(name), name);
    tools.push(tool);
  }
  for (const idle of idleGlobs(globs, names)) onProblem(idle);
  return { tools, checks };
}

function shapeTool(
  item: Record<string, unknown>,
  name: string,
  checks: Map<string, OutputCheck>,
  onProblem: (text: string) => void,
): McpTool | undefined {
  const input = shapeObjectSchema(item["inputSchema"]);
  if (!input.ok) return void onProblem(`The tool ${name} is left out: ${input.why} (its input schema).`);
  if (isObject(item["execution"]) && item["execution"]["taskSupport"] === "required") {
    return void onProblem(`The tool ${name} is left out: it can only be run as a task.`);
  }
  if (item["outputSchema"] !== undefined) {
    const output = makeOutputCheck(item["outputSchema"]);
    if (output.ok) checks.set(name, output.check);
    else onProblem(`Results of the tool ${name} are not checked: ${output.why} (its output schema).`);
  }
  const annotations = isObject(item["annotations"]) ? item["annotations"] : {};
  return {
    name,
    ...titleOf(item["title"] ?? annotations["title"]),
    description: descriptionOf(item),
    inputSchema: input.schema,
    hasOutputSchema: checks.has(name),
    annotations: Object.fromEntries(
      hints.flatMap((hint) => (typeof annotations[hint] === "boolean" ? [[hint, annotations[hint]]] : [])),
    ),
  };
}

/** As the model's API takes it; the core makes the same of it. */
function key(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_");
}

/** The item's name where it can be shown and said again, else undefined and a problem. */
export function soundName(item: unknown, what: string, onProblem: (text: string) => void): string | undefined {
  const name = isObject(item) ? item["name"] : undefined;
  if (typeof name !== "string" || name.trim() === "") return void onProblem(`A ${what} without a name is left out.`);
  if (name.length > maxName) {
    return void onProblem(
      `A ${what} is left out: its name has ${name.length} letters, more than ${maxName}: ${cleanLine(name, 40)}`,
    );
  }
  if (cleanLine(name, maxName) !== name) {
    return void onProblem(`A ${what} is left out: its name has letters that do not show: ${cleanLine(name, maxName)}`);
  }
  return name;
}

export function titleOf(title: unknown): { title?: string } {
  return typeof title === "string" && title !== "" ? { title: cleanLine(title, maxTitle) } : {};
}

export function descriptionOf(item: Record<string, unknown>): string {
  return typeof item["description"] === "string" ? cleanText(item["description"], maxDescription) : "";
}
