import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { putVersion } from "../../core/plugin-store/changes.ts";
import { readInstalled, sourceOf } from "../../core/plugin-store/installed.ts";
import { filesIn } from "../plugin-store/store-of.ts";
import { runChild, supportFile } from "../support/children.ts";
import { pluginVersion } from "../support/plugin-versions.ts";

async function emptyPlace() {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-store-two-")));
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  return { dataHome: path.join(root, "data"), project: path.join(root, "work") };
}

const child = (place: { dataHome: string; project: string }, what: string, name: string, shell?: string) =>
  runChild(
    [supportFile("plugin-store-child.ts"), what, place.dataHome, place.project, name],
    shell === undefined ? {} : { shell },
  );

test("processes that install at once each have their plugin in the end", async () => {
  const place = await emptyPlace();
  const names = ["a", "b", "c", "d", "e", "f"];
  const scopes = ["install", "project-install"];
  const ended = await Promise.all(names.map((name, at) => child(place, scopes[at % 2] ?? "", name)));
  expect(ended.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(names.map(() => [0, ""]));
  expect(readInstalled(place).map(({ name, state }) => [name, state])).toEqual(names.map((name) => [name, "ready"]));
  expect((await filesIn(place)).filter((file) => /lock\.(?!json)|tmp|staging/.test(file))).toEqual([]);
});

test("of two that install the same plugin at once, one wins and the other is told", async () => {
  const place = await emptyPlace();
  const ended = await Promise.all([child(place, "install", "notes"), child(place, "install", "notes")]);
  expect(ended.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
  expect(ended.map(({ stderr }) => stderr).join("")).toContain("PLUGIN_STORE_FAILED");
  expect(readInstalled(place).map(({ state }) => state)).toEqual(["ready"]);
});

test("a full disk fails an update, and what was installed works on", async () => {
  const place = await emptyPlace();
  await putVersion(place, pluginVersion({ code: `"${"x".repeat(200_000)}"` }));
  const before = await filesIn(place);
  const [old] = readInstalled(place);
  const { exitCode, stderr } = await runChild(
    [supportFile("plugin-store-child.ts"), "big-update", place.dataHome, place.project],
    { shell: "trap '' XFSZ; ulimit -f 300; exec" },
  );
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("PLUGIN_STORE_FAILED")]);
  const [now] = readInstalled(place);
  expect([now, await filesIn(place)]).toEqual([old, before]);
  if (now === undefined) throw new Error("notes is gone");
  await sourceOf({ name: now.name, bundleFile: now.bundleFile, sha512: now.lock.sha512 });
});
