/** Prompts, resources and templates of a server as the core may have them; each that is left out is told. */
import type { McpPrompt, McpResource, McpTemplate } from "../../../core/contract/mcp.ts";
import { cleanLine } from "./clean-text.ts";
import { isObject } from "./schema-shape.ts";
import { descriptionOf, soundName, titleOf } from "./tool-shape.ts";

const maxUri = 4096;
const maxArguments = 50;
const maxShortText = 500;

type Tell = (text: string) => void;

export function shapePrompts(raw: readonly unknown[], onProblem: Tell): McpPrompt[] {
  return unique(raw, "prompt", onProblem, (item) => {
    const name = soundName(item, "prompt", onProblem);
    if (name === undefined) return undefined;
    const args = Array.isArray(item["arguments"]) ? item["arguments"].slice(0, maxArguments) : [];
    return {
      key: name,
      shaped: { name, ...titleOf(item["title"]), description: descriptionOf(item), arguments: args.flatMap(argument) },
    };
  });
}

function argument(raw: unknown): McpPrompt["arguments"] {
  const name = soundName(raw, "argument", () => undefined);
  if (name === undefined || !isObject(raw)) return [];
  return [{ name, description: cleanLine(descriptionOf(raw), maxShortText), required: raw["required"] === true }];
}

export function shapeResources(raw: readonly unknown[], onProblem: Tell): McpResource[] {
  return unique(raw, "resource", onProblem, (item) => {
    const uri = soundUri(item["uri"], "resource", onProblem);
    if (uri === undefined) return undefined;
    const size = typeof item["size"] === "number" && item["size"] >= 0 ? { size: item["size"] } : {};
    return { key: uri, shaped: { uri, ...described(item, uri), ...size } };
  });
}

export function shapeTemplates(raw: readonly unknown[], onProblem: Tell): McpTemplate[] {
  return unique(raw, "template", onProblem, (item) => {
    const uriTemplate = soundUri(item["uriTemplate"], "template", onProblem);
    return uriTemplate === undefined
      ? undefined
      : { key: uriTemplate, shaped: { uriTemplate, ...described(item, uriTemplate) } };
  });
}

function described(item: Record<string, unknown>, otherName: string): Omit<McpTemplate, "uriTemplate"> {
  const name = typeof item["name"] === "string" ? cleanLine(item["name"], maxShortText) : "";
  const mimeType = typeof item["mimeType"] === "string" ? { mimeType: cleanLine(item["mimeType"], 100) } : {};
  return { name: name || otherName, ...titleOf(item["title"]), description: descriptionOf(item), ...mimeType };
}

function soundUri(uri: unknown, what: string, onProblem: Tell): string | undefined {
  if (typeof uri !== "string" || uri === "") return void onProblem(`A ${what} without a URI is left out.`);
  if (uri.length > maxUri)
    return void onProblem(`A ${what} is left out: its URI has ${uri.length} letters, more than ${maxUri}.`);
  if (cleanLine(uri, maxUri) !== uri)
    return void onProblem(`A ${what} is left out: its URI has letters that do not show: ${cleanLine(uri, 100)}`);
  return uri;
}

function unique<T>(
  raw: readonly unknown[],
  what: string,
  onProblem: Tell,
  shape: (item: Record<string, unknown>) => { key: string; shaped: T } | undefined,
): T[] {
  const found = new Map<string, T>();
  for (const item of raw) {
    const made = isObject(item) ? shape(item) : undefined;
    if (made === undefined) continue;
    if (found.has(made.key)) onProblem(`It has two of the ${what} ${cleanLine(made.key, 100)}; the first counts.`);
    else found.set(made.key, made.shaped);
  }
  return [...found.values()];
}
