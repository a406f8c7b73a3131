/**
 * The commands of installed plugins, for the table: two small files a scope, their manifests as the user said yes to them. What is
 * wrong with a store is said when a command runs, which reads all of it strictly; the config plays no part here.
 */
import { homeOf } from "../../config/paths.ts";
import { type ErrorCode, GantryError } from "../contract/errors.ts";
import type { PluginScope } from "../contract/installed.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import { isObject, type JsonObject } from "../contract/messages.ts";
import { consentFile, lockFile, type StorePlace } from "../plugin-store/layout.ts";
import { readNow } from "../plugin-store/read-now.ts";
import { clashOf, ownersOf } from "./clashes.ts";
import { contributionProblem } from "./contributions.ts";

interface Place {
  io: { env: Readonly<Record<string, string | undefined>>; manifests(): readonly PluginManifest[] };
  cwd: string;
  dataHome: string;
  /** Whether a folder from `cwd` upward has a lock of a project. */
  inProject: boolean;
}

interface FoundCommands {
  installed: readonly PluginManifest[];
  known: readonly PluginManifest[];
  refused: ReadonlyMap<string, GantryError>;
}

export async function commandsOf({ io, cwd, dataHome, inProject }: Place): Promise<FoundCommands> {
  const found = new Map<string, Answered>();
  for (const each of answeredIn({ dataHome, project: "/" }, "user")) found.set(each.manifest.name, each);
  if (inProject) {
    const project = await projectOf(cwd, homeOf(io.env));
    for (const each of answeredIn({ dataHome, project }, "project"))
      if (!each.isDisabled || !found.has(each.manifest.name)) found.set(each.manifest.name, each);
  }
  const owners = ownersOf(io.manifests());
  const ordered = [...found.values()].sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
  // A name of one that is switched off is free for the others, and rules may speak of it.
  const ownersKnown = ordered.some(({ isDisabled }) => isDisabled) ? ownersOf(io.manifests()) : owners;
  const installed: PluginManifest[] = [];
  const known: PluginManifest[] = [];
  const refused = new Map<string, GantryError>();
  for (const { manifest, isDisabled } of ordered) {
    const clashKnown = clashOf(manifest, ownersKnown);
    const clash = ownersKnown === owners ? clashKnown : clashOf(manifest, owners);
    if (clashKnown === undefined) {
      known.push(manifest);
      ownersKnown.claim(manifest);
    }
    if (isDisabled) refuse(refused, manifest, "PLUGIN_STOPPED", `the plugin ${manifest.name} is disabled`, switchOn(manifest));
    else if (clash === undefined) {
      installed.push(manifest);
      if (ownersKnown !== owners) owners.claim(manifest);
    } else refuse(refused, manifest, "NAME_TAKEN", `${clash}; ${manifest.name} is left out`);
  }
  return { installed, known, refused };
}

function refuse(
  refused: Map<string, GantryError>,
  { contributes }: PluginManifest,
  code: ErrorCode,
  why: string,
  next = "",
): void {
  for (const { id } of contributes.commands)
    refused.set(id, new GantryError(code, `${why}, and its command ${id} with it${next}`));
}

function switchOn({ name }: PluginManifest): string {
  return `; gantry plugins enable ${name} switches it on`;
}

async function projectOf(cwd: string, home: string): Promise<string> {
  const [{ realPathOf }, { findProject }] = await Promise.all([
    import("../../config/files.ts"),
    import("../../config/project.ts"),
  ]);
  return (await findProject((await realPathOf(cwd)) ?? cwd, (await realPathOf(home)) ?? home)).root;
}

interface Answered {
  manifest: PluginManifest;
  isDisabled: boolean;
}

const mostBytes = 16 * 1024 * 1024;

/** Plugins of a lock whose very bytes this user has answered about. */
function answeredIn(place: StorePlace, scope: PluginScope): Answered[] {
  const lock = pluginsIn(lockFile(place, scope));
  const consents = pluginsIn(consentFile(place, scope));
  return Object.entries(lock).flatMap(([name, entry]) => {
    const own = Object.hasOwn(consents, name) ? consents[name] : undefined;
    const given = [own, isObject(own) ? own["previous"] : undefined].find((each) => isSame(each, entry));
    const manifest = isObject(given) ? given["manifest"] : undefined;
    if (!isObject(given) || !isManifest(manifest, name)) return [];
    return [{ manifest, isDisabled: given["disabled"] === true }];
  });
}

function isSame(consent: unknown, entry: unknown): boolean {
  if (!isObject(consent) || !isObject(entry)) return false;
  return consent["sha512"] === entry["sha512"] && consent["manifestHash"] === entry["manifestHash"];
}

function isManifest(value: unknown, name: string): value is PluginManifest {
  if (!isObject(value) || value["name"] !== name) return false;
  try {
    return contributionProblem(value as unknown as PluginManifest) === undefined;
  } catch {
    return false;
  }
}

function pluginsIn(file: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(readNow(file, mostBytes).text ?? "{}");
    const plugins = isObject(parsed) ? parsed["plugins"] : undefined;
    return isObject(plugins) ? plugins : {};
  } catch {
    return {};
  }
}
