/**
 * What all decisions of one session stand on, made once: real folders, compiled rules, the secrets table, and the reach
 * that a call has when its approval names nothing beyond it.
 */
import { basename } from "node:path";
import type { HiddenPaths, Reach } from "../contract/execution.ts";
import { hiddenIn, isInside, realPathOf } from "./files/confined-path.ts";
import { secretPaths } from "./files/secret-files.ts";
import type { Mode } from "./modes.ts";
import { compilePatterns, type PathTest } from "./patterns/path-pattern.ts";
import { groupsOf, type PathBases } from "./patterns/path-specifier.ts";
import { indexRules, type RuleIndex } from "./rule-index.ts";
import { concerns } from "./rule-match.ts";
import type { ReadyRule, Rule, RuledTool } from "./rules/rule.ts";

export interface Policy {
  mode: Mode;
  /** `file:line`, a flag, or `default`. */
  modeSource: string;
  rules: readonly Rule[];
  workspace: string;
  additionalDirs: readonly string[];
  /** This session's tool-output folder: always readable; need not exist yet. */
  outputDir: string;
  home: string;
  /** Gantry's folders of config and of state, which need not exist. */
  configHome: string;
  stateHome: string;
  /** Real paths of files that hooks start: whoever edits one changes what runs unasked. */
  hookScripts: readonly string[];
  approve: "always" | "never" | "prompt";
}

export interface Ground {
  home: string;
  workspace: string;
  /** The workspace and the added folders, real. */
  writable: readonly string[];
  /** Those, and the tool output. */
  roots: readonly string[];
  /** Gantry's folders of config and of state, as given and real: edits of what is below are never taken for granted. */
  own: readonly string[];
  hookScripts: readonly string[];
  bases: PathBases;
  deny: RuleIndex;
  ask: RuleIndex;
  allow: RuleIndex;
  isSecret: PathTest;
  /** Whether searches do not show it, and a read of it must therefore be approved by name. */
  hides: PathTest;
  /** Whether something restricts single shell lines: then no undecided line goes unasked. */
  restrictsLines: boolean;
  /** Whether a deny or ask rule names paths, or edits of any: then no redirection to a file that nobody knows goes unasked. */
  restrictsPaths: boolean;
  reach: Reach;
}

const edits: RuledTool = { name: "Edit", effect: "writes", subject: { kind: "path", field: "file_path" } };

export async function layGround(policy: Policy): Promise<Ground> {
  const [workspace, home, outputDir, ...added] = await Promise.all(
    [policy.workspace, policy.home, policy.outputDir, ...policy.additionalDirs].map((path) => realPathOf(path)),
  );
  if (workspace === undefined || home === undefined || outputDir === undefined) throw new TypeError("a folder is missing");
  const given = [policy.configHome, policy.stateHome];
  const own = [...new Set([...given, ...(await Promise.all(given.map((path) => realPathOf(path))))])];
  const writable = [...new Set([workspace, ...added])];
  const bases: PathBases = { home, workspace, roots: writable };
  const secrets = secretPaths([...new Set([policy.home, home])]);
  const ready = async (behavior: Rule["behavior"]) =>
    Promise.all(policy.rules.filter((rule) => rule.behavior === behavior).map((rule) => readyRule(rule, bases)));
  const [deny, ask, allow, isSecret] = await Promise.all([
    ready("deny"),
    ready("ask"),
    ready("allow"),
    compilePatterns(secrets, { strict: true }),
  ]);
  const roots = [...new Set([...writable, outputDir])];
  const reach: Reach = { workspace, roots, approved: [], hidden: [secrets, ...hiddenByRules(policy.rules, bases)] };
  return {
    home,
    workspace,
    writable,
    roots,
    own,
    hookScripts: policy.hookScripts,
    bases,
    deny: indexRules(deny),
    ask: indexRules(ask),
    allow: indexRules(allow),
    isSecret,
    hides: await hiddenIn(reach),
    restrictsLines: [...deny, ...ask].some(({ rule }) => rule.match.kind === "command"),
    restrictsPaths: [...deny, ...ask].some(({ rule }) => rule.match.kind === "path" || isAboutEdits(rule)),
    reach,
  };
}

/** Of a rule without a path: it speaks of the files that programs change as well as of those that tools change. */
function isAboutEdits(rule: Rule): boolean {
  return rule.match.kind === "tool" && concerns(rule, edits);
}

/** Compiled for what the rule does: what restricts is compared without regard to case and Unicode form. */
export async function readyRule(rule: Rule, bases: PathBases): Promise<ReadyRule> {
  if (rule.match.kind !== "path") return { rule };
  const strict = rule.behavior !== "allow";
  const { specifier } = rule.match;
  const tests = await Promise.all(groupsOf(specifier, rule.base, bases).map((group) => compilePatterns(group, { strict })));
  const below: PathTest = (path) => tests.some((test) => test(path));
  if (specifier.anchor !== "roots") return { rule, path: below };
  // Outside the roots a bare name means the file's own name; folders above are nobody's business.
  const named = await compilePatterns({ base: "/", patterns: [specifier.pattern] }, { strict });
  const isOutside = (path: string) => !bases.roots.some((root) => isInside(root, path));
  return { rule, path: (path) => below(path) || (isOutside(path) && named(`/${basename(path)}`)) };
}

/**
 * What no search shows: paths that Read rules deny, and those that they ask for, which a search of a folder above would
 * otherwise hand out unasked. Ask rules for everything are left out: the search itself is asked then.
 */
function hiddenByRules(rules: readonly Rule[], bases: PathBases): HiddenPaths[] {
  const hidden: HiddenPaths[] = [];
  for (const { behavior, tool, match, base } of rules) {
    if (behavior === "allow" || tool !== "Read" || match.kind !== "path") continue;
    if (behavior === "ask" && match.specifier.isEverything) continue;
    for (const group of groupsOf(match.specifier, base, bases))
      hidden.push({ base: group.base, patterns: [...group.patterns] });
  }
  return hidden;
}
