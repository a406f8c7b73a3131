import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchSource } from "../../core/install/fetch.ts";
import { bundleFolder, runProgram } from "../support/bundle-folder.ts";

let folder: string;
let source: string;
let env: Record<string, string | undefined>;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-git-")));
  source = path.join(folder, "source");
  await mkdir(path.join(folder, "home"));
  await mkdir(source);
  env = { PATH: process.env["PATH"], HOME: path.join(folder, "home") };
  await git("init", "--quiet", "--initial-branch=main");
  await commit({ "package.json": '{"name":"notes","version":"1.0.0"}', "index.ts": "export default { name: 'notes' };" });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function git(...args: string[]): Promise<string> {
  const own = { ...env, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  const who = ["-c", "user.name=me", "-c", "user.email=me@example.com"];
  return (await promisify(execFile)("git", [...who, ...args], { cwd: source, env: own })).stdout.trim();
}

/** The commit's name. */
async function commit(files: Record<string, string>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(source, name)), { recursive: true });
    await writeFile(path.join(source, name), text);
  }
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "more");
  return git("rev-parse", "HEAD");
}

const fetched = (spec: string) =>
  fetchSource(spec, {
    cwd: folder,
    scratch: path.join(folder, "scratch"),
    run: runProgram,
    signal: AbortSignal.timeout(60_000),
    env,
  });

test("a branch, a tag, a commit, its short name and no ref lead to one commit each", async () => {
  const first = await git("rev-parse", "HEAD");
  await git("tag", "v1");
  const second = await commit({ "index.ts": "export default { name: 'second' };" });
  const bare = path.join(folder, "notes.git");
  await git("clone", "--quiet", "--bare", source, bare);
  const refs = { "": second, "#main": second, "#v1": first, [`#${first}`]: first, [`#${first.slice(0, 9)}`]: first };
  for (const [ref, wanted] of Object.entries(refs)) {
    expect(await fetched(`./notes.git${ref}`)).toMatchObject({ kind: "git", resolved: wanted });
  }
  const found = await fetched(`git+file://${bare}#v1`);
  expect((await bundleFolder(found.folder)).source).toContain('"notes"');
  expect(await readdir(found.folder)).toEqual(["index.ts", "package.json"]);
}, 60_000);

test("a ref that is not there, and a repository that is not there, say what git said", async () => {
  await expect(fetched(`git+file://${source}#gone`)).rejects.toMatchObject({
    code: "PLUGIN_FETCH_FAILED",
    message: expect.stringContaining("has no branch, tag or commit gone"),
  });
  await expect(fetched(`git+file://${folder}/none.git#main`)).rejects.toMatchObject({ code: "PLUGIN_FETCH_FAILED" });
}, 60_000);

test("hooks, filters, links and submodules of a repository do nothing, whatever the user's settings say of filters", async () => {
  const mark = path.join(folder, "ran");
  const global = `[filter "evil"]\n\tsmudge = touch ${mark}; cat\n\tclean = cat\n[core]\n\thooksPath = ${folder}/hooks\n`;
  await writeFile(path.join(folder, "home", ".gitconfig"), global);
  for (const hook of ["post-checkout", "reference-transaction", "post-index-change", "post-merge"]) {
    await mkdir(path.join(folder, "hooks"), { recursive: true });
    await writeFile(path.join(folder, "hooks", hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
  }
  await git("config", "filter.evil.smudge", `touch ${mark}; cat`);
  const { symlink } = await import("node:fs/promises");
  await symlink("/etc/passwd", path.join(source, "secret.ts"));
  await git("update-index", "--add", "--cacheinfo", `160000,${await git("rev-parse", "HEAD")},sub`);
  await commit({
    ".gitattributes": "* filter=evil\n",
    ".gitmodules": `[submodule "sub"]\n\tpath = sub\n\turl = ext::sh -c "touch% ${mark}"\n`,
    "index.ts": 'import * as secret from "./secret.ts"; export default secret;',
  });
  const found = await fetched(`git+file://${source}#main`);
  await expect(stat(mark)).rejects.toMatchObject({ code: "ENOENT" });
  expect(await readFile(path.join(found.folder, "secret.ts"), "utf8")).toBe("/etc/passwd");
  await expect(bundleFolder(found.folder)).rejects.toMatchObject({ code: "PLUGIN_BUILD_FAILED" });
}, 60_000);

test("a repository cannot name its registry, nor have its scripts run", async () => {
  const mark = path.join(folder, "ran");
  const scripts = Object.fromEntries(
    ["preinstall", "install", "postinstall", "prepare"].map((name) => [name, `touch ${mark}`]),
  );
  await commit({
    "package.json": JSON.stringify({
      name: "notes",
      version: "1.0.0",
      scripts,
      dependencies: { one: "1" },
      devDependencies: { two: "1" },
    }),
    ".npmrc": `registry=http://127.0.0.1:9/\ngit=touch ${mark}\nignore-scripts=false\n`,
  });
  env["npm_config_registry"] = "http://127.0.0.1:1/";
  await expect(fetched(`git+file://${source}#main`)).rejects.toMatchObject({
    code: "PLUGIN_FETCH_FAILED",
    message: expect.stringContaining("127.0.0.1:1/"),
  });
  await expect(stat(mark)).rejects.toMatchObject({ code: "ENOENT" });
}, 60_000);

test("a commit that is too large is refused before it is unpacked", async () => {
  const blob = await git("hash-object", "-w", path.join(source, "index.ts"));
  const list = Array.from({ length: 20_001 }, (_, i) => `100644 blob ${blob}\tf${i}`).join("\n");
  await writeFile(path.join(folder, "list"), `${list}\n`);
  const made = (
    await promisify(execFile)("sh", ["-c", `git mktree < ${path.join(folder, "list")}`], {
      cwd: source,
      env: env as NodeJS.ProcessEnv,
    })
  ).stdout.trim();
  const large = await git("commit-tree", made, "-m", "large");
  await git("branch", "large", large);
  await expect(fetched(`git+file://${source}#large`)).rejects.toMatchObject({
    code: "PLUGIN_TOO_LARGE",
    message: expect.stringContaining("20001 files"),
  });
}, 60_000);

test.each(["package.json", "package-lock.json", "npm-shrinkwrap.json"])(
  "a folder whose %s is a link writes nothing where it leads",
  async (name) => {
    const plugin = path.join(folder, "linked");
    const kept = path.join(folder, "home/kept.json");
    const text = '{"name":"notes","version":"1.0.0","dependencies":{"missing-package":"^1.0.0"}}';
    await mkdir(plugin);
    await writeFile(path.join(plugin, "package.json"), text);
    await writeFile(kept, text);
    await rm(path.join(plugin, name), { force: true });
    await symlink(kept, path.join(plugin, name));
    await expect(fetched(plugin)).rejects.toThrow(`${name} is a link`);
    expect(await readFile(kept, "utf8")).toBe(text);
  },
);
