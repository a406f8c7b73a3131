import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FetchedSource, fetchSource } from "../../core/install/fetch.ts";
import { bundleFolder, runProgram } from "../support/bundle-folder.ts";
import { type RawEntry, writeTarball } from "../support/raw-tarball.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "gantry-tarball-"));
  await mkdir(path.join(folder, "home"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const own = { name: "package/package.json", content: '{"name":"notes","version":"1.0.0","main":"index.js"}' };

async function fetched(...entries: RawEntry[]): Promise<FetchedSource> {
  const file = path.join(folder, "notes.tgz");
  await writeTarball(file, entries);
  return fetchSource(file, {
    ...{ cwd: folder, scratch: path.join(folder, "scratch"), run: runProgram, signal: AbortSignal.timeout(60_000) },
    env: { PATH: process.env["PATH"], HOME: path.join(folder, "home"), npm_config_registry: "http://127.0.0.1:9/" },
  });
}

test("names that lead out of the package are not followed", async () => {
  const evil = `gantry-evil-${process.pid}`;
  const names = [`package/../../../../../../../../../../tmp/${evil}`, `/tmp/${evil}`, `package/../../../${evil}`, `../${evil}`];
  await fetched(
    own,
    { name: "package/index.js", content: "export default {};" },
    ...names.map((name) => ({ name, content: "evil" })),
  );
  await expect(stat(path.join("/tmp", evil))).rejects.toMatchObject({ code: "ENOENT" });
  expect((await readdir(folder)).sort()).toEqual(["home", "notes.tgz", "scratch"]);
}, 60_000);

test("links of a package are not unpacked: what they lead to is not read", async () => {
  await writeFile(path.join(folder, "secret.js"), 'export default "leak";');
  const secret = path.join(folder, "secret.js");
  const found = await fetched(
    own,
    {
      name: "package/index.js",
      content: 'import one from "./soft.js"; import two from "./hard.js"; import "./dir/secret.js"; export default [one, two];',
    },
    { name: "package/soft.js", linkTo: secret },
    { name: "package/hard.js", linkTo: secret, hard: true },
    { name: "package/dir", linkTo: folder },
    { name: "package/dir/planted.js", content: "planted" },
  );
  const error: unknown = await bundleFolder(found.folder).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "PLUGIN_BUILD_FAILED" });
  expect((error as Error).message).not.toContain("leak");
  await expect(stat(path.join(folder, "planted.js"))).rejects.toMatchObject({ code: "ENOENT" });
}, 60_000);

test("a small tarball that unpacks to hundreds of MiB is refused, and npm is ended", async () => {
  await expect(fetched(own, { name: "package/zeros", content: 300 * 1_048_576 })).rejects.toMatchObject({
    code: "PLUGIN_TOO_LARGE",
    message: expect.stringContaining("at most 20000 files and 200.0 MiB"),
  });
}, 60_000);

test("a tarball that is none says so", async () => {
  await writeFile(path.join(folder, "bad.tgz"), "not a tarball");
  const bad = fetchSource("./bad.tgz", {
    ...{ cwd: folder, scratch: path.join(folder, "scratch"), run: runProgram, signal: AbortSignal.timeout(60_000) },
    env: { PATH: process.env["PATH"], HOME: path.join(folder, "home") },
  });
  await expect(bad).rejects.toMatchObject({
    code: "PLUGIN_FETCH_FAILED",
    message: expect.stringMatching(/TAR_BAD_ARCHIVE|Unrecognized archive/),
  });
}, 60_000);
