/** What the OS sandbox is told to keep to: the same folders, secrets and rules that calls are decided by, as plain data. */
import path from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import type { Confinement } from "../workers/processes.ts";
import type { SandboxNetwork, SandboxPolicy } from "../workers/sandbox-messages.ts";
import { realPathOf } from "./permission/files/confined-path.ts";
import { guardedPatterns } from "./permission/files/guarded-files.ts";
import { secretPaths } from "./permission/files/secret-files.ts";
import { parseDomain } from "./permission/patterns/domain-pattern.ts";
import { groupsOf, type PathBases } from "./permission/patterns/path-specifier.ts";
import { type Behavior, parseRuleText, type Rule, type RuleLine } from "./permission/rules/rules.ts";

interface PolicySource {
  config: Pick<LoadedConfig, "config" | "project" | "paths" | "ruleList" | "hookScripts">;
  rules: readonly Rule[];
  outputDir: string;
  /** The user's home folder. */
  home: string;
}

/** The source is asked before each line: rules may change meanwhile. */
export function confinementOf(mode: Confinement["mode"], source: () => PolicySource): Confinement {
  return { mode, policy: () => sandboxPolicy(source()) };
}

async function sandboxPolicy({ config, rules, outputDir, home: givenHome }: PolicySource): Promise<SandboxPolicy> {
  const { paths, project, ruleList, hookScripts } = config;
  const real = (folders: readonly string[]) => Promise.all(folders.map((folder) => realPathOf(path.resolve(folder))));
  const [[home = givenHome, output = outputDir], roots, own] = await Promise.all([
    real([givenHome, outputDir]),
    real([project, ...config.config.permissions.additionalDirectories]),
    real([paths.configHome, paths.stateHome, path.join(paths.dataHome, "plugins")]),
  ]);
  const [configHome = "", stateHome = "", plugins = ""] = own;
  const bases: PathBases = { home, workspace: roots[0] ?? project, roots };
  const ruled = (behavior: Behavior, tool: string) => groupsOfRules(rules, { behavior, tool, bases });
  const guarded = guardedPatterns();
  return {
    roots: [...new Set(roots)],
    writable: [output],
    unreadable: [configHome, stateHome],
    // What decides about calls is run outside, by the next call.
    unwritable: [plugins, ...hookScripts],
    home,
    hidden: ruled("deny", "Read"),
    secrets: [secretPaths([...new Set([givenHome, home])])],
    opened: ruled("allow", "Read"),
    guarded: [
      ...roots.map((base) => ({ base, patterns: guarded.names })),
      { base: home, patterns: guarded.atHome },
      ...ruled("deny", "Edit"),
    ],
    network: networkOf(ruleList),
  };
}

function groupsOfRules(
  rules: readonly Rule[],
  { behavior, tool, bases }: { behavior: Behavior; tool: string; bases: PathBases },
): { base: string; patterns: string[] }[] {
  return rules.flatMap(({ behavior: own, tool: name, match, base }) =>
    own === behavior && name === tool && match.kind === "path"
      ? groupsOf(match.specifier, base, bases).map((group) => ({ base: group.base, patterns: [...group.patterns] }))
      : [],
  );
}

/**
 * `WebFetch(domain:HOST)` opens, closes, or with ask closes too: a program cannot wait for an answer. What the sandbox has no
 * word for (a star inside a name) opens nothing, and as a deny closes everything.
 */
function networkOf(lines: readonly Pick<RuleLine, "behavior" | "rule">[]): SandboxNetwork {
  const network: SandboxNetwork = { allowed: [], denied: [] };
  for (const { behavior, rule } of lines) {
    const parts = parseRuleText(rule.trim());
    if (typeof parts === "string" || parts.tool !== "WebFetch") continue;
    const host = hostOf(parts.specifier);
    if (behavior !== "allow") network.denied.push(host ?? "*");
    else if (host !== undefined) network.allowed.push(host);
  }
  return { allowed: [...new Set(network.allowed)], denied: [...new Set(network.denied)] };
}

/** One host or all below one; undefined for all others. */
function hostOf(specifier: string | undefined): string | undefined {
  const parsed = specifier === undefined ? undefined : parseDomain(specifier, "WebFetch");
  if (parsed === undefined || typeof parsed === "string") return undefined;
  const { host } = parsed;
  // The sandbox takes no star above a top-level name: it would open half the world.
  return /^(?:\*\.(?=[^.]+\.))?[^*]+$/.test(host) ? host : undefined;
}
