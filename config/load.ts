/**
 * Loads the config: find the files, read them as data, check everything against the schema, hold back what needs trust,
 * merge.
 */
import type { ConfigProblem, TrustStatus } from "../core/contract/host.ts";
import type { JsonObject } from "../core/contract/messages.ts";
import { placeIn } from "../core/contract/place.ts";
import type { ClaudeEntries } from "./claude-settings.ts";
import { present } from "./files.ts";
import { byDefault, type Entry } from "./fragment.ts";
import type { HookScripts } from "./hook-scripts.ts";
import { createConfigHost } from "./host.ts";
import { hooksOf, isHook, rulesOf, testsOf } from "./lists.ts";
import type { LoadedConfig, LoadOptions, McpConfig } from "./loaded.ts";
import { lockProblems } from "./locks.ts";
import { configOf, type Merged, merge } from "./merge.ts";
import { pluginEntriesOf } from "./plugin-entries.ts";
import { readFiles } from "./read-files.ts";
import { shown } from "./secrets.ts";
import { isServer, mcpFileName, mcpKey } from "./server-layers.ts";
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
  const written = [...claude.entries, ...(await serverEntries(options, sources, problems)), ...own];
  const entries = await withoutShadows(written, problems);
  problems.push(...lockProblems([...entries, ...claude.byProject]));

  const lower = configOf(merge(entries.filter(({ from }) => from.layer === "user")));
  const ofProject = entries.filter(({ from }) => from.layer === "project");
  const { held, free, parts: asked } = divide(ofProject, lower);
  const scripts = await scriptsOf(entries, held, options, sources);
  const parts = [...asked, ...scripts.parts];
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
  const mcp = await serversOf(merged, waiting, { options, sources, problems });
  const counted = isTrusted ? problems : await withoutUntrusted(problems, sources);
  const watched = [stamps, claude.stamps, scripts.stamps];
  return assemble({
    options,
    sources,
    problems: counted,
    trust,
    merged,
    waiting,
    mcp: { ...mcp, places: placesOf(written, sources) },
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
  mcp: McpConfig & { places: LoadedConfig["mcpPlaces"] };
  scripts: Pick<HookScripts, "files" | "changedOf">;
  changed(): string[];
  trusting: { status(): Promise<TrustStatus>; grant(): Promise<void>; revoke(): Promise<boolean> };
}

function assemble(parts: Parts): LoadedConfig {
  const { options, sources, problems, trust, merged, waiting, mcp, scripts, changed, trusting } = parts;
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
    mcp: { servers: mcp.servers, waiting: mcp.waiting, disabled: mcp.disabled },
    mcpPlaces: mcp.places,
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

/** Of `.mcp.json` and the flag's files. Below what Gantry's own file of the layer says. */
async function serverEntries({ flags }: LoadOptions, sources: Sources, problems: ConfigProblem[]): Promise<Entry[]> {
  const files = flags.mcpConfig ?? [];
  const isThere = present(sources.project.root, [mcpFileName]).length > 0;
  if (files.length === 0 && !isThere) return [];
  const { projectMcpEntries, flagMcpEntries } = await import("./mcp-json.ts");
  return [...(isThere ? await projectMcpEntries(sources, problems) : []), ...(await flagMcpEntries(files, sources, problems))];
}

async function withoutUntrusted(problems: ConfigProblem[], { project }: Sources): Promise<ConfigProblem[]> {
  if (problems.every(({ code }) => code !== "MCP_REQUIRED")) return problems;
  return (await import("./mcp-json.ts")).untilTrusted(problems, project.root);
}

/** What the project calls by the name of one of the user's servers does not count. */
async function withoutShadows(entries: Entry[], problems: ConfigProblem[]): Promise<Entry[]> {
  const layers = new Set(entries.filter(isServer).map(({ from }) => from.layer));
  if (!layers.has("project") || layers.size === 1) return entries;
  return (await import("./mcp-shadows.ts")).withoutShadows(entries, problems);
}

function placesOf(entries: readonly Entry[], { layerPaths }: Sources): LoadedConfig["mcpPlaces"] {
  const servers = entries.filter(isServer);
  if (servers.length === 0) return [];
  const own = new Map(layerPaths().map(({ layer, path }) => [layer, path]));
  return servers.map(({ key, from }) => {
    const isOwnFile = placeIn(from.source)?.file === own.get(from.layer) && /^(?:user|project|local)$/.test(from.layer);
    return { name: key.slice(mcpKey.length), ...from, isOwnFile };
  });
}

/** Nothing of it is loaded where no server is configured. */
async function serversOf(
  merged: Merged,
  held: readonly Entry[],
  { options, sources, problems }: Pick<Parts, "options" | "sources" | "problems">,
): Promise<McpConfig> {
  if (!held.some(isServer) && ![...merged.values.keys()].some((key) => isServer({ key })))
    return { servers: [], waiting: [], disabled: [] };
  const { mcpOf } = await import("./mcp-specs.ts");
  const { toolTimeoutMs } = configOf(merged).limits;
  const { home, project } = sources;
  return await mcpOf({
    ...{ merged, held, home, problems },
    env: options.env,
    project: project.root,
    callTimeoutMs: toolTimeoutMs,
  });
}

async function scriptsOf(
  entries: readonly Entry[],
  held: readonly Entry[],
  { env }: LoadOptions,
  { project, home, cwd }: Sources,
): Promise<HookScripts> {
  const servers = held.filter(isServer);
  if (!entries.some(isHook) && servers.length === 0)
    return { files: [], parts: [], seals: [], stamps: new Map(), changedOf: () => [] };
  const { findHookScripts } = await import("./hook-scripts.ts");
  const places = { root: project.root, home, cwd };
  const started = servers.length === 0 ? [] : (await import("./mcp-started.ts")).startedBy(servers, { ...places, env });
  return await findHookScripts(hooksOf(entries), [...hooksOf(held), ...started], places);
}
