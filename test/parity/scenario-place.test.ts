/** What commands of parity write beside verdicts: places of scenarios, folders for temporary files, files for their user. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { codeOf, messageOf } from "gantry/errors";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Scenario } from "../../plugins/parity/scenario/format.ts";
import { eventsSince, markLogs } from "../../plugins/parity/scenario/log-events.ts";
import { fillWorkspace, makeWorkspace } from "../../plugins/parity/scenario/workspace.ts";
import { makeTempFolder } from "../../plugins/parity/temp-folder.ts";
import { checkTarget, createFile, replaceFile } from "../../plugins/parity/whole-file.ts";

let folder = "";
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-place-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

const failed = async (promise: Promise<unknown>): Promise<string> =>
  await promise.then(
    () => "done",
    (error: unknown) => `${codeOf(error)}: ${messageOf(error)}`,
  );

test("a file that cannot be laid out is a failure at its place, and all others are laid out", async () => {
  const long = "n".repeat(300);
  const files = { a: "x", "a/b": "y", ".git": "z", [long]: "", "sub/c": "c" };
  const scenario = { name: "odd", files, home: { ".config": "a file" }, config: {}, project: {} } as unknown as Scenario;
  const workspace = await makeWorkspace(scenario, { cache: undefined });
  onTestFinished(() => workspace.remove());
  const failures = await fillWorkspace(scenario, workspace);
  expect(failures.map(({ place, what, found }) => [place.join(" "), what, found?.split(":")[0]])).toEqual([
    ["files a/b", "a/b cannot be laid out", "EEXIST"],
    ["files .git", ".git cannot be laid out", "EISDIR"],
    [`files ${long}`, `${long} cannot be laid out`, "ENAMETOOLONG"],
    ["config", "config cannot be laid out", "ENOTDIR"],
  ]);
  expect(await readdir(workspace.folder)).toEqual([".git", "a", "gantry.config.json", "sub"]);
});

test("a folder for temporary files that is not there is an error that names TMPDIR", async () => {
  vi.stubEnv("TMPDIR", path.join(folder, "none"));
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await failed(makeTempFolder("gantry-x-"))).toMatch(
    /^OUTPUT_FAILED: no folder can be made in .*\/none, where .*ENOENT.*\. Set TMPDIR to a folder that is there and can be written\.$/,
  );
});

test("a file for the user is whole or not there: what cannot be replaced is told before, and a torn one is taken away", async () => {
  const at = (name: string): string => path.join(folder, name);
  await mkdir(at("sub"));
  await writeFile(at("old"), "old");
  await symlink("old", at("link"));
  expect(await failed(checkTarget(at("none/a")))).toMatch(/^OUTPUT_FAILED: .*none\/a cannot be written: the folder .* ENOENT/);
  expect(await failed(checkTarget(at("old/a")))).toContain("is no folder");
  expect(await failed(checkTarget(at("sub")))).toContain("cannot be written: it is a folder");
  expect(await failed(checkTarget(at("link")))).toContain("it is a link, and links are not followed here");
  expect([await failed(checkTarget(at("old"))), await failed(checkTarget(at("new")))]).toEqual(["done", "done"]);
  await replaceFile(at("old"), "new");
  expect([await readFile(at("old"), "utf8"), await failed(createFile(at("old"), "x"))]).toEqual([
    "new",
    expect.stringContaining("EEXIST"),
  ]);
  // Not what a file can hold, as a full disk would have it.
  expect(await failed(createFile(at("torn"), {} as string))).not.toBe("done");
  expect(await failed(replaceFile(at("sub"), "x"))).toContain("EISDIR");
  expect(await readdir(folder)).toEqual(["link", "old", "sub"]);
});

test("what is no regular file among the logs is no log: neither a named pipe nor a link keeps the player waiting", async () => {
  await promisify(execFile)("mkfifo", [path.join(folder, "pipe.jsonl")]);
  await symlink("/dev/zero", path.join(folder, "zero.jsonl"));
  const mark = await markLogs(folder);
  await writeFile(path.join(folder, "a.jsonl"), `${JSON.stringify({ type: "input", at: "1", data: {} })}\n`);
  expect([...mark.keys(), ...(await eventsSince(mark, folder))]).toEqual([{ type: "input", at: "1", data: {} }]);
});
