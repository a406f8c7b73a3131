/** What an install, update or answer would do, worked out before anything of it is in force. */
import { isAbsolute, relative } from "node:path";
import { GantryError } from "../contract/errors.ts";
import type { GrantWords, OpenPlugin, PluginPlan } from "../contract/host.ts";
import type { InstalledPlugin, LockEntry, PluginScope } from "../contract/installed.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { Grants } from "../contract/permissions.ts";
import { joined, missingFrom, narrowed } from "../permission/scopes/compare.ts";
import { readGrants } from "../permission/scopes/read-grants.ts";
import { wordsOf } from "../permission/scopes/words.ts";
import { putConsent, putVersion, sha512 } from "../plugin-store/changes.ts";
import type { StoredConsent } from "../plugin-store/entries.ts";
import type { StorePlace } from "../plugin-store/layout.ts";
import { planText, reachOf } from "./plan-text.ts";
import type { PreparedPlugin } from "./plugin-sources.ts";

export interface PlanParts {
  place: StorePlace;
  scope: PluginScope;
  spec: string;
  resolved: string;
  prepared: PreparedPlugin;
  /** What the lock names now under this name and scope, and what the user said about it or about bytes before it. */
  installed: InstalledPlugin | undefined;
  consent: StoredConsent | undefined;
  /** In words. */
  isolation: string;
  link?: string;
  /** The bytes are in the project's lock already; only an answer is wanted. */
  isWaiting?: true;
  warnings: string[];
  /** For whom and how long it would be in force, in words. Absent: as its scope says. */
  reach?: string;
  drop(): Promise<void>;
}

/** GRANT_INVALID when the manifest asks for what cannot be granted: every problem at once. */
export function openPlan(parts: PlanParts): OpenPlugin {
  const { prepared, scope, isolation, drop, warnings, isWaiting } = parts;
  const { manifest } = prepared;
  const asks = asksOf(manifest);
  const lock = isWaiting && parts.installed ? parts.installed.lock : lockOf(parts, asks);
  const granted = grantedBefore(parts, lock.spec);
  const replaces = isWaiting ? undefined : replacedBy(parts, asks, lock.spec);
  const wanted = parts.consent !== undefined && replaces !== undefined ? missingFrom(asks, parts.consent.lock.asks) : asks;
  const { words, together } = wordsOf(asks);
  const plan: Omit<PluginPlan, "text"> = {
    ...{ name: manifest.name, version: manifest.version, scope, spec: lock.spec, resolved: lock.resolved },
    ...{ sha512: prepared.sha512, bundleBytes: Buffer.byteLength(prepared.source), manifest, asks: words, together },
    taps: words.filter(({ kind }) => kind === "hook.tap").map(({ words }) => words),
    contributes: contributionsOf(manifest),
    ...{ isolation, granted },
    warnings: [...warnings, ...(replaces === undefined || isWaiting ? [] : endsWith(parts, asks, granted))],
    ...(replaces === undefined ? {} : { replaces }),
    missing: wordsOf(missingFrom(wanted, granted)).words,
  };
  return {
    ...plan,
    text: planText(plan, parts.reach ?? reachOf(plan)),
    drop,
    commit: async (grants, { keepGranted }) => await commit(parts, { lock, asks, granted, keepGranted }, grants),
  };
}

interface Terms {
  lock: LockEntry;
  asks: Grants;
  granted: Grants;
  keepGranted: boolean;
}

async function commit(parts: PlanParts, { lock, asks, granted, keepGranted }: Terms, given: Grants): Promise<void> {
  const { place, scope, prepared, installed, link } = parts;
  const { manifest, manifestText, source } = prepared;
  // Never more than it asks for: what goes beyond is for `plugins grants`, where it is said of this plugin alone.
  const grants = narrowed(asks, keepGranted ? joined(granted, given) : given);
  try {
    if (parts.isWaiting && installed) await putConsent(place, { plugin: installed, manifest, grants });
    else
      await putVersion(place, {
        ...{ name: manifest.name, scope, lock, manifest, manifestText, source, grants },
        ...(link === undefined ? {} : { link }),
        replaces: installed?.lock,
      });
  } finally {
    await parts.drop();
  }
}

