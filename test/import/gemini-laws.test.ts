/** Gemini CLI's policies, read here by priority, against what Gantry decides after an import. */
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { policyFindings } from "../../plugins/import/gemini/policies.ts";
import { decided, type Ground, looser, strictest, type Verdict } from "./imported-rules.ts";

let ground: Ground;
let root: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-import-")));
  ground = { workspace: path.join(root, "work"), home: path.join(root, "home"), outputDir: path.join(root, "out") };
  await mkdir(ground.workspace);
});
afterAll(() => rm(root, { recursive: true }));

interface Rule {
  toolName?: string | string[];
  commandPrefix?: string | string[];
  commandRegex?: string;
  decision: "allow" | "deny" | "ask_user";
  priority: number;
  modes?: string[];
}

const verdictOf = { allow: "allow", ask_user: "ask", deny: "deny" } as const;
const standard: Readonly<Record<string, Verdict>> = {
  run_shell_command: "ask",
  write_file: "ask",
  replace: "ask",
  read_file: "allow",
  glob: "allow",
};

/** `isWord`: a prefix ends at a word; else it is the beginning of the text. */
function fits(rule: Rule, tool: string, text: string, isWord: boolean): boolean {
  const list = (value: string | string[] | undefined) => (value === undefined ? [] : [value].flat());
  if (rule.modes !== undefined && !rule.modes.includes("default")) return false;
  const isShell = rule.commandPrefix !== undefined || rule.commandRegex !== undefined;
  if (isShell && tool !== "run_shell_command") return false;
  if (!isShell && !list(rule.toolName).some((name) => name === tool || name === "*")) return false;
  if (rule.commandPrefix !== undefined)
    return list(rule.commandPrefix).some(
      (prefix) => text.startsWith(prefix) && (!isWord || /^(?:\s|"|$)/.test(text.slice(prefix.length))),
    );
  return rule.commandRegex === undefined || new RegExp(`^${rule.commandRegex}`).test(text);
}

function reading(rules: readonly Rule[], tool: string, texts: readonly string[]): Verdict {
  const each = texts.flatMap((text) =>
    [true, false].map((isWord) => {
      const fitting = rules.filter((rule) => fits(rule, tool, text, isWord));
      const highest = Math.max(...fitting.map(({ priority }) => priority));
      return (
        strictest(fitting.filter(({ priority }) => priority === highest).map(({ decision }) => verdictOf[decision])) ??
        standard[tool] ??
        "ask"
      );
    }),
  );
  return strictest(each) ?? "ask";
}

const lines = [
  "git push origin main",
  "git status",
  "gitk",
  "rm -rf /tmp/x",
  "rm -rfv x",
  "npm test",
  "npm run build",
  "ls -la",
  "node a.js",
  "git log && rm x",
  "make",
];
const calls = [
  ...lines.map((line) => ({ call: `Bash(${line})`, tool: "run_shell_command", texts: line.split(" && ") })),
  { call: "Write(a.txt)", tool: "write_file", texts: [""] },
  { call: "Edit(a.txt)", tool: "replace", texts: [""] },
  { call: "Read(a.txt)", tool: "read_file", texts: [""] },
  { call: "Glob(*.ts)", tool: "glob", texts: [""] },
];

const prefix = fc.constantFrom(
  "git",
  "git ",
  "git push",
  "rm",
  "rm -rf",
  "rm -rf /",
  "rm -rf $HOME",
  "npm",
  "npm run",
  "ls",
  "node",
  "make",
  'echo "',
  "test:",
);
const tool = fc.constantFrom(
  "run_shell_command",
  "ShellTool",
  "write_file",
  "replace",
  "read_file",
  "glob",
  "*",
  "mcp_docs_search",
  "web_fetch",
  "nobody_knows",
);
const common = {
  decision: fc.constantFrom<Rule["decision"]>("allow", "deny", "ask_user"),
  priority: fc.integer({ min: 0, max: 5 }),
};
const modes = fc.option(fc.constantFrom(["plan"], ["default", "autoEdit"], ["yolo"]), { nil: undefined });
const rule: fc.Arbitrary<Rule> = fc
  .oneof(
    fc.record({ toolName: fc.oneof(tool, fc.array(tool, { minLength: 1, maxLength: 3 })), modes, ...common }),
    fc.record({
      toolName: fc.constant("run_shell_command"),
      commandPrefix: fc.oneof(prefix, fc.array(prefix, { minLength: 1, maxLength: 2 })),
      modes,
      ...common,
    }),
    fc.record({ commandRegex: fc.constantFrom("git (push|pull)", "rm.*", "npm run \\w+"), ...common }),
  )
  .map((each) => Object.fromEntries(Object.entries(each).filter(([, value]) => value !== undefined)) as unknown as Rule);

test("no imported policy lets anything go ahead that Gemini CLI asks about or denies", async () => {
  const before = await decided(
    [],
    calls.map(({ call }) => call),
    ground,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(rule, { minLength: 1, maxLength: 5 }), async (rules) => {
      const table = { path: "p.toml", data: { rule: rules as never }, lineOf: () => 1 };
      const findings = policyFindings(table, "user");
      if (!Array.isArray(findings)) expect.fail(findings.message);
      const after = await decided(
        findings,
        calls.map(({ call }) => call),
        ground,
      );
      const wrong = calls.flatMap(({ call, tool: name, texts }, index) => {
        // What goes ahead without any rule, as a line that only reads, is no matter of the import where no rule speaks of it.
        const isSpokenOf = texts.some((text) => rules.some((each) => fits(each, name, text, false)));
        const source = isSpokenOf ? reading(rules, name, texts) : undefined;
        const why = looser({ source, gantry: after[index] ?? "deny", before: before[index] ?? "deny" }, findings);
        return why === undefined ? [] : [`${call}: ${why}`];
      });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 80 },
  );
});
