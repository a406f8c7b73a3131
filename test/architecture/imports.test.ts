import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importProblems } from "../../scripts/check/imports.ts";
import { problemsIn } from "../../scripts/check/state.ts";

const root = join(import.meta.dirname, "../..");

/** [file, what it says, the rules it breaks]. The files are planted in a copy of the sources, one cruise for all. */
const planted: [file: string, text: string, rules: string[]][] = [
  ["core/contract/planted-fs.ts", 'import "node:fs";', ["node: fs", "node: in contract"]],
  ["core/contract/planted-type.ts", 'export type { Hooks } from "../hooks.ts";', ["room: contract"]],
  ["core/permission/planted.ts", 'import "../session/log.ts";', ["room: permission"]],
  ["core/session/planted.ts", 'import "../turn/turn.ts";', ["room: session"]],
  ["core/turn/planted.ts", 'import "../../workers/pool.ts";', ["room: turn"]],
  ["core/testing/planted.ts", 'import "../hooks.ts";', ["room: testing"]],
  ["core/shell/planted.ts", 'import "../../plugins/files/index.ts";', ["room: composition"]],
  ["workers/planted.ts", 'import "../config/load.ts";', ["room: workers"]],
  ["workers/inside/planted.ts", 'import "../pool.ts";', ["room: inside a thread"]],
  ["config/planted.ts", 'import "../core/runtime.ts";', ["room: config"]],
  ["plugins/files/planted-other.ts", 'import "../tasks/index.ts";', ["plugin: only itself and gantry/*"]],
  ["plugins/files/planted-core.ts", 'import "../../core/contract/errors.ts";', ["plugin: the core by its public name"]],
  ["plugins/files/planted-testing.ts", 'import "gantry/testing";', ["plugin: gantry/testing is for scripted, demo and parity"]],
  ["plugins/files/planted-node.ts", 'import "node:os";', ["node: in plugins/[^/]+"]],
  ["plugins/anthropic/planted-node.ts", 'import "node:fs";', ["node: fs", "node: in plugins/anthropic"]],
  ["core/planted-tapable.ts", 'export const lazily = () => import("tapable");', ["package: tapable"]],
  ["config/planted-unlisted.ts", 'import "fast-check";', ["package: unlisted"]],
  ["config/planted-processes.ts", 'import "node:child_process";', ["node: child_process"]],
  // A cycle is told once, from one of its files.
  ["core/session/planted-a.ts", 'import { b } from "./planted-b.ts";\nexport const a = () => b;', ["no cycles"]],
  ["core/session/planted-b.ts", 'import { a } from "./planted-a.ts";\nexport const b = () => a;', []],
  ["core/session/planted-lost.ts", 'import "./nowhere.ts";', ["everything resolves"]],
  ["test/shell/planted.ts", 'import "../../workers/pool.ts";', ["room: test/shell"]],
  ["test/planted/planted.ts", 'import "../../core/hooks.ts";', ["room: unknown test folder"]],
  ["core/planted-harmless.ts", 'import "./hooks.ts";\nimport "node:path";', []],
];
const unseen = "core/turn/planted-unseen.ts";

let copy: string;
let problems: string[];

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "gantry-imports-"));
  for (const name of ["core", "workers", "plugins", "config", "package.json", "tsconfig.json"]) {
    await cp(join(root, name), join(copy, name), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  for (const [file, text] of [...planted, [unseen, ""] as const]) {
    await mkdir(join(copy, file, ".."), { recursive: true });
    await writeFile(join(copy, file), text);
  }
  const rules = await readFile(join(root, ".dependency-cruiser.cjs"), "utf8");
  await writeFile(join(copy, ".dependency-cruiser.cjs"), rules.replace('"^dist/|', '"planted-unseen|^dist/|'));
  problems = await importProblems(copy);
});

afterAll(() => rm(copy, { recursive: true, force: true }));

test.each(planted)("the import check reads %s and judges it", (file, _text, rules) => {
  const found = problems
    .filter((problem) => problem.includes(`: ${file} → `))
    .map((problem) => problem.slice(0, problem.indexOf(`: ${file}`)));
  expect(found.sort()).toEqual(rules);
});

test("a file that the import check did not read is a problem of its own", () => {
  expect(problems).toContain(`not read: ${unseen}`);
});

test("the state check finds state at the top of a module, and what belongs to the outermost rooms", () => {
  const text =
    "let count = 0;\nconst seen = new Map();\nconst table = new Map([[1, 2]]);\nif (process.env.X) console.log(1);\nprocess.exit(1);";
  expect(problemsIn("core/turn/x.ts", text)).toEqual([
    "core/turn/x.ts:1: a variable at the top of a module",
    "core/turn/x.ts:2: an empty collection at the top of a module: it can only be filled later",
    "core/turn/x.ts:4: process.env belongs to core/shell, bin and config/load",
    "core/turn/x.ts:4: console.log belongs to core/shell, bin and config/load",
    "core/turn/x.ts:5: process.exit belongs to core/shell, bin and config/load",
  ]);
  expect(problemsIn("core/shell/x.ts", "process.exit(Number(process.env.X));")).toEqual([]);
});
