/** npm as a child process: it knows registries, tarballs, integrity and how packages fit together; scripts and git are taken from it. */
import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { GantryError } from "../../contract/errors.ts";
import type { FetchParts } from "../fetch.ts";
import { fetchTimeoutMs } from "../limits.ts";
import { npmEnv } from "./child-env.ts";

const flags = [
  ...["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress", "--no-color", "--no-workspaces"],
  // An author's `gantry` is this product, whatever a registry has of that name; other peers are for the author to depend on.
  ...["--legacy-peer-deps", "--omit=dev", "--omit=peer", "--package-lock", "--save", "--no-global", "--no-bin-links"],
  // A repository's own .npmrc can name another git and so run it, in spite of --ignore-scripts.
  ...[
    "--allow-git=none",
    "--git=false",
    "--no-install-links",
    "--loglevel=error",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-timeout=60000",
  ],
];
const shown = 2_000;

/** In the folder `cwd`, whose package.json is ours. PLUGIN_FETCH_FAILED with npm's own words. */
export async function runNpm(args: readonly string[], cwd: string, { run, signal, env }: FetchParts): Promise<void> {
  const childEnv = npmEnv(env);
  const npm = await findNpm(childEnv["PATH"] ?? "");
  const end = await run([...npm, "install", ...flags, ...args], {
    ...{ cwd, env: childEnv, timeoutMs: fetchTimeoutMs, maxBytes: 1_048_576, signal },
  });
  if (end.exitCode === 0 && !end.timedOut) return;
  if (end.notStarted !== undefined) throw new GantryError("PLUGIN_FETCH_FAILED", `npm could not be started: ${end.notStarted}`);
  const why = end.timedOut
    ? `it took more than ${fetchTimeoutMs / 1000} seconds`
    : saidBy(end.stderr) || `it ended with ${end.exitCode}`;
  throw new GantryError("PLUGIN_FETCH_FAILED", `npm could not fetch ${args.at(-1) ?? "the packages"}: ${why.slice(0, shown)}`);
}

/** npm's own lines, without its marks and the place of its log. */
function saidBy(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.replace(/^npm (error|warn) ?/i, "").trim());
  return lines.filter((line) => line !== "" && !/complete log of this run|^\S+\.log$/.test(line)).join("\n  ");
}

async function findNpm(PATH: string): Promise<[string, ...string[]]> {
  const beside = path.join(path.dirname(await realpath(process.execPath)), "../lib/node_modules/npm/bin/npm-cli.js");
  if (await isFile(beside)) return [process.execPath, beside];
  for (const folder of PATH.split(path.delimiter).filter((one) => path.isAbsolute(one))) {
    const found = await realpath(path.join(folder, "npm")).catch(() => undefined);
    // Run with this Node.js: the one on PATH may be too old for it.
    if (found?.endsWith("npm-cli.js")) return [process.execPath, found];
    if (found !== undefined && (await isFile(found))) return [found];
  }
  throw new GantryError("PLUGIN_FETCH_FAILED", "npm is neither beside this Node.js nor on PATH; packages come through it");
}

function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
