/** The manifest of each built-in, made from its code: the plugins are bundled, loaded, and described as data. */
import { glob, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { z } from "zod";
import type { PluginManifest } from "../../core/contract/manifest.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import type { AnyTool, PluginDefinition } from "../../core/contract/plugin.ts";
import { compareNames, contributionsOf } from "../../workers/inside/contributions.ts";
import { publicModules } from "./bundles.ts";
import { hasRefinements } from "./refinements.ts";

/** Sorted by name. Throws on a plugin without a sound default export, and on two of one name. `scratch` is inside `root`. */
export async function builtInManifests(root: string, scratch: string): Promise<PluginManifest[]> {
  const sources: string[] = [];
  for await (const file of glob("plugins/*/index.ts", { cwd: root })) sources.push(file);
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const definitions = await loadPlugins(root, scratch, sources.sort());
  const manifests = definitions.map((definition) => manifestOf(definition, version));
  refuseTwins(manifests);
  return manifests.sort((a, b) => compareNames(a.name, b.name));
}

async function loadPlugins(root: string, scratch: string, sources: readonly string[]): Promise<PluginDefinition[]> {
  if (sources.length === 0) return [];
  const outfile = join(scratch, ".plugins.mjs");
  await build({
    absWorkingDir: root,
    stdin: {
      contents: sources.map((file, i) => `export { default as plugin${i} } from ${JSON.stringify(`./${file}`)};`).join("\n"),
      resolveDir: root,
    },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    alias: publicModules(root),
    // Loaded from node_modules, so that a schema and z.toJSONSchema are of one zod.
    packages: "external",
    logLevel: "warning",
  });
  const loaded = (await import(pathToFileURL(outfile).href)) as Record<string, PluginDefinition | undefined>;
  await rm(outfile);
  return sources.map((file, i) => {
    const plugin = loaded[`plugin${i}`];
    if (!plugin?.name) throw new Error(`${file} does not default-export definePlugin({ name, … })`);
    return plugin;
  });
}

function manifestOf(plugin: PluginDefinition, version: string): PluginManifest {
  const { name, ...rest } = contributionsOf(plugin, (tool) => ({
    inputSchema: inputSchema(tool),
    ...(hasRefinements(tool.input()) ? { refines: true as const } : {}),
  }));
  return { name, version, ...rest };
}

function inputSchema(tool: AnyTool): JsonObject {
  try {
    return z.toJSONSchema(tool.input(), { target: "draft-2020-12", io: "input" }) as JsonObject;
  } catch (error) {
    throw new Error(`The input of tool ${tool.name} has no JSON Schema`, { cause: error });
  }
}

function refuseTwins(manifests: readonly PluginManifest[]): void {
  const owners = new Map<string, string>();
  for (const { name, contributes } of manifests) {
    const words = [
      `plugin ${name}`,
      ...contributes.tools.map((tool) => `tool ${tool.name}`),
      ...contributes.commands.map((command) => `command ${command.id}`),
      ...contributes.providers.map((provider) => `provider ${provider}`),
    ];
    for (const word of words) {
      const owner = owners.get(word);
      if (owner !== undefined) throw new Error(`Two built-ins offer the ${word}: ${owner} and ${name}`);
      owners.set(word, name);
    }
  }
}
