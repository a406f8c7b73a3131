/** Codex's prefix rules, read here by words in order, against what Gantry decides after an import. */
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRules } from "../../plugins/import/codex/rules.ts";
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
  pattern: (string | string[])[];
  decision: "allow" | "prompt" | "forbidden";
}

const verdictOf = { allow: "allow", prompt: "ask", forbidden: "deny" } as const;

/** The strictest of the rules whose words the command begins with. */
function reading(rules: readonly Rule[], command: readonly string[]): Verdict | undefined {
  const fitting = rules.filter(({ pattern }) =>
    pattern.every((word, at) => (typeof word === "string" ? word === command[at] : word.includes(command[at] ?? "\0"))),
  );
  return strictest(fitting.map(({ decision }) => verdictOf[decision]));
}

const lines: (readonly string[])[] = [
  ["git", "push", "origin", "main"],
  ["git", "push"],
  ["git", "status"],
  ["git", "-C", "x", "push"],
  ["git", "commit", "-m", "fix it"],
  ["rm", "-rf", "build"],
  ["/bin/rm", "x"],
  ["npm", "test"],
  ["npm", "run", "test:unit"],
  ["npm", "install", "left-pad"],
  ["ls", "-la"],
  ["cat", "a.txt"],
  ["python3", "-c", "print(1)"],
  ["sudo", "ls"],
  ["make", "all"],
];
const written = (words: readonly string[]) => words.map((word) => (/^[\w./:@-]+$/.test(word) ? word : `'${word}'`)).join(" ");
const calls = lines.map((words) => `Bash(${written(words)})`);

const word = fc.constantFrom(
  "git",
  "push",
  "status",
  "commit",
  "-m",
  "fix it",
  "rm",
  "-rf",
  "npm",
  "run",
  "test",
  "test:unit",
  "test:",
  "ls",
  "cat",
  "python3",
  "-c",
  "sudo",
  "make",
  "$X",
  "*",
  "-C",
  "x",
  "/bin/rm",
  "A=1",
);
const rule: fc.Arbitrary<Rule> = fc.record({
  pattern: fc.array(
    fc.oneof({ weight: 4, arbitrary: word }, { weight: 1, arbitrary: fc.array(word, { minLength: 1, maxLength: 3 }) }),
    { minLength: 1, maxLength: 3 },
  ),
  decision: fc.constantFrom("allow", "prompt", "forbidden"),
});

test("no imported rules file lets anything go ahead that Codex prompts for or forbids", async () => {
  const before = await decided([], calls, ground);
  await fc.assert(
    fc.asyncProperty(fc.array(rule, { minLength: 1, maxLength: 5 }), async (rules) => {
      const text = rules
        .map(({ pattern, decision }) => `prefix_rule(pattern=${JSON.stringify(pattern)}, decision="${decision}")`)
        .join("\n");
      const read = readRules(text, { file: "default.rules", layer: "user" });
      const findings = "findings" in read ? read.findings : expect.fail(read.message);
      const after = await decided(findings, calls, ground);
      const wrong = lines.flatMap((words, index) => {
        const why = looser(
          { source: reading(rules, words), gantry: after[index] ?? "deny", before: before[index] ?? "deny" },
          findings,
        );
        return why === undefined ? [] : [`${calls[index]}: ${why}`];
      });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test.each([
  ["a comma between two texts", 'prefix_rule(pattern=["a" "b"])', 1, "a comma is missing"],
  ["an unknown decision", '\nprefix_rule(pattern=["a"], decision="never")', 2, "must be allow, prompt or forbidden"],
  ["a pattern of nothing", "prefix_rule(pattern=[])", 1, "the pattern must be a list"],
  ["a computed value", 'x = "rm"\nprefix_rule(pattern=[x])', 1, "( was expected"],
  ["a function", "def f():\n  pass", 1, "is not read here"],
  ["an unknown call", 'deny_rule(pattern=["a"])', 1, "no rule that is known"],
  ["an unfinished call", 'prefix_rule(pattern=["a"', 1, "ends in the middle"],
  ["an unfinished text", 'prefix_rule(pattern=["a])', 1, "is not read here"],
  ["a field twice", 'prefix_rule(pattern=["a"], pattern=["b"])', 1, "given twice"],
  ["lists in lists without end", `prefix_rule(pattern=${"[".repeat(1000)}`, 1, "no plain value"],
])("a rules file with %s is broken, with its line", (_, text, line, words) => {
  expect(readRules(text, { file: "x.rules", layer: "user" })).toEqual({ line, message: expect.stringContaining(words) });
});

test("comments, line breaks, raw texts and fields of no meaning are read", () => {
  const text =
    '# one\r\nprefix_rule(\r\n    pattern = [r"git", ["push", \'fetch\'],], # two\r\n    decision = "forbidden",\r\n    justification = """a "reason" """,\r\n    __proto__ = "x",\r\n)\r\n';
  const read = readRules(text, { file: "x.rules", layer: "user" });
  expect(read).toMatchObject({
    findings: [
      {
        source: "x.rules:2",
        result: "exact",
        becomes: [{ key: "permissions.deny", value: ["Bash(git push:*)", "Bash(git fetch:*)"] }],
      },
    ],
  });
});
