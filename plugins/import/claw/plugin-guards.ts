/** Plugins of Claw Code whose hooks may guard: each runs for every tool. One whose manifest cannot be read counts as such a one. */
import path from "node:path";
import type { Json } from "gantry/plugin";
import { isObject, objectOf, own } from "../fields.ts";
import { type At, type Finding, guardFinding, type Layer } from "../findings.ts";
import { parseJsonSource } from "../json-source.ts";
import { readSource, type SourceFile } from "../source-file.ts";

export async function clawPluginGuards(
  places: readonly { layer: Layer }[],
  files: readonly SourceFile[],
  folder: string,
): Promise<Finding[]> {
  const enabled = enabledIn(places, files);
  if (enabled.size === 0) return [];
  const registries = files.flatMap((file) => {
    const named = file.state === "read" ? own(objectOf(own(objectOf(file.data), "plugins")), "registryPath") : undefined;
    return typeof named === "string" ? [path.resolve(folder, named)] : [];
  });
  const registry = await valueIn(registries.at(-1) ?? path.join(folder, "plugins/installed.json"));
  const records = objectOf(own(objectOf(registry), "plugins"));
  const found = await Promise.all(
    [...enabled].map(async ([id, at]) => {
      const root = own(objectOf(own(records, id)), "install_path");
      const guards = typeof root === "string" && path.isAbsolute(root) ? await isGuard(root) : undefined;
      if (guards === false) return [];
      const why =
        guards === true
          ? "A hook of it runs before every tool; every call is asked about until the rule is taken out."
          : "Its hooks cannot be read, and may guard any tool: every call is asked about until the rule is taken out.";
      return [guardFinding({ ...at, what: `plugin ${id}`, guards: ["*"], why })];
    }),
  );
  return found.flat();
}

/** The lowest place that switches a plugin on: there it reaches the most. */
function enabledIn(places: readonly { layer: Layer }[], files: readonly SourceFile[]): Map<string, At> {
  const found = new Map<string, At>();
  for (const [index, file] of files.entries()) {
    if (file.state !== "read" || !isObject(file.data)) continue;
    const lists = [["enabledPlugins"], ["plugins", "enabled"]];
    for (const keys of lists) {
      const list = keys.reduce<Json | undefined>((value, key) => own(objectOf(value), key), file.data);
      for (const [id, value] of Object.entries(objectOf(list)))
        if (value !== false && !found.has(id))
          found.set(id, { source: `${file.path}:${file.lineOf([...keys, id])}`, layer: places[index]?.layer ?? "user" });
    }
  }
  return found;
}

/** Undefined where it cannot be known. */
async function isGuard(root: string): Promise<boolean | undefined> {
  const manifest =
    (await valueIn(path.join(root, "plugin.json"))) ?? (await valueIn(path.join(root, ".claude-plugin/plugin.json")));
  if (!isObject(manifest)) return undefined;
  const hooks = own(manifest, "hooks") ?? {};
  if (!isObject(hooks)) return undefined;
  const before = own(hooks, "PreToolUse") ?? [];
  return Array.isArray(before) ? before.length > 0 : undefined;
}

async function valueIn(file: string): Promise<Json | undefined> {
  const source = await readSource(file, parseJsonSource);
  return source.state === "read" ? source.data : undefined;
}
