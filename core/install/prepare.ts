/**
 * From a folder to what is installed: a bundle, and the manifest that says truly what is in it. The manifest is made from what
 * the bundle contributes in a guest; a gantry.json of the author's is compared with that, never believed.
 */
import path from "node:path";
import { GantryError } from "../contract/errors.ts";
import type { Contributions, DescribeBundle } from "../contract/guest.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { RunProgram } from "../contract/program-run.ts";
import { readGrants } from "../permission/scopes/read-grants.ts";
import { coversTap, printTapScope } from "../permission/scopes/tap-scope.ts";
import { type Bundle, bundlePlugin } from "./bundle.ts";
import { differencesOf } from "./compare-manifest.ts";
import { isRecord, readJsonFile } from "./json-file.ts";
import { manifestError, type ReadManifest, readManifest } from "./manifest-file.ts";
import { contributionsShape, issuesOf, manifestShape } from "./manifest-shape.ts";
import { isInRange, parseVersion } from "./semver.ts";

export interface PrepareOptions {
  folder: string;
  describe: DescribeBundle;
  run: RunProgram;
  signal: AbortSignal;
  /** Of this build. */
  gantryVersion: string;
  /** Names that no community plugin can have. */
  reserved?: Iterable<string>;
}

export interface PreparedPlugin {
  manifest: PluginManifest;
  /** What is stored, and hashed for the lock. */
  manifestText: string;
  source: string;
  sha512: string;
  /** The folder has no gantry.json: all of the manifest is from the code. */
  wasWritten: boolean;
  /** What its author should know, and what stops nobody. */
  problems: string[];
}

/**
 * PLUGIN_INVALID, PLUGIN_INCOMPATIBLE, PLUGIN_BUILD_FAILED, PLUGIN_TOO_LARGE, PLUGIN_MANIFEST_DIFFERS, NAME_TAKEN, and what
 * `describe` throws. The folder is only read.
 */
export async function preparePlugin({
  folder,
  describe,
  run,
  signal,
  gantryVersion,
  reserved = [],
}: PrepareOptions): Promise<PreparedPlugin> {
  const file = await readManifest(folder);
  const { version, engines } = await facts(folder, file, gantryVersion);
  requireVersion({ folder, range: engines.gantry, gantryVersion });
  const bundle = await bundlePlugin({ folder, run, signal });
  const said = await describe({ name: bundle.name, source: bundle.source }, { signal });
  const found = checkedContributions(said, folder);
  if (file) requireSame(file, found);
  if (new Set(reserved).has(found.name)) {
    throw new GantryError(
      "NAME_TAKEN",
      `${found.name} is the name of a plugin that comes with Gantry; call this one otherwise`,
    );
  }
  const manifest = manifestOf(found, { version, engines, main: bundle.main });
  const manifestText = `${JSON.stringify(manifest, null, 2)}\n`;
  const problems = adviceFor(file, bundle, found);
  return { manifest, manifestText, source: bundle.source, sha512: bundle.sha512, wasWritten: file === undefined, problems };
}

interface Facts {
  version: string;
  engines: { gantry: string };
}

/** What only files say: the code knows neither its version nor its Gantry. */
async function facts(folder: string, file: ReadManifest | undefined, gantryVersion: string): Promise<Facts> {
  const own = await readJsonFile(path.join(folder, "package.json"));
  const packaged = own?.["version"];
  if (file) {
    const { version, engines } = file.manifest;
    if (packaged === undefined || packaged === version) return { version, engines };
    throw manifestError(folder, [
      `gantry.json:${file.lineOf(["version"])}: version is ${version}, and ${JSON.stringify(packaged)} in package.json`,
    ]);
  }
  if (own === undefined)
    throw new GantryError(
      "PLUGIN_INVALID",
      `${folder} has neither a package.json nor a gantry.json, so it is no plugin's folder; gantry plugins create NAME writes a starter`,
    );
  if (typeof packaged !== "string" || !parseVersion(packaged)) {
    throw manifestError(folder, [
      packaged === undefined
        ? 'there is no version: write "version": "0.1.0" into package.json, or a gantry.json'
        : `package.json: version is ${JSON.stringify(packaged)}, which is no version: 1.2.0`,
    ]);
  }
  const wanted = [own?.["engines"], own?.["peerDependencies"]].map((one) => (isRecord(one) ? one["gantry"] : undefined));
  return { version: packaged, engines: { gantry: wanted.find((range) => typeof range === "string") ?? `>=${gantryVersion}` } };
}

