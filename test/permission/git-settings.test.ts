/** Repositories whose own settings start a program when git only reads: real ones, whose program leaves a mark when it runs. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, chmod, cp, mkdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gitObjection } from "../../core/permission/files/git-settings.ts";
import { type Folders, makeFolders, put, start } from "./start.ts";

const run = promisify(execFile);
let folders: Folders & { remove(): Promise<void> };
let marker: string;
let mark: string;

beforeAll(async () => {
  folders = await makeFolders();
  mark = join(folders.root, "ran");
  marker = await put(join(folders.root, "marker"), `#!/bin/sh\ntouch ${mark}\n`);
  await chmod(marker, 0o755);
});
afterAll(() => folders.remove());

async function git(cwd: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, HOME: folders.home, GIT_CONFIG_NOSYSTEM: "1" };
  return (await run("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd, env })).stdout;
}

let count = 0;
async function repository(): Promise<string> {
  const path = join(folders.workspace, `repository-${++count}`);
  await mkdir(path);
  await git(path, "init", "-q", "-b", "main");
  await writeFile(join(path, "a.txt"), "a\n");
  await git(path, "add", ".");
  await git(path, "commit", "-qm", "one");
  return realpath(path);
}

/** Git is run as a shell line would be: with nothing that keeps the repository's settings from it. */
async function leavesMark(cwd: string, args: readonly string[]): Promise<boolean> {
  await rm(mark, { force: true });
  await git(cwd, ...args).catch(() => undefined);
  return existsSync(mark);
}

const verdictOf = async (workspace: string, line: string) =>
  (await start({ folders: { ...folders, workspace } }).approve("Bash", line)).verdict;

async function config(path: string, text: string): Promise<string> {
  await appendFile(join(path, ".git/config"), text.replaceAll("MARKER", marker));
  return path;
}

async function withAttributes(text: string, attribute: string): Promise<string> {
  const path = await config(await repository(), text);
  await writeFile(join(path, ".gitattributes"), `* ${attribute}\n`);
  await writeFile(join(path, "a.txt"), "b\n");
  return path;
}

/** What the repository is, and a read of git that its setting hijacks. */
const hostile: Record<string, { make(): Promise<string>; reads: readonly string[] }> = {
  "core.fsmonitor": { make: async () => config(await repository(), "[core]\n\tfsmonitor = MARKER\n"), reads: ["status"] },
  "a section on one line": { make: async () => config(await repository(), "[core] fsmonitor = MARKER\n"), reads: ["status"] },
  "a section in capitals": { make: async () => config(await repository(), "[CORE]\nFsMonitor = MARKER\n"), reads: ["status"] },
  "a file that is included": {
    async make() {
      const path = await config(await repository(), "[include]\n\tpath = ../more\n");
      await writeFile(join(path, "more"), `[core]\nfsmonitor = ${marker}\n`);
      return path;
    },
    reads: ["status"],
  },
  "a filter": { make: () => withAttributes('[filter "x"]\n\tclean = MARKER\n', "filter=x"), reads: ["status"] },
  "the hook of the index": {
    async make() {
      const path = await repository();
      await cp(marker, join(path, ".git/hooks/post-index-change"));
      await writeFile(join(path, "b.txt"), "b\n");
      await run("touch", ["-d", "2001-01-01", join(path, "a.txt")]);
      return path;
    },
    reads: ["status"],
  },
  "a repository within, with settings of its own": {
    async make() {
      const path = await repository();
      await mkdir(join(path, "sub"));
      await git(join(path, "sub"), "init", "-q");
      await git(join(path, "sub"), "commit", "-q", "--allow-empty", "-m", "x");
      await git(path, "add", "sub");
      await config(join(path, "sub"), "[core]\n\tfsmonitor = MARKER\n");
      return path;
    },
    reads: ["status"],
  },
  "a folder that is itself a repository": {
    async make() {
      const path = await repository();
      await rename(join(path, ".git"), join(path, "x"));
      await appendFile(join(path, "x/config"), `[core]\n\tbare = false\n\tworktree = ..\n\tfsmonitor = ${marker}\n`);
      return join(path, "x");
    },
    reads: ["status"],
  },
  "a .git that is a file": {
    async make() {
      const path = await config(await repository(), "[core]\n\tfsmonitor = MARKER\n");
      await rename(join(path, ".git"), join(path, "x"));
      await writeFile(join(path, ".git"), "gitdir: x\n");
      return path;
    },
    reads: ["status"],
  },
  "a worktree's own settings": {
    async make() {
      const path = await config(await repository(), "[extensions]\n\tworktreeConfig = true\n");
      await writeFile(join(path, ".git/config.worktree"), `[core]\nfsmonitor = ${marker}\n`);
      return path;
    },
    reads: ["status"],
  },
  "the program that checks signatures": {
    async make() {
      const path = await config(await repository(), "[log]\n\tshowSignature = true\n[gpg]\n\tprogram = MARKER\n");
      const commit = (await git(path, "cat-file", "commit", "HEAD")).replace(
        "\n\n",
        "\ngpgsig -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----\n\n",
      );
      await writeFile(join(path, "commit"), commit);
      const id = (await git(path, "hash-object", "-t", "commit", "-w", "commit")).trim();
      await git(path, "update-ref", "refs/heads/main", id);
      return path;
    },
    reads: ["log"],
  },
};

describe("a hostile repository", () => {
  test.each(Object.entries(hostile))(
    "with %s: git would run its program, and its read is asked",
    async (_name, { make, reads }) => {
      const path = await make();
      expect(await leavesMark(path, reads)).toBe(true);
      expect(await gitObjection(path)).toEqual(expect.any(String));
      expect(await verdictOf(path, `git ${reads.join(" ")}`)).toBe("deny");
    },
  );
});

test("in a repository that sets nothing strange git reads are reads, also below its folder, and start nothing", async () => {
  const path = await repository();
  await mkdir(join(path, "below"));
  await config(
    path,
    '[remote "origin"]\n\turl = https://example.com/x.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch "main"]\n\tremote = origin\n',
  );
  for (const line of [
    "git status",
    "git status --short",
    "git --no-pager log --oneline -5",
    "git branch -a",
    "git diff --stat",
    "git rev-parse HEAD",
    "ls && git status",
  ]) {
    expect([line, await verdictOf(path, line)]).toEqual([line, "allow"]);
    expect([line, await verdictOf(join(path, "below"), line)]).toEqual([line, "allow"]);
  }
  expect(await leavesMark(path, ["status"])).toBe(false);
});

test("a read of git is asked where it does more, shows what files hold, or stands beside what changes files", async () => {
  const path = await repository();
  for (const line of [
    ...[
      "git diff",
      "git show",
      "git log -p",
      "git log --output=x",
      "git -c core.pager=x log",
      "git -C .. status",
      "git branch x",
      "git tag x",
      "git stash",
      "git diff --no-index --stat / .",
    ],
    ...[
      "cd . && git status",
      "sh -c 'cd below; git log'",
      "git status > out",
      "tar xf a.tar; git status",
      "GIT_DIR=x git status",
      "git status $X",
      "./git status",
      "git log --format=%G?",
      "git config -l",
    ],
  ]) {
    expect([line, await verdictOf(path, line)]).toEqual([line, "deny"]);
  }
});
