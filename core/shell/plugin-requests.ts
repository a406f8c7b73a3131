/** Plans as they are asked for: of a new spec, an update, what a project's lock waits for, a linked folder, a folder to check. */
import { resolve } from "node:path";
import type { PluginEntry } from "../../config/loaded.ts";
import { GantryError } from "../contract/errors.ts";
import type { GuestLimits } from "../contract/guest.ts";
import type { OpenPlugin, PluginsHost } from "../contract/host.ts";
import type { InstalledPlugin, PluginScope } from "../contract/installed.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import { didYouMean } from "../contract/nearest.ts";
import { sourceOf } from "../plugin-store/installed.ts";
import type { StorePlace } from "../plugin-store/layout.ts";
import { readScope, type StoreProblem } from "../plugin-store/scopes-on-disk.ts";
import { makeStaging } from "../plugin-store/staging.ts";
import { storeFailure } from "../plugin-store/store-lock.ts";
import { version } from "../version.ts";
import { refuseClashes } from "./plugin-clashes.ts";
import { readManifest } from "./plugin-facts.ts";
import { openPlan } from "./plugin-plan.ts";
import type { PluginSources } from "./plugin-sources.ts";

export interface PluginsHostOptions {
  place: StorePlace;
  /** Relative specs start here. */
  cwd: string;
  sources: PluginSources;
  /** A real trial; once. */
  boundary(): Promise<{ works: boolean; why: string }>;
  limits: GuestLimits;
  /** What the config says about plugins. */
  entries: readonly PluginEntry[];
  builtins: readonly PluginManifest[];
  /** Makes, checks and tests folders of plugins. */
  kit: Pick<PluginsHost, "create" | "test">;
  /** Told of files of the store that cannot be read. */
  warn(problem: StoreProblem): void;
  /** Where somebody can be asked. */
  ask?: NonNullable<PluginsHost["ask"]>;
}

type Request = Parameters<PluginsHost["plan"]>[0];

export async function openRequest(
  options: PluginsHostOptions,
  installed: readonly InstalledPlugin[],
  request: Request,
): Promise<OpenPlugin> {
  if (request.waiting !== undefined) return await openWaiting(options, installed, request.waiting);
  const { update, scope } = request;
  if (update === undefined) return await openNew(options, installed, { spec: request.spec ?? ".", scope });
  const before = findPlugin(
    installed.filter((plugin) => plugin.scope === scope),
    update,
  );
  const base = scope === "project" ? options.place.project : options.cwd;
  const link = before.link === undefined ? {} : { link: before.link };
  return await openNew({ ...options, cwd: base }, installed, { spec: before.lock.spec, scope, name: update, ...link });
}

interface Wanted {
  spec: string;
  scope: PluginScope;
  /** What an update must lead to. */
  name?: string;
  link?: string;
}

async function openNew(
  options: PluginsHostOptions,
  installed: readonly InstalledPlugin[],
  wanted: Wanted,
): Promise<OpenPlugin> {
  const { place, sources, cwd, builtins } = options;
  const { scope, link } = wanted;
  const staging = await makeStaging(place.dataHome).catch((error: unknown) => {
    throw storeFailure(error, place.dataHome);
  });
  try {
    const fetched = await sources.fetch(wanted.spec, { cwd, scratch: staging.folder });
    const prepared = await sources.prepare(fetched.folder);
    const { name } = prepared.manifest;
    if (wanted.name !== undefined && name !== wanted.name)
      throw new GantryError(
        "PLUGIN_INVALID",
        `${wanted.spec} holds the plugin ${name} now, and no longer ${wanted.name}; uninstall the one and install the other`,
      );
    const others = installed.flatMap(({ manifest }) => (manifest === undefined || manifest.name === name ? [] : [manifest]));
    refuseClashes(prepared.manifest, { builtins, installed: others });
    return openPlan({
      ...{ place, scope, prepared, drop: staging.remove, ...(link === undefined ? {} : { link }) },
      // A folder is found again from anywhere, a package by its name.
      spec:
        fetched.kind === "folder" || (fetched.kind === "tarball" && !/^https?:/.test(wanted.spec))
          ? resolve(cwd, fetched.kind === "folder" ? fetched.resolved : wanted.spec)
          : wanted.spec,
      resolved: fetched.resolved,
      installed: installed.find((plugin) => plugin.name === name && plugin.scope === scope),
      consent: readScope(place, scope).consents.plugins.get(name),
      isolation: isolationWords(await options.boundary()),
      warnings: [...prepared.problems, ...warningsOf(installed, name, scope)],
    });
  } catch (error) {
    await staging.remove();
    throw error;
  }
}

