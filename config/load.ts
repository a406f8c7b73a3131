/**
 * Loads the config: find the files, read them as data, check everything against the schema, hold back what needs trust,
 * merge.
 */
import type { ConfigProblem, TrustStatus } from "../core/contract/host.ts";
import type { JsonObject } from "../core/contract/messages.ts";
import type { ClaudeEntries } from "./claude-settings.ts";
import { byDefault, type Entry } from "./fragment.ts";
import type { HookScripts } from "./hook-scripts.ts";
import { createConfigHost } from "./host.ts";
import { hooksOf, isHook, rulesOf, testsOf } from "./lists.ts";
import type { LoadedConfig, LoadOptions } from "./loaded.ts";
import { lockProblems } from "./locks.ts";
import { configOf, type Merged, merge } from "./merge.ts";
import { pluginEntriesOf } from "./plugin-entries.ts";
import { readFiles } from "./read-files.ts";
import { shown } from "./secrets.ts";
import { entriesOfAll } from "./sound-entries.ts";
import { findSources, type Sources } from "./sources.ts";
import { changedPaths, stampsOf } from "./stamps.ts";
import { createTrustStore, divide, trustHash } from "./trust.ts";
import { typedFragments } from "./typed-fragments.ts";

export type { LoadedConfig, LoadFlags, LoadOptions, PermissionTest, RuleLine } from "./loaded.ts";
export { paths } from "./paths.ts";
export { configError, problemLine } from "./problems.ts";

/** CONFIG_NOT_FOUND for `--config`, USAGE_INVALID for a cwd that is not there; all else is in `problems`. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const sources = await findSources(options);
  const stamps = stampsOf(sources.watched());
  const problems = [...sources.problems];
  const fragments = [
    ...(await readFiles(sources.files, problems, options.instead)),
    ...(await typedFragments(options, sources.cwd, problems)),
  ];
  const own = await entriesOfAll(fragments, sources.home, problems);
  const claude = await claudeEntries(own, sources, problems);
  const entries = [...claude.entries, ...own];
  problems.push(...lockProblems([...entries, ...claude.byProject]));

  const inProject = entries.filter(({ from }) => from.layer === "project");
  const lower = configOf(merge(entries.filter(({ from }) => from.layer === "user")));
  const division = divide(inProject, lower);
  const scripts = await scriptsOf(entries, division.held, sources);
  const { held, free } = division;
  const parts = [...division.parts, ...scripts.parts];
  const store = createTrustStore(sources.paths.stateHome, sources.project.root);
  const hash = held.length === 0 ? undefined : trustHash(held, scripts.seals);
  const status = async (): Promise<TrustStatus> => ({ project: sources.project.root, state: await store.state(hash), parts });
  const trust = await status();
  if (options.flags.trust === true && held.length > 0) trust.state = "trusted";
  const isTrusted = trust.state === "trusted";
  const waiting = isTrusted ? [] : [...held, ...claude.byProject];
  const others = entries.filter(({ from }) => from.layer !== "project");
  const merged = merge([...(isTrusted ? claude.byProject : []), ...others, ...free, ...(isTrusted ? held : [])]);
  const grant = async (): Promise<void> => {
    if (hash !== undefined) await store.grant(hash);
  };
  const watched = [stamps, claude.stamps, scripts.stamps];
  return assemble({
    options,
    sources,
    problems,
    trust,
    merged,
    waiting,
    scripts,
    changed: () => watched.flatMap(changedPaths),
    trusting: { status, grant, revoke: store.revoke },
  });
}

interface Parts {
  options: LoadOptions;
  sources: Sources;
  problems: ConfigProblem[];
  trust: TrustStatus;
  merged: Merged;
  waiting: readonly Entry[];
  scripts: Pick<HookScripts, "files" | "changedOf">;
  changed(): string[];
  trusting: { status(): Promise<TrustStatus>; grant(): Promise<void>; revoke(): Promise<boolean> };
}

function assemble({ options, sources, problems, trust, merged, waiting, scripts, changed, trusting }: Parts): LoadedConfig {
  const config = configOf(merged);
  const project = sources.project.root;
  const listed = [...merged.lists.values()].flat();
  const loaded: LoadedConfig = {
    config,
    project,
    problems,
    trust,
    paths: sources.paths,
    ruleList: rulesOf(listed),
    heldRules: rulesOf(waiting),
    hookList: hooksOf(listed),
    heldHooks: hooksOf(waiting),
    hookScripts: scripts.files,
    changedScripts: scripts.changedOf,
    pluginEntries: pluginEntriesOf(listed),
    permissionTests: testsOf(listed),
    changedSince: async () => changed(),
    sourceOf: (key) => merged.values.get(key)?.[0]?.from ?? merged.lists.get(key)?.at(-1)?.from ?? byDefault,
    explain: async (key) => (await import("./explain.ts")).explain(key, { config, merged, held: waiting }),
    effective: () => shown(config as unknown as JsonObject) as JsonObject,
    rememberAlways: async (rule) => await (await import("./remember.ts")).addAllowRule(sources.localFile(), rule, project),
    host: (checks = {}) => createConfigHost({ loaded, sources, options, checks, trust: trusting, merged, load: loadConfig }),
  };
  return loaded;
}

async function claudeEntries(own: readonly Entry[], sources: Sources, problems: ConfigProblem[]): Promise<ClaudeEntries> {
  const wanted = own.filter(({ key }) => key === "claudeSettings");
  if (wanted.length === 0) return { entries: [], byProject: [], stamps: new Map() };
  const { readClaudeSettings } = await import("./claude-settings.ts");
  return await readClaudeSettings(wanted, sources, problems);
}

async function scriptsOf(
  entries: readonly Entry[],
  held: readonly Entry[],
  { project, home, cwd }: Sources,
): Promise<HookScripts> {
  if (!entries.some(isHook)) return { files: [], parts: [], seals: [], stamps: new Map(), changedOf: () => [] };
  const { findHookScripts } = await import("./hook-scripts.ts");
  return await findHookScripts(hooksOf(entries), hooksOf(held), { root: project.root, home, cwd });
}
