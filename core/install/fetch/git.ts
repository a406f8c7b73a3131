/**
 * One commit of a git repository. Fetching may use the user's own settings, to reach it; unpacking uses nobody's, so that no
 * hook, filter or link of the repository does anything.
 */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { GantryError } from "../../contract/errors.ts";
import type { ProgramEnd } from "../../contract/program-run.ts";
import type { FetchedSource, FetchParts } from "../fetch.ts";
import { fetchTimeoutMs, maxFetchedBytes, maxFetchedFiles, mebibytes } from "../limits.ts";
import type { ParsedSpec } from "../spec.ts";
import { bareGitEnv, gitEnv } from "./child-env.ts";
import { installDependencies } from "./dependencies.ts";
import { tooLargeError } from "./tree-size.ts";

type GitSpec = Extract<ParsedSpec, { kind: "git" }>;

const harmless = [
  ...[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.symlinks=false",
    "core.attributesFile=/dev/null",
    "core.bare=false",
  ],
  ...[
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "core.autocrlf=false",
    "gc.auto=0",
  ],
  ...["credential.interactive=false", "advice.detachedHead=false", "maintenance.auto=false", "core.protectNTFS=true"],
].flatMap((setting) => ["-c", setting]);

export async function fetchGit(spec: GitSpec, parts: FetchParts): Promise<Pick<FetchedSource, "folder" | "resolved">> {
  const store = path.join(parts.scratch, "repository");
  const folder = path.join(parts.scratch, "plugin");
  await mkdir(folder);
  await git(["init", "--quiet", "--bare", "--template=", store], bareGitEnv(parts.env), parts);
  const commit = await fetchCommit(spec, store, parts);
  const inStore = ["--git-dir", store, "--work-tree", folder];
  await requireSmall(commit, inStore, parts);
  await git([...inStore, "checkout", "--quiet", "--force", commit, "--", "."], bareGitEnv(parts.env), parts);
  await installDependencies(folder, parts);
  return { folder, resolved: commit };
}

async function fetchCommit({ url, ref, local }: GitSpec, store: string, parts: FetchParts): Promise<string> {
  const env = gitEnv(parts.env, local ? "file" : url.startsWith("http:") ? "http:https:ssh" : "https:ssh");
  const fetch = ["--git-dir", store, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance"];
  const one = await tryGit([...fetch, "--depth=1", "--", url, ref ?? "HEAD"], env, parts);
  if (one.exitCode === 0) return commitOf("FETCH_HEAD", store, parts);
  // Not every server hands out a commit by its name, and a short one can only be looked up.
  const all = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
  const whole = await tryGit([...fetch, "--", url, ...all], env, parts);
  if (whole.exitCode !== 0) throw failed(`git could not fetch ${url}`, whole);
  return commitOf(ref ?? "HEAD", store, parts).catch(() => {
    throw failed(`${url} has no branch, tag or commit ${ref ?? "HEAD"}`, one);
  });
}

async function commitOf(name: string, store: string, parts: FetchParts): Promise<string> {
  const args = ["--git-dir", store, "rev-parse", "--verify", "--end-of-options", `${name}^{commit}`];
  return (await git(args, bareGitEnv(parts.env), parts)).stdout.trim();
}

/** Before anything is unpacked: sizes stand in the tree. */
async function requireSmall(commit: string, inStore: string[], parts: FetchParts): Promise<void> {
  const list = await tryGit([...inStore, "ls-tree", "-r", "-l", "-z", commit], bareGitEnv(parts.env), parts);
  if (list.cut) throw tooLargeError(`The list of files of commit ${commit.slice(0, 12)} does not end`);
  if (list.exitCode !== 0) throw failed(`git could not list commit ${commit}`, list);
  const sizes = list.stdout.split("\0").map((row) => Number(/^\d+ \w+ [0-9a-f]+ +(\d+)\t/.exec(row)?.[1] ?? 0));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.length <= maxFetchedFiles && bytes <= maxFetchedBytes) return;
  throw tooLargeError(`Commit ${commit.slice(0, 12)} has ${sizes.length - 1} files and ${mebibytes(bytes)}`);
}

async function git(args: string[], env: Record<string, string>, parts: FetchParts): Promise<ProgramEnd> {
  const end = await tryGit(args, env, parts);
  if (end.exitCode !== 0) throw failed("git failed", end);
  return end;
}

function tryGit(args: string[], env: Record<string, string>, { run, scratch, signal }: FetchParts): Promise<ProgramEnd> {
  const bounds = { timeoutMs: fetchTimeoutMs, maxBytes: 16 * 1_048_576 };
  return run(["git", ...harmless, ...args], { cwd: scratch, env, signal, ...bounds });
}

function failed(what: string, { stderr, timedOut, notStarted }: ProgramEnd): GantryError {
  const why = notStarted ?? (timedOut ? `it took more than ${fetchTimeoutMs / 1000} seconds` : stderr.trim().slice(-1_000));
  return new GantryError("PLUGIN_FETCH_FAILED", `${what}: ${why}`);
}
