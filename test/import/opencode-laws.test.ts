/** opencode's permissions, read here by its own rule (the last that matches counts), against what Gantry decides after an import. */
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { permissionFindings, rulesOf } from "../../plugins/import/opencode/permissions.ts";
import { decided, type Ground, looser, strictest, type Verdict } from "./imported-rules.ts";

let ground: Ground;
let root: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-import-")));
  ground = { workspace: path.join(root, "work"), home: path.join(root, "home"), outputDir: path.join(root, "out") };
  await mkdir(ground.workspace);
});
afterAll(() => rm(root, { recursive: true }));

type Permission = Record<string, Verdict | Record<string, Verdict>>;

/** `*` is any text, `?` one letter, and a space with a star at the end may be missing. */
function matches(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^]*")
    .replaceAll("?", "[^]");
  const ending = source.endsWith(" [^]*") ? `${source.slice(0, -5)}( [^]*)?` : source;
  return new RegExp(`^${ending}$`).test(text);
}

/** What it does without a word: no config says that, and none of it is imported. */
const standard: [string, string, Verdict][] = [["*", "*", "allow"]];

/** Both readings of the order of keys: as written, and with those that are patterns first. */
function reading(permission: Permission, tool: string, subject: string): Verdict {
  const written = Object.entries(permission);
  const sorted = [...written.filter(([key]) => key.includes("*")), ...written.filter(([key]) => !key.includes("*"))];
  const verdicts = [written, sorted].map((entries) => {
    const rules = entries.flatMap(([key, value]): [string, string, Verdict][] =>
      typeof value === "string"
        ? [[key, "*", value]]
        : Object.entries(value).map(([pattern, action]) => [key, pattern, action]),
    );
    return [...standard, ...rules].findLast(([key, pattern]) => matches(tool, key) && matches(subject, pattern))?.[2] ?? "ask";
  });
  return strictest(verdicts) ?? "ask";
}

const lines = [
  "git status",
  "git push origin main",
  "git push",
  "rm -rf build",
  "npm run build",
  "npm run test:unit",
  "ls",
  "ls -la src",
  "cat src/a.ts",
  "node x.js",
  "git log && rm x",
  "grep -n a b.txt",
  "make",
  "echo a",
];
const files = ["src/a.ts", "src/deep/b.ts", ".env", "config/prod.env", "docs/a.md", "secrets/key.txt", "a b.txt", "README.md"];
const calls = [
  ...lines.map((line) => ({ call: `Bash(${line})`, asked: line.split(" && ").map((each) => ["bash", each] as const) })),
  ...files.map((file) => ({ call: `Edit(${file})`, asked: [["edit", file] as const] })),
  ...files.map((file) => ({ call: `Write(${file})`, asked: [["edit", file] as const] })),
  ...files.map((file) => ({ call: `Read(${file})`, asked: [["read", file] as const] })),
];

const verdict = fc.constantFrom<Verdict>("allow", "ask", "deny");
const commandPattern = fc.constantFrom(
  ...[
    "*",
    "git *",
    "git push *",
    "git push*",
    "git*",
    "rm *",
    "rm -rf *",
    "npm run *",
    "npm run test:*",
    "npm run ????:*",
    "ls*",
    "ls *",
    "* x",
    "*push*",
    "cat *",
    "git status",
    "node *.js",
    'echo "a"',
    "make",
    "ma?e",
    "*",
  ],
);
const pathPattern = fc.constantFrom(
  ...[
    "*",
    "src/*",
    "*.ts",
    "*.env",
    "*.env*",
    "src/*.ts",
    "docs/**",
    "secrets/*",
    "s*/*.ts",
    "*/b.ts",
    "**/key.txt",
    "README.md",
    "?EADME.md",
    "[a]*",
    "src/*/b.ts",
    "*s*",
  ],
);
const permission: fc.Arbitrary<Permission> = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom("*", "bash", "edit", "read", "doc*", "b*"), verdict),
      fc.tuple(fc.constant("bash"), fc.dictionary(commandPattern, verdict, { maxKeys: 5 })),
      fc.tuple(fc.constantFrom("edit", "read"), fc.dictionary(pathPattern, verdict, { maxKeys: 5 })),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((entries) => Object.fromEntries(entries));

test("no imported permission object lets anything go ahead that opencode asks about or denies", async () => {
  const at = () => ({ source: "opencode.json:1", layer: "user" as const });
  const before = await decided(
    [],
    calls.map(({ call }) => call),
    ground,
  );
  await fc.assert(
    fc.asyncProperty(permission, fc.boolean(), async (each, isAlone) => {
      const findings = permissionFindings(rulesOf(each, at), { servers: ["docs"], isAlone });
      const after = await decided(
        findings,
        calls.map(({ call }) => call),
        ground,
      );
      const wrong = calls.flatMap(({ call, asked }, index) => {
        const source = strictest(asked.map(([tool, subject]) => reading(each, tool, subject)));
        const why = looser({ source, gantry: after[index] ?? "deny", before: before[index] ?? "deny" }, findings);
        return why === undefined ? [] : [`${call}: ${why}`];
      });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