function requireVersion({ folder, range, gantryVersion }: { folder: string; range: string; gantryVersion: string }): void {
  const version = parseVersion(gantryVersion);
  const fits = version && isInRange(version, range);
  if (fits) return;
  const name = path.basename(folder);
  if (fits === undefined)
    throw manifestError(folder, [`package.json: gantry is ${JSON.stringify(range)}, which is no range: >=0.1, ^0.1.0`]);
  throw new GantryError("PLUGIN_INCOMPATIBLE", `${name} is for Gantry ${range}; this is ${gantryVersion}`);
}

/** A manifest that came with its bytes, from a project's folder: as strict as one that an install writes. PLUGIN_INVALID, PLUGIN_INCOMPATIBLE. */
export function checkStored(
  manifest: PluginManifest,
  { folder, gantryVersion }: { folder: string; gantryVersion: string },
): void {
  const shape = manifestShape.safeParse(manifest);
  if (!shape.success)
    throw manifestError(
      folder,
      issuesOf(shape.error, manifest).map(({ path: at, said }) => `gantry.json: ${at.join(".") || "it"} ${said}`),
    );
  const { name, description, permissions, optionsSchema, contributes } = manifest;
  checkedContributions({ name, description, permissions, ...(optionsSchema && { optionsSchema }), contributes }, folder);
  requireVersion({ folder, range: shape.data.engines.gantry, gantryVersion });
}

/** A guest's word is a stranger's: its shape is checked like a file's. */
function checkedContributions(said: Contributions, folder: string): Contributions {
  const shape = contributionsShape.safeParse(said);
  const issues = shape.success ? [] : issuesOf(shape.error, said);
  const problems = issues.map(({ path: at, said: what }) => `the plugin's ${at.join(".")} ${what}`);
  const asks = readGrants(said.permissions ?? {});
  problems.push(...asks.problems.map((problem) => `the plugin asks: ${problem}`));
  if (problems.length > 0) throw manifestError(folder, problems);
  const found = { ...said, permissions: asks.grants };
  problems.push(...twins(found), ...uncoveredTaps(found));
  if (problems.length > 0) throw manifestError(folder, problems);
  return found;
}

function twins({ contributes: { tools, commands, providers } }: Contributions): string[] {
  const names = [
    ...tools.map(({ name }) => `tool ${name}`),
    ...commands.map(({ id }) => `command ${id}`),
    ...providers.map((name) => `provider ${name}`),
  ];
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].map(
    (name) => `the plugin contributes ${name} twice`,
  );
}

/** A tap that was not asked for could never be granted, and would be silent for ever. */
function uncoveredTaps({ contributes: { taps }, permissions }: Contributions): string[] {
  const scopes = permissions["hook.tap"] ?? [];
  return taps
    .filter((tap) => !coversTap(scopes, { on: tap.on, ...(tap.tools ? { tools: tap.tools } : {}) }))
    .map(({ on, tools }) => {
      const ask = printTapScope({ on, tools });
      return `the plugin taps ${ask} and does not ask for it: permissions: { "hook.tap": [${JSON.stringify(ask)}] }`;
    });
}

function requireSame({ manifest, lineOf }: ReadManifest, found: Contributions): void {
  const differences = differencesOf(manifest, found);
  if (differences.length === 0) return;
  const placed = differences.map(({ at, said }) => ({ line: lineOf(at), said })).sort((a, b) => a.line - b.line);
  const lines = placed.map(({ line, said }) => `gantry.json:${line}: ${said}`);
  const message = `gantry.json and ${found.name} do not say the same:\n${lines.map((line) => `  ${line}`).join("\n")}`;
  throw new GantryError("PLUGIN_MANIFEST_DIFFERS", message, { detail: { differences: lines } });
}

function manifestOf(found: Contributions, { version, engines, main }: Facts & { main: string }): PluginManifest {
  const { name, description, permissions, optionsSchema, contributes } = found;
  return { name, version, description, engines, main, permissions, ...(optionsSchema && { optionsSchema }), contributes };
}

function adviceFor(file: ReadManifest | undefined, { name }: Bundle, found: Contributions): string[] {
  const { tools, commands, taps, providers } = found.contributes;
  const nothing = [tools, commands, taps, providers].every((list) => list.length === 0);
  return [
    ...(nothing ? [`${found.name} contributes nothing: no tool, command, tap or provider`] : []),
    ...(file === undefined && name !== found.name
      ? [`package.json calls it ${name}; the plugin calls itself ${found.name}, which counts`]
      : []),
  ];
}
