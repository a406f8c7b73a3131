/** From a spec to a folder with a plugin's sources and the packages they need. No script of a package is run on the way. */
import { mkdir, mkdtemp, realpath } from "node:fs/promises";
import path from "node:path";
import type { RunProgram } from "../contract/program-run.ts";
import { fetchFolder } from "./fetch/folder.ts";
import { fetchGit } from "./fetch/git.ts";
import { fetchPackage } from "./fetch/package.ts";
import { watchSize } from "./fetch/tree-size.ts";
import { parseSpec } from "./spec.ts";

export interface FetchedSource {
  /** Absolute and real. Below scratch; for a folder whose packages are there, that folder itself: only to be read. */
  folder: string;
  kind: "folder" | "tarball" | "git" | "npm";
  spec: string;
  /** The folder, the tarball's integrity, the commit, or name@version. */
  resolved: string;
  /** Of a package's tarball, as npm writes it: sha512-…. */
  integrity?: string;
}

export interface FetchOptions {
  /** Relative paths start here. */
  cwd: string;
  /** An existing folder of the caller's, who removes it. */
  scratch: string;
  run: RunProgram;
  signal: AbortSignal;
  /** The user's own; what git and npm see of it is chosen (fetch/child-env.ts). */
  env: Readonly<Record<string, string | undefined>>;
}

/** What fetching one kind needs. */
export interface FetchParts {
  /** Empty, and nobody else's. */
  scratch: string;
  run: RunProgram;
  signal: AbortSignal;
  env: FetchOptions["env"];
}

/** PLUGIN_SPEC_INVALID, PLUGIN_FETCH_FAILED, PLUGIN_TOO_LARGE (200 MiB, 20,000 files). */
export async function fetchSource(
  spec: string,
  { cwd, scratch: base, run, signal, env }: FetchOptions,
): Promise<FetchedSource> {
  const parsed = await parseSpec(spec, { cwd, home: env["HOME"] ?? "/" });
  await mkdir(base, { recursive: true });
  const scratch = await mkdtemp(path.join(await realpath(base), "fetch-"));
  const found = await watchSize(scratch, signal, (watched) => {
    const parts = { scratch, run, signal: watched, env };
    if (parsed.kind === "folder") return fetchFolder(parsed, parts);
    if (parsed.kind === "git") return fetchGit(parsed, parts);
    return fetchPackage(parsed, parts);
  });
  return { ...found, folder: await realpath(found.folder), kind: parsed.kind, spec };
}
