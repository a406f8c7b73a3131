/** Which files are meant by what is written after `parity run`: paths first, then names of what ships; bounded, and no link is followed. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { codeOf, messageOf } from "gantry/errors";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { findScenarios } from "../../plugins/parity/scenario/find.ts";
import { walkFiles } from "../../plugins/parity/scenario/walk.ts";
import { writeFiles } from "../support/cli.ts";

let cwd = "";
beforeEach(async () => {
  cwd = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-find-")));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const shipped = ["hook_one", "hook_two", "scenarios_of_ours"].map((name) => [`shipped/${name}.scenario.yaml`, ""]);
  await writeFiles(cwd, Object.fromEntries(shipped));
});

const find = async (...words: string[]): Promise<string[]> => {
  const options = { shipped: path.join(cwd, "shipped"), cwd };
  return await findScenarios(words, options).then(
    (files) => files.map((file) => path.relative(cwd, file)),
    (error: unknown) => [`${codeOf(error)}: ${messageOf(error)}`],
  );
};

test("a path that is there wins over names that begin so; without one, names and beginnings are what ships", async () => {
  expect(await find("hook")).toEqual(["shipped/hook_one.scenario.yaml", "shipped/hook_two.scenario.yaml"]);
  expect(await find("scenarios")).toEqual(["shipped/scenarios_of_ours.scenario.yaml"]);
  await writeFiles(cwd, { "scenarios/mine.scenario.yaml": "", "hook_one/mine.scenario.yaml": "" });
  expect(await find("scenarios")).toEqual(["scenarios/mine.scenario.yaml"]);
  expect(await find("hook_one", "scenarios/mine.scenario.yaml")).toEqual([
    "hook_one/mine.scenario.yaml",
    "scenarios/mine.scenario.yaml",
  ]);
});

test("what is here and holds no scenario is told with what ships of that name; nothing is told apart from all else that is wrong", async () => {
  await mkdir(path.join(cwd, "hook"));
  await writeFiles(cwd, { "mine.yaml": "" });
  await promisify(execFile)("mkfifo", [path.join(cwd, "pipe.scenario.yaml")]);
  expect(await find("hook", "mine.yaml", "pipe.scenario.yaml", "hok_one", "./none")).toEqual([
    [
      "SCENARIO_UNKNOWN: hook is a folder here without any *.scenario.yaml, and 2 scenarios that ship begin so: hook_one, hook_two.",
      "mine.yaml is a file here, and a scenario's file ends with .scenario.yaml.",
      "pipe.scenario.yaml is no regular file.",
      "There is no scenario hok_one, and none that begins so. Did you mean hook_one?",
      "./none is no scenario file, and no folder with any *.scenario.yaml in it.",
    ].join("\n"),
  ]);
  expect(await find("hook_", "")).toEqual(["USAGE_INVALID: SCENARIO is empty; name a scenario, a file or a folder"]);
});

test("a folder is gone through without its links, hidden folders and modules, and no further than the bounds", async () => {
  const inside = ["a", "deep/er/b", "node_modules/m/c", ".git/d", "skipped/node_modules/e"];
  await writeFiles(cwd, Object.fromEntries(inside.map((name) => [`own/${name}.scenario.yaml`, ""])));
  await symlink("..", path.join(cwd, "own/deep/up"));
  await symlink("a.scenario.yaml", path.join(cwd, "own/linked.scenario.yaml"));
  await mkdir(path.join(cwd, "own/folder.scenario.yaml"));
  expect(await find("own")).toEqual(["own/a.scenario.yaml", "own/deep/er/b.scenario.yaml"]);
  const bounds = { ending: ".yaml", mostFiles: 10, mostEntries: 100, skips: () => false };
  const own = path.join(cwd, "own");
  expect((await walkFiles(own, bounds)).isCut).toBe(false);
  expect(await walkFiles(own, { ...bounds, mostFiles: 2 })).toMatchObject({ files: { length: 2 }, isCut: true });
  expect((await walkFiles(own, { ...bounds, mostEntries: 5 })).isCut).toBe(true);
});
