/**
 * The one plugin of this realm: its bundle evaluated, its definition checked as far as calls need it, its parts found by
 * name. What it contributes is copied; whether the core takes it is the core's to say.
 */
import { GantryError } from "../../../core/contract/errors.ts";
import type { Contributions } from "../../../core/contract/guest.ts";
import type { Json, JsonObject } from "../../../core/contract/messages.ts";
import type {
  AnyTap,
  AnyTool,
  CommandDefinition,
  PluginDefinition,
  ProviderDefinition,
  ToolContext,
} from "../../../core/contract/plugin.ts";
import { contributionsOf } from "../contributions.ts";
import { messageOf } from "./error-text.ts";
import { hardened } from "./lockdown.ts";
import { plainCopy } from "./plain-copy.ts";
import { jsonSchemaOf, parsed } from "./schema.ts";

/** A tool as it was when the plugin was loaded. */
export interface LoadedTool {
  /** Made with the first call, then kept. */
  schema(): unknown;
  execute(input: unknown, ctx: ToolContext): unknown;
}

export interface LoadedPlugin {
  name: string;
  options: JsonObject;
  tools: ReadonlyMap<string, LoadedTool>;
  commands: ReadonlyMap<string, CommandDefinition>;
  taps: readonly AnyTap[];
  providers: ReadonlyMap<string, ProviderDefinition>;
  contributions: Contributions;
}

/** PLUGIN_INVALID, PLUGIN_OPTIONS_INVALID; `options` null: the plugin is only described. */
export async function loadPlugin(
  { source, options }: { source: string; options: Json },
  compartment: Compartment,
): Promise<LoadedPlugin> {
  const plugin = checked(await evaluated(source, compartment));
  const contributions = describe(plugin, { withSchemas: options === null });
  return {
    name: plugin.name,
    options: options === null ? {} : await optionsOf(plugin, options),
    tools: new Map((plugin.tools ?? []).map((tool) => [tool.name, loadedTool(tool)])),
    commands: new Map((plugin.commands ?? []).map((command) => [command.id, command])),
    taps: [...(plugin.taps ?? [])],
    providers: new Map((plugin.providers ?? []).map((provider) => [provider.name, provider])),
    contributions,
  };
}

function loadedTool(tool: AnyTool): LoadedTool {
  // The definition's list holds tools of any input; `execute` is given what this very tool's schema hands back.
  const execute = tool.execute.bind(tool) as LoadedTool["execute"];
  const make = tool.input.bind(tool);
  let made: { schema: unknown } | undefined;
  return {
    execute,
    schema() {
      made ??= { schema: make() };
      return made.schema;
    },
  };
}

async function evaluated(source: string, compartment: Compartment): Promise<unknown> {
  let plugin: unknown;
  const accept = hardened((value: unknown): void => {
    plugin = value;
  });
  try {
    const start = compartment.evaluate(`(${source}\n)`) as (accept: (value: unknown) => void) => Promise<void>;
    await start(accept);
  } catch (error) {
    throw new GantryError("PLUGIN_INVALID", `The plugin's bundle fails when it is loaded: ${messageOf(error)}`);
  }
  return plugin;
}

/** As far as the parts are used here. */
function checked(value: unknown): PluginDefinition {
  const problems: string[] = [];
  const plugin = value as PluginDefinition;
  if (typeof value !== "object" || value === null || typeof plugin.name !== "string")
    throw new GantryError("PLUGIN_INVALID", "The bundle's default export is not definePlugin({ name, … }).");
  const each = (list: unknown, what: string, name: string, functions: readonly string[]): void => {
    if (list === undefined) return;
    if (!Array.isArray(list)) return void problems.push(`${what} is no array`);
    for (const [i, part] of (list as Record<string, unknown>[]).entries()) {
      if (typeof part !== "object" || part === null) return void problems.push(`${what}.${i} is no object`);
      if (typeof part[name] !== "string") problems.push(`${what}.${i}.${name} is no text`);
      for (const method of functions)
        if (typeof part[method] !== "function") problems.push(`${what}.${i}.${method} is no function`);
    }
  };
  each(plugin.tools, "tools", "name", ["input", "execute"]);
  each(plugin.commands, "commands", "id", ["run"]);
  each(plugin.taps, "taps", "on", ["run"]);
  each(plugin.providers, "providers", "name", ["stream", "contextWindow"]);
  if (problems.length > 0)
    throw new GantryError(
      "PLUGIN_INVALID",
      `The definition of ${plugin.name} does not fit: ${problems.slice(0, 20).join("; ")}.`,
    );
  return plugin;
}

/** Schemas are for the manifest. A bundle that is run is the one it was made from, and making them takes a library's time. */
function describe(plugin: PluginDefinition, { withSchemas }: { withSchemas: boolean }): Contributions {
  const optionsSchema =
    plugin.options === undefined || !withSchemas ? undefined : schemaAt("options", () => jsonSchemaOf(plugin.options?.()));
  const contributions = contributionsOf(plugin, (tool) => ({
    inputSchema: withSchemas ? schemaAt(`the input of tool ${tool.name}`, () => jsonSchemaOf(tool.input())) : {},
  }));
  try {
    return plainCopy(
      { ...contributions, ...(optionsSchema && { optionsSchema }) },
      { allowBytes: false },
    ) as unknown as Contributions;
  } catch (error) {
    throw new GantryError("PLUGIN_INVALID", `The definition of ${plugin.name} is no plain data: ${messageOf(error)}`);
  }
}

function schemaAt(place: string, make: () => JsonObject): JsonObject {
  try {
    return make();
  } catch (error) {
    throw new GantryError("PLUGIN_INVALID", `There is no JSON Schema of ${place}: ${messageOf(error)}`);
  }
}

async function optionsOf(plugin: PluginDefinition, options: Json): Promise<JsonObject> {
  const code = "PLUGIN_OPTIONS_INVALID";
  if (plugin.options === undefined) {
    const names = Object.keys(options ?? {});
    if (names.length === 0) return {};
    throw new GantryError(code, `${plugin.name} takes no options; the config gives ${names.slice(0, 20).join(", ")}.`);
  }
  const what = `The options of ${plugin.name} do not fit its schema`;
  return (await parsed(options, plugin.options(), { code, what })) as JsonObject;
}
