/**
 * Loads the config: find the files, read them as data, check everything against the schema, hold back what needs trust,
 * merge. Only importer of cosmiconfig, which is loaded when there is a file to read.
 */
import { basename } from "node:path";
import { codeOf, messageOf } from "../core/contract/errors.ts";
import type { ConfigProblem, TrustStatus } from "../core/contract/host.ts";
import type { JsonObject } from "../core/contract/messages.ts";
import { byDefault, type Entry, entriesOf, type Fragment, fragmentAt, isObject } from "./fragment.ts";
import { createConfigHost } from "./host.ts";
import type { LoadedConfig, LoadOptions, RuleLine } from "./loaded.ts";
import { configOf, type Merged, merge } from "./merge.ts";
import { type ParsedFile, parseFile } from "./parsed-file.ts";
import { isConfigVariable } from "./paths.ts";
import { isPlainlySound } from "./plainly-sound.ts";
import { problemOf } from "./problems.ts";
import { shown } from "./secrets.ts";
import { findSources, type SourceFile, type Sources } from "./sources.ts";
import { createTrustStore, divide } from "./trust.ts";

export type { LoadedConfig, LoadFlags, LoadOptions, RuleLine } from "./loaded.ts";
export { paths } from "./paths.ts";
export { configError, problemLine } from "./problems.ts";

/** CONFIG_NOT_FOUND for `--config`, USAGE_INVALID for a cwd that is not there; all else is in `problems`. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const sources = await findSources(options);
  const problems = [...sources.problems];
  const fragments = [...(await readFiles(sources.files, problems)), ...(await typedFragments(options, sources.cwd, problems))];
  const entries: Entry[] = [];
  for (const fragment of fragments) entries.push(...entriesOf(await checked(fragment, problems), sources.home));
  problems.push(...lockedFlags(entries));

  const inProject = entries.filter(({ from }) => from.layer === "project");
  const lower = configOf(merge(entries.filter(({ from }) => from.layer === "user")));
  const { held, free, parts } = divide(inProject, lower);
  const store = createTrustStore(sources.paths.stateHome, sources.project.root);
  const status = async (): Promise<TrustStatus> => ({ project: sources.project.root, state: await store.state(held), parts });
  const trust = await status();
  if (options.flags.trust === true && held.length > 0) trust.state = "trusted";
  const waiting = trust.state === "trusted" ? [] : held;
  const others = entries.filter(({ from }) => from.layer !== "project");
  const merged = merge([...others, ...free, ...held.filter((entry) => !waiting.includes(entry))]);
  const grant = async (): Promise<void> => await store.grant(held);
  return assemble({ sources, problems, trust, merged, waiting, trusting: { status, grant, revoke: store.revoke } });
}

interface Parts {
  sources: Sources;
  problems: ConfigProblem[];
  trust: TrustStatus;
  merged: Merged;
  waiting: readonly Entry[];
  trusting: { status(): Promise<TrustStatus>; grant(): Promise<void>; revoke(): Promise<boolean> };
}

function assemble({ sources, problems, trust, merged, waiting, trusting }: Parts): LoadedConfig {
  const config = configOf(merged);
  const project = sources.project.root;
  const loaded: Omit<LoadedConfig, "host"> = {
    config,
    project,
    problems,
    trust,
    paths: sources.paths,
    ruleList: rulesOf(merged),
    heldRules: heldRulesOf(waiting),
    sourceOf: (key) => merged.values.get(key)?.[0]?.from ?? merged.lists.get(key)?.at(-1)?.from ?? byDefault,
    explain: async (key) => (await import("./explain.ts")).explain(key, { config, merged, held: waiting }),
    effective: () => shown(config as unknown as JsonObject) as JsonObject,
    rememberAlways: async (rule) => await (await import("./remember.ts")).addAllowRule(sources.localFile(), rule, project),
  };
  const projectFiles = [...sources.project.files, ...sources.project.programs];
  return {
    ...loaded,
    host: () =>
      createConfigHost({
        loaded,
        layerPaths: sources.layerPaths(),
        projectFiles,
        isHome: sources.project.isHome,
        trust: trusting,
      }),
  };
}

function rulesOf(merged: Merged): RuleLine[] {
  return (["allow", "ask", "deny"] as const).flatMap((behavior) =>
    (merged.lists.get(`permissions.${behavior}`) ?? []).map(({ value, from, base }) => ({
      behavior,
      rule: String(value),
      source: from.source,
      base,
    })),
  );
}

function heldRulesOf(waiting: readonly Entry[]): RuleLine[] {
  return waiting
    .filter(({ key }) => key === "permissions.allow")
    .map(({ value, from, base }) => ({ behavior: "allow", rule: String(value), source: from.source, base }));
}

/** The fragment with sound data only; what is not sound becomes problems. */
async function checked(fragment: Fragment, problems: ConfigProblem[]): Promise<Fragment> {
  if (isPlainlySound(fragment.data)) return fragment;
  const { check, withoutFindings } = await import("./check.ts");
  const findings = check(fragment.data);
  problems.push(...findings.map((finding) => problemOf(finding, fragment)));
  return { ...fragment, data: withoutFindings(fragment.data, findings) };
}

