/**
 * `.claude/settings.json` files as further sources, where `claudeSettings` asks for them: rules, mode, folders, hooks and env of
 * them and nothing else, each other key named in a warning. The two in the project are the project's, trust and all.
 */
import { dirname, join } from "node:path";
import type { ConfigProblem } from "../core/contract/host.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { printable } from "../core/contract/printable.ts";
import { type Entry, type Fragment, isObject, type KeyPath } from "./fragment.ts";
import { readFiles } from "./read-files.ts";
import { entriesOfAll } from "./sound-entries.ts";
import { readable, type SourceFile, type Sources } from "./sources.ts";
import { stampsOf } from "./stamps.ts";

export interface ClaudeEntries {
  /** The user's before the project's; within a layer they come below Gantry's own file. */
  entries: Entry[];
  /** Of the user's file, where only the project asks for it: they wait with the rest of what the project asks for. */
  byProject: Entry[];
  stamps: ReadonlyMap<string, string>;
}

type Source = "user" | "project" | "local";

/** `wanted` are the elements of claudeSettings, of all layers. */
export async function readClaudeSettings(
  wanted: readonly Entry[],
  { home, project }: Pick<Sources, "home" | "project">,
  problems: ConfigProblem[],
): Promise<ClaudeEntries> {
  const asked = (source: Source): boolean => wanted.some(({ value }) => value === source);
  const folder = join(project.root, ".claude");
  const places: [Source, SourceFile][] = [
    ["user", { layer: "user", path: join(home, ".claude/settings.json"), base: join(home, ".claude") }],
    ["project", { layer: "project", path: join(folder, "settings.json"), base: project.root }],
    ["local", { layer: "project", path: join(folder, "settings.local.json"), base: project.root }],
  ];
  // A home folder is never a project: there the two would be the user's own file, with a project's rights.
  const chosen = places.filter(([source]) => asked(source) && (source === "user" || !project.isHome)).map(([, file]) => file);
  const stamps = stampsOf(chosen.map(({ path }) => path));
  const there = (await Promise.all(chosen.map(async (file) => await readable(file, problems)))).flat();
  const fragments = (await readFiles(there, problems)).map((fragment) => translated(fragment, problems));
  const read = await entriesOfAll(fragments, home, problems);
  const entries = read.map((entry): Entry => ({ ...entry, imported: true }));
  const isOwn = wanted.some(({ value, from }) => value === "user" && from.layer !== "project");
  const byProject = isOwn ? [] : entries.filter(({ from }) => from.layer === "user");
  return { entries: entries.filter((entry) => !byProject.includes(entry)), byProject, stamps };
}

const permissionKeys: Readonly<Record<string, string>> = {
  allow: "allow",
  ask: "ask",
  deny: "deny",
  additionalDirectories: "additionalDirectories",
  defaultMode: "mode",
};
/** Keys that switch hooks off, elsewhere. A guard is not switched off by a file that is read for its guards. */
const switches = ["disableAllHooks", "allowManagedHooksOnly"];

/** The part of it that is read, with our names, in its order. */
function translated(fragment: Fragment, problems: ConfigProblem[]): Fragment {
  const { data } = fragment;
  if (!isObject(data)) return fragment;
  const notRead: string[] = [];
  const read: JsonObject = {};
  for (const [key, value] of Object.entries(data)) {
    if (key === "permissions") read[key] = isObject(value) ? permissionsOf(value, notRead) : value;
    else if (key === "hooks" || key === "env") read[key] = value;
    else if (switches.includes(key)) problems.push(switchWarning(key, value, fragment));
    else if (key !== "$schema") notRead.push(key);
  }
  if (notRead.length > 0) problems.push(notReadWarning(notRead, fragment));
  return { ...fragment, data: read, lineOf: (path) => fragment.lineOf(theirPath(path)) };
}

function permissionsOf(value: JsonObject, notRead: string[]): JsonObject {
  const known = Object.entries(value).filter(([key]) => Object.hasOwn(permissionKeys, key));
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(permissionKeys, key));
  notRead.push(...unknown.map((key) => `permissions.${key}`));
  return Object.fromEntries(known.map(([key, inner]) => [permissionKeys[key] ?? key, inner]));
}

function theirPath(path: KeyPath): KeyPath {
  return path[0] === "permissions" && path[1] === "mode" ? ["permissions", "defaultMode", ...path.slice(2)] : path;
}

const mostNamed = 40;

function notReadWarning(keys: readonly string[], { name }: Fragment): ConfigProblem {
  const named = keys.slice(0, mostNamed).map((key) => printable(key.slice(0, 80)));
  const more = keys.length > mostNamed ? ` and ${keys.length - mostNamed} more` : "";
  return {
    code: "CONFIG_INVALID",
    severity: "warning",
    message: `not read: ${named.join(", ")}${more}`,
    file: name,
    hint: "Of this file only permissions (allow, ask, deny, defaultMode, additionalDirectories), hooks and env are read.",
  };
}

function switchWarning(key: string, value: Json | undefined, fragment: Fragment): ConfigProblem {
  const line = fragment.lineOf([key]);
  return {
    code: "CONFIG_INVALID",
    severity: "warning",
    message: `${key} is ${printable((JSON.stringify(value) ?? "").slice(0, 80))} here and switches nothing off: the hooks of every layer are used`,
    file: fragment.name,
    ...(line === undefined ? {} : { line }),
    key,
    hint: `Take ${dirname(fragment.name)} out of claudeSettings, or the hooks out of the files that have them.`,
  };
}
