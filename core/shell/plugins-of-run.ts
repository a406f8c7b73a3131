/**
 * `run --plugin DIR`: folders that are bundled for one run, with the user's answer about each. They take the place of installed
 * plugins of their names; nothing of them is in the store, and when the run ends their bytes and what they stored are gone.
 */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { LoadedConfig } from "../../config/loaded.ts";
import { refuseProblems } from "../../config/usable.ts";
import type { Community, FoundPlugin, OneRun } from "../community/found.ts";
import { lazyDescribe, lazyRun } from "../community/prepare.ts";
import { GantryError } from "../contract/errors.ts";
import type { OpenPlugin } from "../contract/host.ts";
import type { InstalledPlugin } from "../contract/installed.ts";
import type { Grants } from "../contract/permissions.ts";
import { printable } from "../contract/printable.ts";
import { joined, missingFrom, narrowed } from "../permission/scopes/compare.ts";
import { parseGrantFlags, printGrantFlags } from "../permission/scopes/grant-flags.ts";
import { wordsOf } from "../permission/scopes/words.ts";
import { sha512 } from "../plugin-store/changes.ts";
import { consentFor } from "../plugin-store/installed.ts";
import { bundleName, type StorePlace } from "../plugin-store/layout.ts";
import { readScope } from "../plugin-store/scopes-on-disk.ts";
import { makeStaging, sweepStaging } from "../plugin-store/staging.ts";
import { storeFailure } from "../plugin-store/store-lock.ts";
import { refuseClashes } from "./plugin-clashes.ts";
import { openPlan } from "./plugin-plan.ts";
import { isolationWords } from "./plugin-requests.ts";
import { type PreparedPlugin, pluginSources } from "./plugin-sources.ts";
import type { StartOptions } from "./start.ts";

export interface PluginsOfRun {
  /** They hold nothing before `answered`. */
  plugins: readonly (FoundPlugin & { oneRun: OneRun })[];
  /** With what each may do. PLUGIN_CONSENT_REQUIRED names all that is missing; NAME_TAKEN, PLUGIN_STOPPED for one that cannot be used. */
  answered(community: Community): Promise<Community>;
  /** Nothing of them stays. */
  drop(): Promise<void>;
}

/** USAGE_INVALID, GRANT_INVALID, NAME_TAKEN, PLUGIN_* and GUEST_* for a folder that is no sound plugin. */
export async function openPluginsOfRun(options: StartOptions, config: LoadedConfig): Promise<PluginsOfRun> {
  refuseProblems(config.problems);
  const given = readGiven(options.flags.grants);
  const { dataHome } = config.paths;
  await sweepStaging(dataHome).catch(() => undefined);
  const staging = await makeStaging(dataHome).catch((error: unknown) => {
    throw storeFailure(error, dataHome);
  });
  try {
    const opened: Opened[] = [];
    for (const folder of options.flags.plugins)
      opened.push(await openOne(folder, { options, config, staging: staging.folder }));
    refuseTwins(opened);
    return {
      plugins: opened.map(({ plugin }) => plugin),
      answered: async (community) => {
        refuseUnusable(community);
        return withGrants(community, await answersFor(opened, given, options));
      },
      drop: staging.remove,
    };
  } catch (error) {
    await staging.remove();
    throw error;
  }
}

function readGiven(flags: readonly string[]): Grants {
  const { grants, problems } = parseGrantFlags(flags);
  if (problems.length > 0) throw new GantryError("GRANT_INVALID", problems.join("\n"), { detail: { problems } });
  return grants;
}

interface Opened {
  plugin: FoundPlugin & { oneRun: OneRun };
  plan: OpenPlugin;
  /** What the user said to these very bytes before. */
  before: Grants | undefined;
}

async function openOne(
  folder: string,
  { options, config, staging }: { options: StartOptions; config: LoadedConfig; staging: string },
): Promise<Opened> {
  const { io, signal } = options;
  const { isolation } = config.config;
  const describe = lazyDescribe(io.env, isolation);
  const sources = pluginSources({ env: io.env, signal, run: lazyRun(io.env), describe });
  const prepared = await sources.prepare(folder);
  const { manifest } = prepared;
  refuseClashes(manifest, { builtins: io.manifests(), installed: [] });
  const place = { dataHome: config.paths.dataHome, project: config.project };
  const { osBoundary } = await import("../../workers/guests/os-boundary.ts");
  const plan = openPlan({
    ...{ place, scope: "user", spec: folder, resolved: folder, prepared, installed: undefined, consent: undefined },
    ...{ isolation: isolationWords(await osBoundary()), warnings: prepared.problems, reach: "for this run only" },
    drop: async () => undefined,
  });
  const plugin = await placed(prepared, { folder, at: path.join(staging, manifest.name) });
  return { plugin, plan, before: saidBefore(place, plugin) };
}