/** Variables below flags; `overrides` are the flags that have names of their own. */
async function typedFragments({ env, flags }: LoadOptions, cwd: string, problems: ConfigProblem[]): Promise<Fragment[]> {
  const overrides = (flags.overrides ?? []).map(({ key, value, flag }) =>
    fragmentAt({ layer: "flag", name: flag, base: cwd }, key.split("."), value),
  );
  const hasVariables = Object.keys(env).some(isConfigVariable);
  if (!hasVariables && (flags.set ?? []).length === 0) return overrides;
  const { variablesOf, settingsOf } = await import("./typed-text.ts");
  const variables = variablesOf(env, cwd);
  const settings = settingsOf(flags.set ?? [], cwd);
  problems.push(...variables.problems, ...settings.problems);
  return [...variables.fragments, ...overrides, ...settings.fragments];
}

/** A flag is typed by the one who runs this, now: that a locked key makes it nothing must be said. Lists only grow. */
function lockedFlags(entries: readonly Entry[]): ConfigProblem[] {
  const locks = new Map(
    entries.filter(({ from, isElement }) => from.layer === "managed" && !isElement).map((entry) => [entry.key, entry]),
  );
  return entries.flatMap(({ key, value, from }) => {
    const lock = from.layer === "flag" ? locks.get(key) : undefined;
    if (lock === undefined || lock.value === value) return [];
    const message = `${from.source}: ${key} is locked to ${JSON.stringify(shown(lock.value, key))} by ${lock.from.source}`;
    return [{ code: "CONFIG_LOCKED", message, key }];
  });
}

async function readFiles(files: readonly SourceFile[], problems: ConfigProblem[]): Promise<Fragment[]> {
  if (files.length === 0) return [];
  const read = await openReader();
  const fragments = await Promise.all(files.map(async (file) => await readFragment(file, read, problems)));
  return fragments.flat();
}

async function readFragment({ path, layer, base }: SourceFile, read: Reader, problems: ConfigProblem[]): Promise<Fragment[]> {
  const inManifest = basename(path) === "package.json" && layer === "project";
  try {
    const parsed = await read(path);
    if (parsed === undefined) return [];
    for (const { message, line, column } of parsed.faults) {
      problems.push({ code: "CONFIG_INVALID", message: `${message} (column ${column})`, file: path, line });
    }
    const data = inManifest && isObject(parsed.data) ? parsed.data["gantry"] : parsed.data;
    if (data === undefined) return [];
    const lineOf: Fragment["lineOf"] = (at) => parsed.lineOf(inManifest ? ["gantry", ...at] : at) ?? 1;
    return [{ layer, data, name: path, base, lineOf }];
  } catch (error) {
    // A file may be unreadable, or gone since its name was seen; what is a fault of ours goes on up.
    if (codeOf(error) !== undefined || !(error instanceof Error && "code" in error)) throw error;
    problems.push({ code: "CONFIG_INVALID", message: `this file cannot be read: ${messageOf(error)}`, file: path });
    return [];
  }
}

type Reader = (path: string) => Promise<ParsedFile | undefined>;

/**
 * cosmiconfig reads a file and picks its loader. It runs programs in three ways, and each is closed (test/config/hostile-project.test.ts):
 * its constructor runs `.config/config.js` of the cwd, so it is constructed in a folder of ours; its loaders of .js and .ts
 * run the file, so all loaders are our own; it follows `$import`, so our loaders hand it an object that has no such key.
 */
async function openReader(): Promise<Reader> {
  const { cosmiconfig } = await import("cosmiconfig");
  const load = async (path: string, text: string): Promise<{ parsed: ParsedFile } | { gantry: { parsed: ParsedFile } }> => {
    const parsed = await parseFile(path, text);
    // Of a package.json, cosmiconfig hands over the part below `gantry` and nothing else.
    return basename(path) === "package.json" ? { gantry: { parsed } } : { parsed };
  };
  const refuse = (path: string): never => {
    throw new Error(`${path} is a program and is never run`);
  };
  const loaders = { ".json": load, ".jsonc": load, ".yaml": load, ".yml": load, noExt: load };
  const refusing = Object.fromEntries([".js", ".ts", ".cjs", ".mjs", ".cts", ".mts"].map((ending) => [ending, refuse]));
  const options = { loaders: { ...loaders, ...refusing }, searchPlaces: [], searchStrategy: "none" as const, cache: false };
  const explorer = inOwnFolder(() => cosmiconfig("gantry", options));
  return async (path) => {
    const result = await explorer.load(path);
    if (result?.isEmpty === true) return undefined;
    return (result?.config as { parsed: ParsedFile } | undefined)?.parsed;
  };
}

/** For code that asks for the cwd and returns at once. Not chdir: that moves every thread, and fails in one that is not the main. */
function inOwnFolder<T>(construct: () => T): T {
  const original = process.cwd;
  process.cwd = () => import.meta.dirname;
  try {
    return construct();
  } finally {
    process.cwd = original;
  }
}
