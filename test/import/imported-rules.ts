/** What Gantry decides under the rules of imported findings: with what takes the place of a rule that it refuses. */
import path from "node:path";
import type { Policy } from "../../core/permission/approval.ts";
import { runPermissionTests } from "../../core/permission/explanation.ts";
import { type Behavior, parseRules, type RuledTool } from "../../core/permission/rules/rules.ts";
import type { ConfigChange, Finding } from "../../plugins/import/findings.ts";

export type Verdict = Behavior;

const toolList: readonly RuledTool[] = [
  { name: "Read", effect: "reads", subject: { kind: "path", field: "file_path" } },
  { name: "Glob", effect: "reads", subject: { kind: "path", field: "path", glob: "pattern" } },
  { name: "Grep", effect: "reads", subject: { kind: "path", field: "path" } },
  { name: "Write", effect: "writes", subject: { kind: "path", field: "file_path" } },
  { name: "Edit", effect: "writes", subject: { kind: "path", field: "file_path" } },
  { name: "Bash", effect: "runs", subject: { kind: "command", field: "command" } },
];

export interface Ground {
  workspace: string;
  home: string;
  outputDir: string;
}

/** Rules that are written: those refused are replaced, and asserted to have something in their place unless they allow. */
export function rulesOf(findings: readonly Finding[]): Record<Behavior, string[]> {
  const rules: Record<Behavior, string[]> = { allow: [], ask: [], deny: [] };
  for (const { becomes = [], otherwise, what } of findings) {
    const wanted = isRight(becomes) ? becomes : (otherwise ?? []);
    if (wanted !== becomes && wanted.length === 0 && becomes.some(({ key }) => key !== "permissions.allow"))
      throw new Error(`nothing takes the place of ${what}`);
    if (!isRight(wanted)) throw new Error(`Gantry refuses what takes the place of ${what}: ${JSON.stringify(wanted)}`);
    for (const { key, value } of wanted) {
      const behavior = /^permissions\.(allow|ask|deny)$/.exec(key)?.[1] as Behavior | undefined;
      if (behavior !== undefined) rules[behavior].push(...(value as string[]));
    }
  }
  return rules;
}

function isRight(changes: readonly ConfigChange[]): boolean {
  return changes.every(({ key, value }) => {
    const behavior = /^permissions\.(allow|ask|deny)$/.exec(key)?.[1] as Behavior | undefined;
    if (behavior === undefined) return true;
    const lines = (value as string[]).map((rule) => ({ behavior, rule, source: "test", base: "/" }));
    return parseRules(lines, toolList, ["docs"]).problems.every(({ message }) => /not in this build/.test(message));
  });
}

/** Of each call. In the mode default. */
export async function decided(findings: readonly Finding[], calls: readonly string[], ground: Ground): Promise<Verdict[]> {
  const { allow, ask, deny } = rulesOf(findings);
  const lines = Object.entries({ allow, ask, deny }).flatMap(([behavior, rules]) =>
    rules.map((rule) => ({ behavior: behavior as Behavior, rule, source: "test", base: ground.workspace })),
  );
  const { rules } = parseRules(lines, toolList, ["docs"]);
  const policy: Policy = {
    mode: "default",
    modeSource: "default",
    rules,
    workspace: ground.workspace,
    additionalDirs: [],
    outputDir: ground.outputDir,
    home: ground.home,
    configHome: path.join(ground.home, "settings/gantry"),
    stateHome: path.join(ground.home, "records/gantry"),
    hookScripts: [],
    approve: "prompt",
  };
  const tests = calls.map((call) => ({ call, expect: "allow" as const, source: "test" }));
  const results = await runPermissionTests(tests, { policy, tools: toolList, cwd: ground.workspace, servers: ["docs"] });
  return results.map(({ got }) => got);
}

const rank: Readonly<Record<Verdict, number>> = { allow: 0, ask: 1, deny: 2 };

/** The strictest; undefined of none. */
export function strictest(verdicts: readonly Verdict[]): Verdict | undefined {
  return [...verdicts].sort((one, other) => rank[other] - rank[one])[0];
}

/**
 * Why the verdict is looser than what the source says, or undefined. `before` is the verdict without any rule: what goes ahead in
 * Gantry anyway must still not be what the source asks about. A deny may be a question where a finding says so.
 */
export function looser(
  { source, gantry, before }: { source: Verdict | undefined; gantry: Verdict; before: Verdict },
  findings: readonly Finding[],
): string | undefined {
  if (gantry === "allow" && source !== undefined && source !== "allow") return `${source} became allow`;
  if (gantry === "allow" && before !== "allow" && source !== "allow") return "what nothing allowed is allowed";
  const isTold = findings.some(({ what, result, becomes = [] }) => {
    return (
      (result === "weaker" || result === "stricter") &&
      what.startsWith("deny") &&
      becomes.some(({ key }) => key === "permissions.ask")
    );
  });
  if (source === "deny" && gantry === "ask" && !isTold) return "deny became ask, and no finding says so";
  return undefined;
}
