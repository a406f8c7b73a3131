/** host.plugins: what is installed here, what would be, and what each may do. */
import { type LeftOut, sortOut } from "../community/found.ts";
import { GantryError } from "../contract/errors.ts";
import type { GrantWords, PluginFacts, PluginsHost } from "../contract/host.ts";
import type { InstalledPlugin, PluginScope } from "../contract/installed.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { Grants } from "../contract/permissions.ts";
import { joined, missingFrom, without } from "../permission/scopes/compare.ts";
import { parseGrantFlags, parseRevokeFlags, printGrantFlags } from "../permission/scopes/grant-flags.ts";
import { wordsOf } from "../permission/scopes/words.ts";
import { changeConsent, dropConsent, putConsent, removePlugin } from "../plugin-store/changes.ts";
import { readEach, readInstalled } from "../plugin-store/installed.ts";
import type { StorePlace } from "../plugin-store/layout.ts";
import { readScope } from "../plugin-store/scopes-on-disk.ts";
import { changeIn, factsOf, type Machine, readManifest } from "./plugin-facts.ts";
import { grantsOfWords } from "./plugin-plan.ts";
import {
  findPlugin,
  isWaiting,
  openLink,
  openRequest,
  type PluginsHostOptions,
  readStrangers,
  validateFolder,
} from "./plugin-requests.ts";

