/**
 * Config files changed under a session. Loaded again with the same flags; what is wrong, not trusted, or denied by a judge on
 * config.change leaves the old config in force and says why. Of a config that waits for trust, deny and ask rules hold at
 * once, beside the old ones: they need none. A judge cannot hold off what a managed file says.
 */
import type { LoadedConfig, RuleLine } from "../config/loaded.ts";
import { problemLine } from "../config/problems.ts";
import { needsTrust } from "../config/usable.ts";
import { configProblems } from "./config-problems.ts";
import { messageOf } from "./contract/errors.ts";
import type { ConfigSource } from "./contract/host.ts";
import { isObject, type Json } from "./contract/messages.ts";
import type { LiveConfigOptions, ReadyConfig, Reload, ReloadingSession } from "./live-config.ts";

interface Reloading extends ReloadingSession, Pick<LiveConfigOptions, "hooks" | "manifests" | "makeReady"> {
  reload(): Promise<LoadedConfig>;
  now: ReadyConfig;
  seen: LoadedConfig;
  files: string[];
  /** Allow rules that this process wrote itself. */
  remembered: readonly string[];
}

interface Met {
  /** The newest that was loaded. */
  seen: LoadedConfig;
  /** What counts from now on; absent: the old one stays. */
  ready?: ReadyConfig;
  /** Absent when nothing of it differs. */
  told: Reload | undefined;
}

export async function reloadConfig(options: Reloading): Promise<Met> {
  const { reload, now, seen, files } = options;
  let next: LoadedConfig;
  try {
    next = await reload();
  } catch (error) {
    return { seen, told: { files, keys: [], taken: false, reason: messageOf(error) } };
  }
  const keys = changedKeys(now.config, next, options.remembered);
  const facts = { files: files.length === 0 ? await now.config.changedSince() : files, keys };
  try {
    const wrong = await wrongWith(next, options);
    if (wrong !== undefined) return { seen: next, told: { ...facts, taken: false, reason: wrong } };
    const untrusted = await untrustedIn(next, options);
    if (untrusted !== undefined) return await restrict(next, { untrusted, files: facts.files }, options);
    const against = keys.length === 0 ? undefined : await denied(facts, options);
    if (against !== undefined) return { seen: next, told: { ...facts, taken: false, reason: against } };
    const ready = await options.makeReady(next);
    return { seen: next, ready, told: keys.length === 0 ? undefined : { ...facts, taken: true, ...later(keys) } };
  } catch (error) {
    return { seen: next, told: { ...facts, taken: false, reason: messageOf(error) } };
  }
}

/** The restricting half of a config whose other half waits: without a rule that is new, all of it waits. */
async function restrict(
  next: LoadedConfig,
  { untrusted, files }: { untrusted: string; files: string[] },
  options: Reloading,
): Promise<Met> {
  const { now } = options;
  const known = new Set(now.ruleLines.map(ruleKey));
  const added = next.ruleList.filter((line) => line.behavior !== "allow" && !known.has(ruleKey(line)));
  if (added.length === 0) return { seen: next, told: { files, keys: [], taken: false, reason: untrusted } };
  const keys = [...new Set(added.map(({ behavior }) => `permissions.${behavior}`))].sort();
  const against = await denied({ files, keys }, options);
  if (against !== undefined) return { seen: next, told: { files, keys, taken: false, reason: against } };
  const ready = { ...now, ruleLines: [...now.ruleLines, ...added] };
  return { seen: next, ready, told: { files, keys, taken: true, reason: untrusted } };
}

const ruleKey = ({ behavior, rule, base }: RuleLine): string => JSON.stringify([behavior, rule, base]);

