/**
 * Plugins of Claude Code are not imported; guards among their hooks must not be lost with them. What such a hook guarded is asked
 * about, and where its folder cannot be read, everything is.
 */
import { stat } from "node:fs/promises";
import path from "node:path";
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, objectOf, own } from "../fields.ts";
import { type At, type Finding, guardFinding } from "../findings.ts";
import { parseJsonSource } from "../json-source.ts";
import { readSource } from "../source-file.ts";
import { guardsIn, hookFaults } from "./hooks.ts";

/** Where each plugin is switched on, the lowest first; `false` of a plugin that is only switched off. */
export type EnabledPlugins = ReadonlyMap<string, At | false>;

export async function pluginGuards(
  configFolder: string,
  enabled: EnabledPlugins,
  project: string | undefined,
): Promise<Finding[]> {
  const folder = path.join(configFolder, "plugins");
  const [installed, known] = await Promise.all(
    ["installed_plugins.json", "known_marketplaces.json"].map(async (name) => await objectIn(path.join(folder, name))),
  );
  const all = new Map(enabled);
  const entries = objectOf(own(objectOf(installed), "plugins"));
  // Installed and never spoken of is switched on.
  const source = `${path.join(folder, "installed_plugins.json")}:1`;
  for (const [id, entry] of project === undefined ? [] : Object.entries(entries))
    if (!all.has(id) && rootsOf(entry, project).length > 0) all.set(id, { source, layer: "user" });
  const found = await Promise.all(
    [...all].map(async ([id, at]) => {
      if (at === false) return [];
      const market = id.slice(id.lastIndexOf("@") + 1);
      const place = own(objectOf(own(objectOf(known), market)), "installLocation");
      const marketFolder = typeof place === "string" ? place : path.join(folder, "marketplaces", market);
      return told(id, at, await guardsOf(id, rootsOf(own(entries, id), project), marketFolder));
    }),
  );
  return found.flat();
}

function told(id: string, at: At, guards: readonly string[] | undefined): Finding[] {
  const what = `plugin ${id}`;
  if (guards === undefined) {
    const why = "Its hooks cannot be read, and may guard any tool: every call is asked about until the rule is taken out.";
    return [guardFinding({ ...at, what, guards: ["*"], why })];
  }
  if (guards.length === 0) return [];
  return [guardFinding({ ...at, what, guards, why: "A hook of it guards these tools; they are asked about." })];
}

/** Folders of it that may be the one in use. */
function rootsOf(entry: Json | undefined, project: string | undefined): string[] {
  const entries = Array.isArray(entry) ? entry : [entry];
  return entries.flatMap((one) => {
    const root = isObject(one) ? own(one, "installPath") : undefined;
    const only = isObject(one) ? own(one, "projectPath") : undefined;
    return typeof root === "string" &&
      path.isAbsolute(root) &&
      (only === undefined || project === undefined || only === project)
      ? [root]
      : [];
  });
}

/** Undefined where they cannot all be known. */
async function guardsOf(id: string, roots: readonly string[], marketFolder: string): Promise<string[] | undefined> {
  const market = await objectIn(path.join(marketFolder, ".claude-plugin/marketplace.json"));
  const listed = own(objectOf(market), "plugins");
  const name = id.slice(0, Math.max(0, id.lastIndexOf("@")));
  const entry = Array.isArray(listed) ? listed.find((one) => isObject(one) && own(one, "name") === name) : undefined;
  if (roots.length === 0 || !isObject(entry)) return undefined;
  const each = await Promise.all(roots.map(async (root) => await guardsBelow(root, own(entry, "hooks"))));
  return each.includes(undefined) ? undefined : [...new Set(each.flatMap((one) => one ?? []))];
}

async function guardsBelow(root: string, ofEntry: Json | undefined): Promise<string[] | undefined> {
  const isFolder = await stat(root).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  const manifest = await objectIn(path.join(root, ".claude-plugin/plugin.json"));
  if (!isFolder || manifest === undefined) return undefined;
  const named = [own(manifest, "hooks"), ofEntry].flatMap((one) => (Array.isArray(one) ? one : one === undefined ? [] : [one]));
  const each = await Promise.all(["hooks/hooks.json", ...named].map(async (one) => await guardsAt(root, one)));
  return each.includes(undefined) ? undefined : each.flatMap((one) => one ?? []);
}

/** A file below the plugin's folder, or hooks as they are. */
async function guardsAt(root: string, place: Json): Promise<string[] | undefined> {
  const isInside = typeof place !== "string" || path.resolve(root, place).startsWith(root + path.sep);
  const held = typeof place === "string" ? (isInside ? await objectIn(path.resolve(root, place)) : undefined) : place;
  if (!isObject(held)) return undefined;
  const hooks = own(held, "hooks") ?? Object.fromEntries(Object.entries(held).filter(([key]) => key !== "description"));
  return hookFaults(hooks, () => 1).length > 0 || !isObject(hooks) ? undefined : guardsIn(hooks);
}

/** Empty where there is no such file; undefined where it cannot be read whole. */
async function objectIn(file: string): Promise<JsonObject | undefined> {
  const source = await readSource(file, parseJsonSource);
  if (source.state === "absent") return {};
  return source.state === "read" && isObject(source.data) ? source.data : undefined;
}
