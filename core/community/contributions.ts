/**
 * Whether the core can take what a manifest contributes: sizes, names and kinds. The install has looked at all of it; a store or a
 * project's folder may have been written by others since.
 */

import type { ArgSpec, FlagSpec } from "../contract/command.ts";
import { hookTable } from "../contract/hooks.ts";
import type { CommandManifest, PluginManifest } from "../contract/manifest.ts";
import { isObject, type Json } from "../contract/messages.ts";

const mostOfEach = 128;
const mostSchemaChars = 64 * 1024;
const deepest = 24;
const toolName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const commandId = /^[a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*){0,3}$/;
const flagName = /^[a-z][a-z0-9-]{0,39}$/;
const effects = ["reads", "session", "writes", "runs"];
const flagTypes: readonly unknown[] = ["boolean", "string", "integer"];

/** What is wrong, in words; undefined when nothing is. */
export function contributionProblem({ name, contributes }: PluginManifest): string | undefined {
  if (!isObject(contributes)) return `${name}: its manifest has no contributes`;
  const { tools, commands, taps, providers } = contributes;
  for (const [what, list] of Object.entries({ tools, commands, taps, providers })) {
    if (!Array.isArray(list) || list.length > mostOfEach)
      return `${name}: contributes.${what} is no list of at most ${mostOfEach}`;
    if (what !== "providers" && !list.every(isObject)) return `${name}: contributes.${what} holds what is no object`;
  }
  if (!providers.every((provider) => typeof provider === "string"))
    return `${name}: contributes.providers holds what is no name`;
  for (const tool of tools) {
    if (!toolName.test(tool.name)) return `${name}: ${JSON.stringify(tool.name)} is no name of a tool`;
    if (!effects.includes(tool.effect)) return `${name}: the tool ${tool.name} declares no effect that is known`;
    if (!isObject(tool.inputSchema)) return `${name}: the tool ${tool.name} has no input schema`;
    const chars = JSON.stringify(tool.inputSchema).length;
    if (chars > mostSchemaChars)
      return `${name}: the input schema of ${tool.name} has ${chars} characters; at most ${mostSchemaChars}`;
    if (isDeeper(tool.inputSchema, deepest))
      return `${name}: the input schema of ${tool.name} is more than ${deepest} levels deep`;
  }
  for (const command of commands) {
    if (!commandId.test(command.id)) return `${name}: ${JSON.stringify(command.id)} is no name of a command`;
    if (!isCommand(command)) return `${name}: the command ${command.id} is not declared as help and the parser need it`;
  }
  for (const { on, kind, name: tap } of taps) {
    if (!Object.hasOwn(hookTable, on) || !hookTable[on].kinds.includes(kind))
      return `${name}: the tap ${tap} on ${on} cannot be a ${kind}`;
  }
  const twice = firstTwice([
    ...tools.map((tool) => `the tool ${tool.name}`),
    ...commands.map(({ id }) => `the command ${id}`),
    ...providers.map((provider) => `the provider ${provider}`),
  ]);
  return twice === undefined ? undefined : `${name}: it offers ${twice} twice`;
}

/** Every word of it is read by help and the parser, in each command line of this user: none may be missing. */
function isCommand({ summary, description = "", args, flags, examples }: CommandManifest): boolean {
  if (typeof summary !== "string" || typeof description !== "string" || !areTexts(examples)) return false;
  if (!Array.isArray(args) || !Array.isArray(flags) || args.length + flags.length > mostOfEach) return false;
  return args.every(isArgument) && flags.every((flag) => isArgument(flag) && flagTypes.includes(flag.type));
}

function isArgument(spec: ArgSpec | FlagSpec): boolean {
  if (!isObject(spec) || typeof spec.summary !== "string" || !flagName.test(String(spec.name))) return false;
  const { char, value } = spec as Partial<FlagSpec>;
  const isLetter = char === undefined || (typeof char === "string" && /^[A-Za-z]$/.test(char));
  return (
    isLetter && (value === undefined || typeof value === "string") && (spec.options === undefined || areTexts(spec.options))
  );
}

const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every((text) => typeof text === "string");

function isDeeper(value: Json, levels: number): boolean {
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((inner) => isDeeper(inner, levels - 1));
  return isObject(value) && Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function firstTwice(names: readonly string[]): string | undefined {
  return names.find((name, at) => names.indexOf(name) !== at);
}
