/**
 * Whether the core can take what a manifest contributes: sizes, names and kinds. The install has looked at all of it; a store or a
 * project's folder may have been written by others since.
 */
import { hookTable } from "../contract/hooks.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import { isObject, type Json } from "../contract/messages.ts";

const mostOfEach = 128;
const mostSchemaChars = 64 * 1024;
const deepest = 24;
const toolName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const commandId = /^[a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*){0,3}$/;
const effects = ["reads", "session", "writes", "runs"];

/** What is wrong, in words; undefined when nothing is. */
export function contributionProblem({ name, contributes }: PluginManifest): string | undefined {
  if (!isObject(contributes)) return `${name}: its manifest has no contributes`;
  const { tools, commands, taps, providers } = contributes;
  for (const [what, list] of Object.entries({ tools, commands, taps, providers })) {
    if (!Array.isArray(list) || list.length > mostOfEach)
      return `${name}: contributes.${what} is no list of at most ${mostOfEach}`;
  }
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
  for (const { id } of commands) if (!commandId.test(id)) return `${name}: ${JSON.stringify(id)} is no name of a command`;
  for (const { on, kind, name: tap } of taps) {
    if (!Object.hasOwn(hookTable, on) || !hookTable[on].kinds.includes(kind))
      return `${name}: the tap ${tap} on ${on} cannot be a ${kind}`;
  }
  const twice = firstTwice([...tools.map((tool) => tool.name), ...commands.map(({ id }) => id), ...providers]);
  return twice === undefined ? undefined : `${name}: it offers ${twice} twice`;
}

function isDeeper(value: Json, levels: number): boolean {
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((inner) => isDeeper(inner, levels - 1));
  return isObject(value) && Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function firstTwice(names: readonly string[]): string | undefined {
  return names.find((name, at) => names.indexOf(name) !== at);
}