function warningsOf(installed: readonly InstalledPlugin[], name: string, scope: PluginScope): string[] {
  const other = installed.find((plugin) => plugin.name === name && plugin.scope !== scope);
  if (other === undefined) return [];
  return scope === "project"
    ? [`in this project it takes the place of your own ${name} ${other.version}`]
    : [`this project has a ${name} ${other.version} of its own, which stays in front of this one here`];
}

async function openWaiting(
  options: PluginsHostOptions,
  installed: readonly InstalledPlugin[],
  name: string,
): Promise<OpenPlugin> {
  const { place, builtins } = options;
  const plugin = findPlugin(installed.filter(isWaiting), name);
  const { manifest, manifestText } = await readStrangers(place, plugin);
  const { sha512 } = plugin.lock;
  const source = await sourceOf({ name, bundleFile: plugin.bundleFile, sha512 });
  const others = installed.flatMap((other) => (other.manifest === undefined || other.name === name ? [] : [other.manifest]));
  refuseClashes(manifest, { builtins, installed: others });
  return openPlan({
    ...{
      place,
      scope: plugin.scope,
      spec: plugin.lock.spec,
      resolved: plugin.lock.resolved,
      isWaiting: true,
      installed: plugin,
    },
    prepared: { manifest, manifestText, source, sha512, problems: [] },
    consent: readScope(place, plugin.scope).consents.plugins.get(name),
    isolation: isolationWords(await options.boundary()),
    warnings: warningsOf(installed, name, plugin.scope),
    drop: async () => undefined,
  });
}

/** Whoever wrote a project's folder may never have installed it with Gantry. PLUGIN_INVALID, PLUGIN_INCOMPATIBLE, PLUGIN_CHANGED. */
export async function readStrangers(place: StorePlace, plugin: InstalledPlugin): ReturnType<typeof readManifest> {
  const read = await readManifest(place, plugin);
  const { checkStored } = await import("../install/prepare.ts");
  checkStored(read.manifest, { folder: plugin.name, gantryVersion: version });
  return read;
}

export async function openLink(
  options: PluginsHostOptions,
  installed: readonly InstalledPlugin[],
  folder: string,
): Promise<OpenPlugin> {
  const link = resolve(options.cwd, folder);
  return await openNew(options, installed, { spec: link, scope: "user", link });
}

/** The plan shows what an install would say; a folder with problems has none. */
export async function validateFolder(options: PluginsHostOptions, folder: string): ReturnType<PluginsHost["validate"]> {
  try {
    const {
      commit: _commit,
      drop,
      ...plan
    } = await openNew(options, [], { spec: resolve(options.cwd, folder), scope: "user" });
    await drop();
    return { problems: [], plan };
  } catch (error) {
    return { problems: problemsIn(error, folder) };
  }
}

function problemsIn(error: unknown, file: string): { code: string; message: string; file: string; hint?: string }[] {
  if (!(error instanceof GantryError)) throw error;
  const each = error.detail?.["problems"];
  const texts =
    Array.isArray(each) && each.length > 0
      ? each.map((problem) => (typeof problem === "string" ? problem : JSON.stringify(problem)))
      : [error.message];
  return texts.map((message) => ({ code: error.code, message, file }));
}

export function isolationWords({ works, why }: { works: boolean; why: string }): string {
  const always = "its own process and a hardened realm, without a network, files or variables of its own";
  return works
    ? `${always}; the operating system's boundary (bubblewrap) around it`
    : `${always}; no OS boundary on this machine: ${why}`;
}

/** This user has not answered about its bytes. */
export const isWaiting = ({ state }: InstalledPlugin): boolean => state === "needs-consent";

/** PLUGIN_NOT_INSTALLED names the nearest. */
export function findPlugin(plugins: readonly InstalledPlugin[], name: string): InstalledPlugin {
  const found = plugins.find((plugin) => plugin.name === name);
  if (found !== undefined) return found;
  const names = plugins.map((plugin) => plugin.name);
  const there = names.length === 0 ? " None is." : didYouMean(name, names) || ` There are ${[...new Set(names)].join(", ")}.`;
  throw new GantryError("PLUGIN_NOT_INSTALLED", `no plugin ${JSON.stringify(name)} is installed here.${there}`, {
    detail: { name, installed: names },
  });
}