/** What a session that is open, or a runtime with its plugins, has settled for itself. */
function later(keys: readonly string[]): Pick<Reload, "reason"> {
  const isOf = (key: string, names: readonly string[]): boolean =>
    names.some((name) => key === name || key.startsWith(`${name}.`));
  const session = keys.filter((key) => isOf(key, ["model", "sandbox"]));
  const run = keys.filter((key) => isOf(key, ["plugins", "isolation", "mcpServers"]));
  const reasons = [
    ...(session.length === 0 ? [] : [`${session.join(", ")}: from the next session on`]),
    ...(run.length === 0 ? [] : [`${run.join(", ")}: from the next run of gantry on`]),
  ];
  return reasons.length === 0 ? {} : { reason: reasons.join("; ") };
}

async function wrongWith(next: LoadedConfig, { manifests, check }: Reloading): Promise<string | undefined> {
  const problems = (await configProblems(next, manifests)).filter(({ severity }) => severity !== "warning");
  if (problems.length > 0) return problems.map(problemLine).join("\n");
  check(next);
  return undefined;
}

async function untrustedIn(next: LoadedConfig, { now }: Reloading): Promise<string | undefined> {
  // `--trust` was for what stood there when it was typed; only a recorded trust knows what came since.
  const isNew = next.trust.parts.filter(({ what }) => !now.config.trust.parts.some((part) => part.what === what));
  const isTyped = isNew.length > 0 && needsTrust(await next.host().trust("status"));
  if (needsTrust(next.trust) || isTyped) {
    const parts = (isTyped ? isNew : next.trust.parts).map(({ what, source }) => `${what} (${source})`).join(", ");
    return `the project's own parts wait for gantry trust grant: ${parts}`;
  }
  return undefined;
}

async function denied({ files, keys }: Pick<Reload, "files" | "keys">, options: Reloading): Promise<string | undefined> {
  const { hooks, sessionId, now, signal } = options;
  const layers = await layersOf(files, now.config);
  const ruling = await hooks.judge("config.change", { sessionId, files, layers, keys }, { signal });
  if (ruling.verdict !== "deny" || layers.includes("managed")) return undefined;
  return `${ruling.by}: ${ruling.reason ?? "no reason given"}`;
}

/** A script of the project's hooks is the project's. */
async function layersOf(files: readonly string[], config: LoadedConfig): Promise<ConfigSource["layer"][]> {
  const paths = await config.host().paths();
  return files.map((file) => (paths.find(({ path }) => path === file)?.layer ?? "project") as ConfigSource["layer"]);
}

/** Dotted keys, lists whole; where only places or comments differ, none. Hooks are compared as they are declared. */
function changedKeys(before: LoadedConfig, after: LoadedConfig, remembered: readonly string[]): string[] {
  const [old, fresh] = [flat(before, remembered), flat(after, remembered)];
  const keys = new Set([...old.keys(), ...fresh.keys()]);
  return [...keys].filter((key) => old.get(key) !== fresh.get(key)).sort();
}

function flat({ config, hookList }: LoadedConfig, remembered: readonly string[]): Map<string, string> {
  const { hooks: _declared, ...rest } = config;
  const found = new Map<string, string>();
  const walk = (value: Json | undefined, key: string): void => {
    if (isObject(value)) {
      for (const [name, below] of Object.entries(value)) walk(below, key === "" ? name : `${key}.${name}`);
    } else if (value !== undefined) found.set(key, JSON.stringify(value));
  };
  walk(rest as unknown as Json, "");
  const { allow, ask, deny } = config.permissions;
  // Sets: their order decides nothing.
  found.set("permissions.allow", setText([...allow, ...remembered]));
  found.set("permissions.ask", setText(ask));
  found.set("permissions.deny", setText(deny));
  for (const { event } of hookList) {
    const declared = hookList.filter((hook) => hook.event === event).map(({ matcher, handler }) => [matcher, handler]);
    found.set(`hooks.${event}`, JSON.stringify(declared));
  }
  return found;
}

function setText(rules: readonly string[]): string {
  return JSON.stringify([...new Set(rules)].sort());
}
