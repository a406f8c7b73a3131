/** The tools of a server as the core may have them: sound names, bounded schemas, cleaned texts; each that is left out is told. */
import type { McpTool } from "../../../core/contract/mcp.ts";
import { cleanLine, cleanText } from "./clean-text.ts";
import { createListRoom } from "./list-room.ts";
import { modelSchema } from "./model-schema.ts";
import type { OutputCheck, OutputChecks } from "./output-check.ts";
import { isObject, shapeObjectSchema } from "./schema-shape.ts";
import { idleGlobs, isAllowed, type ToolGlobs } from "./tool-globs.ts";

export const maxName = 128;
const maxDescription = 4000;
const maxTitle = 200;
/** Of all tools with their schemas: the core takes them in at once. */
const maxToolsChars = 2 * 1024 * 1024;
/** How long it goes on before others have a turn. */
const turnMs = 5;
const hints = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const;

export interface ShapedTools {
  tools: McpTool[];
  /** By name, of those whose output schema can be used. */
  checks: Map<string, OutputCheck>;
}

export interface ToolsAbout {
  globs: ToolGlobs;
  outputs: OutputChecks;
  onProblem(text: string): void;
}

/** Others have their turn in between. */
export async function shapeTools(raw: readonly unknown[], about: ToolsAbout): Promise<ShapedTools> {
  const { globs, outputs, onProblem } = about;
  const tools: McpTool[] = [];
  const checks = new Map<string, OutputCheck>();
  const keys = new Map<string, string>();
  const names: string[] = [];
  const room = createListRoom(maxToolsChars);
  let since = performance.now();
  for (const item of raw) {
    if (performance.now() - since > turnMs) {
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
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
    const tool = shapeTool(item, name, onProblem);
    if (tool === undefined || !room.take(tool)) continue;
    keys.set(key(name), name);
    const check = checkOf(item["outputSchema"], name, about);
    if (check !== undefined) checks.set(name, check);
    tools.push({ ...tool, hasOutputSchema: check !== undefined });
  }
  room.tell("tools", onProblem);
  outputs.endRound();
  for (const idle of idleGlobs(globs, names)) onProblem(idle);
  return { tools, checks };
}

function shapeTool(
  item: Record<string, unknown>,
  name: string,
  onProblem: (text: string) => void,
): Omit<McpTool, "hasOutputSchema"> | undefined {
  const input = shapeObjectSchema(item["inputSchema"]);
  if (!input.ok) return void onProblem(`The tool ${name} is left out: ${input.why} (its input schema).`);
  if (isObject(item["execution"]) && item["execution"]["taskSupport"] === "required") {
    return void onProblem(`The tool ${name} is left out: it can only be run as a task.`);
  }
  const made = modelSchema(input.schema);
  if ("refused" in made) return void onProblem(`The tool ${name} is left out: ${made.refused}.`);
  if (made.changes.length > 0) onProblem(`The schema of the tool ${name} was changed: ${made.changes.join("; ")}.`);
  const annotations = isObject(item["annotations"]) ? item["annotations"] : {};
  return {
    name,
    ...titleOf(item["title"] ?? annotations["title"]),
    description: descriptionOf(item),
    inputSchema: made.schema,
    annotations: Object.fromEntries(
      hints.flatMap((hint) => (typeof annotations[hint] === "boolean" ? [[hint, annotations[hint]]] : [])),
    ),
  };
}

function checkOf(schema: unknown, name: string, { outputs, onProblem }: ToolsAbout): OutputCheck | undefined {
  if (schema === undefined) return undefined;
  const tell = (why: string): void => onProblem(`Results of the tool ${name} are not checked: ${why} (its output schema).`);
  const output = outputs.make(schema, tell);
  return output.ok ? output.check : void tell(output.why);
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