export function createPluginsHost(options: PluginsHostOptions): PluginsHost {
  const { place, kit, ask } = options;
  const all = (): InstalledPlugin[] => readEach({ ...place, onProblem: options.warn });
  const machine = async (): Promise<Machine> => ({ ...options, boundary: await options.boundary() });
  const left = (): readonly LeftOut[] =>
    sortOut(readInstalled(place), { ...options, pluginEntries: [...options.entries], project: place.project }).left;
  const inspect = async (name: string): Promise<PluginFacts & { log: string[] }> =>
    orLeftOut(
      await factsOf(place, findPlugin(readInstalled({ ...place, onProblem: options.warn }), name), await machine()),
      left(),
    );
  return {
    list: async () => {
      const here = await machine();
      const facts = await Promise.all(all().map((plugin) => factsOf(place, plugin, here)));
      const out = left();
      return facts.map(({ log: _log, ...rest }) => orLeftOut(rest, out)).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    inspect,
    plan: async (request) => await openRequest(options, all(), request),
    waiting: async () =>
      await Promise.all(
        all()
          .filter(isWaiting)
          .map((plugin) => withManifest(place, plugin)),
      ),
    readGrants,
    cover,
    async uninstall(name, { scope, keepData }) {
      const from = scope ?? scopeOf(all(), name) ?? leftoverScope(place, name) ?? findPlugin(all(), name).scope;
      if (scope !== undefined && leftoverScope(place, name, [scope]) === undefined)
        findPlugin(
          all().filter((plugin) => plugin.scope === scope),
          name,
        );
      await removePlugin(place, { name, scope: from, keepData });
      return from;
    },
    setEnabled: async (name, enabled) => {
      // One that is switched off may stand behind another of its name.
      const off = enabled ? all().findLast((plugin) => plugin.name === name && plugin.state === "disabled") : undefined;
      await setEnabled(place, off ?? findPlugin(readInstalled(place), name), enabled);
    },
    async changeGrants(name, change) {
      const { scope } = answered(findPlugin(readInstalled(place), name));
      const { given, taken } = readChange(change);
      await changeConsent(place, { name, scope }, (consent) => ({
        ...consent,
        grants: changed(name, consent.grants, given, taken),
      }));
      return await inspect(name);
    },
    async verify(name) {
      const chosen = name === undefined ? all() : all().filter((plugin) => plugin.name === name);
      if (name !== undefined && chosen.length === 0) findPlugin(all(), name);
      return await Promise.all(
        chosen.map(async (plugin) => {
          const problem = plugin.state === "broken" ? plugin.problem?.message : await changeIn(place, plugin);
          return {
            name: plugin.name,
            scope: plugin.scope,
            ok: problem === undefined,
            ...(problem === undefined ? {} : { problem }),
          };
        }),
      );
    },
    link: async (folder) => await openLink(options, all(), folder),
    ...kit,
    validate: async (folder) => await validateFolder(options, folder),
    ...(ask === undefined ? {} : { ask }),
  };
}

/** One that a run leaves out, for its names or its parts, is not ready, whatever its files say. */
function orLeftOut<T extends InstalledPlugin>(plugin: T, left: readonly LeftOut[]): T {
  const out = left.find((each) => each.plugin.name === plugin.name && each.plugin.scope === plugin.scope);
  if (plugin.state !== "ready" || out === undefined) return plugin;
  return { ...plugin, state: "broken", problem: { code: out.code, message: out.message } };
}

/** PLUGIN_CONSENT_REQUIRED for one that waits, PLUGIN_STORE_FAILED for one that cannot be read. */
function answered(plugin: InstalledPlugin): InstalledPlugin {
  const { problem, state } = plugin;
  if (problem !== undefined && state !== "ready" && state !== "disabled") throw new GantryError(problem.code, problem.message);
  return plugin;
}

function scopeOf(plugins: readonly InstalledPlugin[], name: string): PluginScope | undefined {
  return plugins.findLast((plugin) => plugin.name === name)?.scope;
}

/** What an uninstall that was interrupted left. */
function leftoverScope(
  place: StorePlace,
  name: string,
  scopes: readonly PluginScope[] = ["project", "user"],
): PluginScope | undefined {
  return scopes.find((scope) => readScope(place, scope).consents.plugins.has(name));
}

async function withManifest(place: StorePlace, plugin: InstalledPlugin): Promise<InstalledPlugin> {
  const problem = await changeIn(place, plugin);
  if (problem !== undefined) return { ...plugin, state: "broken", problem: { code: "PLUGIN_CHANGED", message: problem } };
  return { ...plugin, manifest: (await readManifest(place, plugin)).manifest };
}

/** GRANT_INVALID with every problem at once. */
function readGrants(flags: readonly string[]): Grants {
  const { grants, problems } = parseGrantFlags(flags);
  if (problems.length > 0) throw invalid(problems);
  return grants;
}

/** What is wrong with both is told together. */
function readChange({ grant, revoke }: { grant: readonly string[]; revoke: readonly string[] }): {
  given: Grants;
  taken: Record<string, unknown>;
} {
  const { grants, problems } = parseGrantFlags(grant);
  const { taken, problems: others } = parseRevokeFlags(revoke);
  if (problems.length + others.length > 0) throw invalid([...problems, ...others]);
  return { given: grants, taken };
}

const invalid = (problems: readonly string[]): GantryError =>
  new GantryError("GRANT_INVALID", problems.join("\n"), { detail: { problems } });

function changed(name: string, held: Grants, given: Grants, taken: Record<string, unknown>): Grants {
  // Taken first: what is given in the same breath stands.
  const { grants, unknown } = without(held, taken);
  if (unknown.length === 0) return joined(grants, given);
  const holds = printGrantFlags(held).map((flag) => flag.replace(/^--grant /, ""));
  throw invalid([`${name} does not hold ${unknown.join(", ")}; it holds ${holds.length === 0 ? "nothing" : holds.join(", ")}`]);
}

function cover(asks: readonly GrantWords[], given: Grants): { missing: GrantWords[]; flags: string[]; beyond: GrantWords[] } {
  const wanted = grantsOfWords(asks);
  const missing = missingFrom(wanted, given);
  return {
    missing: wordsOf(missing).words,
    flags: printGrantFlags(missing),
    beyond: wordsOf(missingFrom(given, wanted)).words,
  };
}

/** To say no, nobody has to be able to read what it is. */
function unread({ name, version }: InstalledPlugin): PluginManifest {
  const nothing = { tools: [], commands: [], taps: [], providers: [] };
  return { name, version, description: "", engines: { gantry: "*" }, main: "", permissions: {}, contributes: nothing };
}

/** A plugin that waits can be answered with no. To use one again that was never answered, or holds nothing, is to be asked again. */
async function setEnabled(place: StorePlace, plugin: InstalledPlugin, enabled: boolean): Promise<void> {
  const { name, scope } = plugin;
  if (!enabled && isWaiting(plugin)) {
    const manifest = await readStrangers(place, plugin).then(
      ({ manifest }) => manifest,
      () => unread(plugin),
    );
    return await putConsent(place, { plugin, manifest, grants: {}, disabled: true });
  }
  const { lock, grants } = answered(plugin);
  const wasNo = plugin.state === "disabled" && Object.keys(grants).length === 0 && Object.keys(lock.asks).length > 0;
  if (enabled && wasNo) return await dropConsent(place, { name, scope });
  await changeConsent(place, { name, scope }, (consent) => ({
    grants: consent.grants,
    ...(enabled ? {} : { disabled: true }),
  }));
}