export function asksOf({ name, permissions }: PluginManifest): Grants {
  const { grants, problems } = readGrants(permissions);
  if (problems.length === 0) return grants;
  throw new GantryError("GRANT_INVALID", `${name} asks for what cannot be granted:\n${problems.join("\n")}`, {
    detail: { problems },
  });
}

function lockOf({ place, scope, spec, resolved, prepared }: PlanParts, asks: Grants): LockEntry {
  const inProject = (path: string): string => (scope === "project" ? belowProject(path, place.project) : path);
  return {
    ...{ spec: inProject(spec), resolved: inProject(resolved), version: prepared.manifest.version },
    ...{ sha512: prepared.sha512, manifestHash: sha512(prepared.manifestText), asks, installedAt: new Date().toISOString() },
  };
}

/** A folder of the project is named the same way in every clone. */
function belowProject(path: string, project: string): string {
  if (!isAbsolute(path)) return path;
  const rest = relative(project, path);
  return rest === "" || rest.startsWith("..") || isAbsolute(rest) ? path : `./${rest}`;
}

/** Only what was said of a plugin from the same place: a name alone is anybody's. */
function grantedBefore({ consent }: PlanParts, spec: string): Grants {
  return consent !== undefined && sourceOfSpec(consent.lock.spec) === sourceOfSpec(spec) ? consent.grants : {};
}

/** What the user gave beyond the asks of the version before, which an update does not carry on. */
function endsWith({ installed, prepared }: PlanParts, asks: Grants, granted: Grants): string[] {
  const extra = missingFrom(missingFrom(granted, installed?.lock.asks ?? {}), asks);
  return wordsOf(extra).words.map(
    ({ words, kind }) =>
      `what you gave it beyond its asks ends: ${words} [${kind}]; gantry plugins grants ${prepared.manifest.name} gives it again`,
  );
}

/** A spec without a repository's ref or a package's version. The @ of git@host:path is neither. */
export function sourceOfSpec(spec: string): string {
  const bare = spec.replace(/#.*$/s, "");
  return /^((?:@[\w.~-]+\/)?[\w.~-]+)@[^/@:]*$/s.exec(bare)?.[1] ?? bare;
}

function replacedBy({ prepared, installed, consent }: PlanParts, asks: Grants, spec: string): PluginPlan["replaces"] {
  if (installed === undefined || (consent !== undefined && sourceOfSpec(consent.lock.spec) !== sourceOfSpec(spec)))
    return undefined;
  const before = installed.lock;
  const ours = partsOf(prepared.manifest);
  const theirs = installed.manifest === undefined ? [] : partsOf(installed.manifest);
  return {
    ...{ version: before.version, sha512: before.sha512 },
    moreAsks: wordsOf(missingFrom(asks, before.asks)).words,
    fewerAsks: wordsOf(missingFrom(before.asks, asks)).words,
    contributions: {
      added: ours.filter((part) => !theirs.includes(part)),
      removed: theirs.filter((part) => !ours.includes(part)),
    },
  };
}

export function contributionsOf({ contributes }: PluginManifest): PluginPlan["contributes"] {
  const { tools, commands, taps, providers } = contributes;
  return {
    tools: tools.map(({ name }) => name),
    commands: commands.map(({ id }) => id),
    taps: taps.map(({ on, kind, tools: only }) => `${on} (${kind}${only === undefined ? "" : ` of ${only.join(", ")}`})`),
    providers: [...providers],
  };
}

function partsOf(manifest: PluginManifest): string[] {
  const { tools, commands, taps, providers } = contributionsOf(manifest);
  return [
    ...tools.map((name) => `tool ${name}`),
    ...commands.map((id) => `command ${id}`),
    ...taps.map((tap) => `tap ${tap}`),
    ...providers.map((name) => `provider ${name}`),
  ];
}

/** The grants that these words say. */
export function grantsOfWords(words: readonly GrantWords[]): Grants {
  const grants: Record<string, unknown> = {};
  for (const { kind, scope } of words) {
    const before = grants[kind];
    grants[kind] = Array.isArray(before) && Array.isArray(scope) ? [...before, ...scope] : scope;
  }
  return grants as Grants;
}