/** In a folder of its own, so that it is read and hashed again before it is sent to a guest, as installed ones are. */
async function placed(
  { manifest, manifestText, source, sha512: hash }: PreparedPlugin,
  { folder, at }: { folder: string; at: string },
): Promise<Opened["plugin"]> {
  const { name, version, permissions } = manifest;
  const bundleFile = path.join(at, bundleName);
  await mkdir(at, { recursive: true, mode: 0o700 });
  await writeFile(bundleFile, source, { mode: 0o600 });
  const lock: InstalledPlugin["lock"] = {
    ...{ spec: folder, resolved: folder, version, sha512: hash, manifestHash: sha512(manifestText) },
    ...{ asks: permissions, installedAt: new Date().toISOString() },
  };
  const oneRun = { storageFile: path.join(at, "storage.json") };
  return { name, version, scope: "user", state: "ready", manifest, lock, grants: {}, bundleFile, oneRun };
}

function saidBefore(place: StorePlace, { name, lock }: Pick<InstalledPlugin, "name" | "lock">): Grants | undefined {
  const said = (["project", "user"] as const).map((scope) =>
    consentFor(lock, readScope(place, scope).consents.plugins.get(name)),
  );
  return said.find((consent) => consent !== undefined && consent.disabled !== true)?.grants;
}

function refuseTwins(opened: readonly Opened[]): void {
  for (const [at, { plan }] of opened.entries()) {
    const others = opened.slice(0, at).map((other) => other.plan);
    const twin = others.find(({ name }) => name === plan.name);
    if (twin !== undefined)
      throw new GantryError(
        "NAME_TAKEN",
        `${twin.resolved} and ${plan.resolved} are both called ${plan.name}; give one --plugin`,
      );
    refuseClashes(plan.manifest, { builtins: [], installed: others.map(({ manifest }) => manifest) });
  }
}

/** Who names a folder wants it: what keeps it out ends the run. */
function refuseUnusable({ left }: Community): void {
  const wrong = left.find(({ plugin }) => plugin.oneRun !== undefined);
  if (wrong !== undefined)
    throw new GantryError(wrong.code, `--plugin ${wrong.plugin.lock.resolved} cannot be used: ${wrong.message}`);
}

/** By name. */
type Answers = ReadonlyMap<string, Grants>;

/** All are looked at before any is asked about, so that all that is missing is told at once. */
async function answersFor(opened: readonly Opened[], given: Grants, options: StartOptions): Promise<Answers> {
  const { askPlugin, io } = options;
  const answers = new Map<string, Grants>();
  const open: { plan: OpenPlugin; missing: Grants }[] = [];
  for (const { plan, plugin, before } of opened) {
    const { asks } = plugin.lock;
    const missing = missingFrom(asks, given);
    if (before !== undefined) answers.set(plan.name, joined(before, narrowed(asks, given)));
    else if (Object.keys(missing).length === 0) answers.set(plan.name, narrowed(asks, given));
    else if (askPlugin === undefined) open.push({ plan, missing });
    else if (await askPlugin(plan)) answers.set(plan.name, asks);
    else throw new GantryError("PLUGIN_CONSENT_REQUIRED", `You said no to ${plan.name}; nothing was started.`);
  }
  if (open.length > 0) throw consentRequired(open);
  const beyond = wordsOf(opened.reduce((rest, { plugin }) => missingFrom(rest, plugin.lock.asks), given)).words;
  for (const { kind, words } of beyond)
    io.stderr.write(`warning: no --plugin asks for ${kind} (${words}); each holds what it asks for\n`);
  return answers;
}

function consentRequired(open: readonly { plan: OpenPlugin; missing: Grants }[]): GantryError {
  const each = open.map(({ plan, missing }) => ({
    ...{ plugin: plan.name, folder: plan.resolved, missing: wordsOf(missing).words, flags: printGrantFlags(missing) },
    said: `${printable(plan.name)} ${printable(plan.version)} (--plugin ${plan.resolved})`,
  }));
  const asked = each.map(
    ({ said, missing }) =>
      `${said} asks for what you have not granted:\n${missing.map(({ words, kind }) => `  ${words} [${kind}]`).join("\n")}`,
  );
  const flags = [...new Set(each.flatMap((one) => one.flags))].join(" ");
  return new GantryError("PLUGIN_CONSENT_REQUIRED", `${asked.join("\n")}\nTo grant exactly that for this run, add: ${flags}`, {
    detail: {
      plugins: each.map(({ plugin, folder, missing }) => ({
        ...{ plugin, folder },
        missing: missing.map(({ kind, scope, words }) => ({ kind, scope, words })),
      })),
      flags,
    },
  });
}

function withGrants(community: Community, answers: Answers): Community {
  const taken = community.taken.map((plugin) =>
    plugin.oneRun === undefined ? plugin : { ...plugin, grants: answers.get(plugin.name) ?? {} },
  );
  return { ...community, taken };
}
