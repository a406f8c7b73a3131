/** The input that `hooks explain` and `hooks test` look at: a sample, with what is given in its place, checked against it. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { sampleInput } from "../config-hooks/input/sample.ts";
import { GantryError } from "../contract/errors.ts";
import type { HooksHost } from "../contract/host.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { isObject, type Json, type JsonObject } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import { type PublicEvent, publicEventTable } from "../contract/public-events.ts";

type About = Parameters<HooksHost["explain"]>[1];

interface Ground {
  loaded: LoadedConfig;
  cwd: string;
  home: string;
  tools: readonly ToolManifest[];
}

/** TOOL_UNKNOWN, USAGE_INVALID. */
export function inputFor(event: PublicEvent, { tool: named, input }: About, { loaded, cwd, home, tools }: Ground): JsonObject {
  const isTools = publicEventTable[event].matches === "tool";
  if (named !== undefined && !isTools)
    throw new GantryError("USAGE_INVALID", `${event} is no event of tools, so --tool ${named} says nothing; leave it out`);
  const tool = isTools ? toolOf(named, input) : undefined;
  const names = tools.map(({ name }) => name);
  if (tool !== undefined && !names.includes(tool) && !tool.startsWith("mcp__"))
    throw new GantryError("TOOL_UNKNOWN", `There is no tool ${tool}.${didYouMean(tool, names)} There are ${names.join(", ")}.`);
  const { permissions, model } = loaded.config;
  const place = { cwd, project: loaded.project, home, mode: permissions.mode, model, ...(tool === undefined ? {} : { tool }) };
  if (input !== undefined) {
    const sample = sampleInput(event, place);
    const isWhole = !isTools || Object.keys(input).some((name) => Object.hasOwn(sample, name));
    const ofTool = tools.find(({ name }) => name === (tool ?? sample["tool_name"]));
    if (isWhole) checkFields(event, input, sample);
    else checkToolInput(input, ofTool, Object.keys(sample));
  }
  return sampleInput(event, place, input);
}

function toolOf(named: string | undefined, input: JsonObject | undefined): string | undefined {
  const given = input?.["tool_name"];
  if (named !== undefined && given !== undefined && given !== named)
    throw wrong(`its tool_name is ${JSON.stringify(given)}, and --tool says ${named}; leave one of them out`);
  return named ?? (typeof given === "string" ? given : undefined);
}

/** Fields of the public format that come at some moments only. */
const rareFields = [
  "agent_id",
  "agent_type",
  "permission_mode",
  "permission_suggestions",
  "tool_use_id",
  "effort",
  "prompt_id",
  "url",
  "elicitation_id",
];

function checkFields(event: PublicEvent, input: JsonObject, sample: JsonObject): void {
  const { hook_event_name: said } = input;
  if (said !== undefined && said !== event)
    throw wrong(`its hook_event_name is ${JSON.stringify(said)}, and the event that was asked for is ${event}`);
  for (const [name, value] of Object.entries(input)) {
    if (Object.hasOwn(sample, name)) {
      const [wanted, got] = [kindOf(sample[name]), kindOf(value)];
      // What an MCP tool answers may be of any kind.
      if (wanted !== got && name !== "tool_response") throw wrong(`${name} is ${got}; ${event} has ${wanted} there`);
    } else if (!rareFields.includes(name)) {
      const names = Object.keys(sample);
      throw wrong(`${event} has no field ${JSON.stringify(name)}.${didYouMean(name, names)} It has ${names.join(", ")}.`);
    }
  }
}

/** Nothing of the event's own is in the file: it is the tool's input alone. */
function checkToolInput(input: JsonObject, tool: ToolManifest | undefined, fields: readonly string[]): void {
  const properties = tool?.inputSchema["properties"];
  if (tool === undefined || !isObject(properties)) return;
  const names = Object.keys(properties);
  for (const [name, value] of Object.entries(input)) {
    if (!Object.hasOwn(properties, name)) {
      const near = didYouMean(name, [...names, ...fields]);
      throw wrong(
        `${JSON.stringify(name)} is no field of the event and none of ${tool.name}'s input (${names.join(", ")}).${near}`,
      );
    }
    const { type } = isObject(properties[name]) ? properties[name] : {};
    const fits = typeof type !== "string" || !Object.hasOwn(kinds, type) || kinds[type] === kindOf(value);
    if (!fits) throw wrong(`${name} is ${kindOf(value)}; ${tool.name} takes ${kinds[String(type)]} there`);
  }
}

/** Of a JSON Schema's types. */
const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  integer: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

function kindOf(value: Json | undefined): string {
  if (value === null || value === undefined) return "null";
  return kinds[Array.isArray(value) ? "array" : typeof value] ?? typeof value;
}

const wrong = (what: string): GantryError => new GantryError("USAGE_INVALID", `--input cannot be used: ${what}`);
