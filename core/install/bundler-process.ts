/**
 * Starts the bundler: a process of its own with bounded memory and time, and where bubblewrap works without a network and
 * with nothing to read but the plugin's folder, the bundler and Node.js.
 */
import { realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { GantryError } from "../contract/errors.ts";
import type { ProgramEnd, RunProgram } from "../contract/program-run.ts";
import { distFolder } from "../dist-folder.ts";
import type { BundleAnswer, BundleRequest } from "./bundler/messages.ts";
import { bundlerMemoryKiB, bundleTimeoutMs, maxBundleBytes } from "./limits.ts";

/** JSON of a bundle that is just too large to be taken, and of its inputs. */
const maxAnswerBytes = 8 * maxBundleBytes;
const stderrShown = 2_000;

interface Parts {
  node: string;
  script: string;
  /** esbuild's own program. */
  esbuild: string;
  /** Folders and files that it needs beside these: where they are, and where they are looked for. */
  reads: [real: string, seen: string][];
}

/** PLUGIN_BUILD_FAILED when there is no answer. */
export async function runBundler(
  request: BundleRequest,
  { run, signal }: { run: RunProgram; signal: AbortSignal },
): Promise<BundleAnswer> {
  const parts = await findParts();
  const start = (argv: [string, ...string[]]) =>
    run(argv, {
      ...{ cwd: "/", env: environment(parts), input: JSON.stringify(request), signal },
      ...{ timeoutMs: bundleTimeoutMs, maxBytes: maxAnswerBytes },
    });
  const confined = process.platform === "linux" ? await start(confinedArgv(parts, request.root)) : undefined;
  if (confined && !isUnconfinable(confined)) return answerOf(confined);
  return answerOf(await start(plainArgv(parts)));
}

function environment({ esbuild }: Parts): Record<string, string> {
  return { PATH: "/usr/bin:/bin", ESBUILD_BINARY_PATH: esbuild, GOMEMLIMIT: "1GiB", GOMAXPROCS: "2" };
}

async function findParts(): Promise<Parts> {
  const script = path.join(distFolder, "bundle-plugin.mjs");
  const require = createRequire(script);
  const [library, zod] = await Promise.all([folderOf("esbuild", require), folderOf("zod", require)]);
  const fromLibrary = createRequire(path.join(library[0], "package.json"));
  const [platform] = await folderOf(`@esbuild/${process.platform}-${process.arch}`, fromLibrary);
  const esbuild = path.join(platform, "bin", "esbuild");
  const files = ["bundle-plugin.mjs", "plugin-modules.json", "package.json"].map((name) => path.join(distFolder, name));
  const alone = [...files, esbuild, library[0], zod[0]].map((file): [string, string] => [file, file]);
  return { node: await realpath(process.execPath), script, esbuild, reads: [...alone, library, zod] };
}

/** Package managers link packages into node_modules: the folder has to be there by both names. */
async function folderOf(name: string, require: NodeJS.Require): Promise<[real: string, seen: string]> {
  for (const folder of require.resolve.paths(name) ?? []) {
    const seen = path.join(folder, name);
    const found = await realpath(path.join(seen, "package.json")).catch(() => undefined);
    if (found !== undefined) return [path.dirname(found), seen];
  }
  throw new GantryError("PLUGIN_BUILD_FAILED", `${name}, which bundles need, is not installed with Gantry: install it again`);
}

/** The shell sets the bound of memory, which bwrap has no flag for, and becomes the program. */
function plainArgv({ node, script }: Parts): [string, ...string[]] {
  return ["/bin/sh", "-c", `ulimit -d ${bundlerMemoryKiB} 2>/dev/null; exec "$@"`, "sh", node, script];
}

function confinedArgv(parts: Parts, root: string): [string, ...string[]] {
  const places = [[parts.node, parts.node], ...parts.reads, [root, root]] as const;
  const readOnly = places.flatMap(([real, seen]) => ["--ro-bind", real, seen]);
  const system = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"].flatMap((file) => ["--ro-bind-try", file, file]);
  return [
    ...(["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"] as const),
    ...[...system, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", ...readOnly, "--chdir", "/"],
    ...plainArgv(parts),
  ];
}

/** bwrap is missing, or may not do here what it is for: it says so before it starts anything. */
function isUnconfinable({ notStarted, exitCode, stdout, stderr }: ProgramEnd): boolean {
  // 126 and 127: Node.js itself cannot be started in there, for it needs libraries from elsewhere.
  if (stdout === "" && (exitCode === 126 || exitCode === 127)) return true;
  return notStarted !== undefined || (exitCode !== 0 && stdout === "" && stderr.startsWith("bwrap: "));
}

function answerOf({ exitCode, stdout, stderr, cut, timedOut, notStarted }: ProgramEnd): BundleAnswer {
  if (exitCode === 0 && !cut) return JSON.parse(stdout) as BundleAnswer;
  const why =
    notStarted ??
    (timedOut
      ? `it took more than ${bundleTimeoutMs / 1000} seconds`
      : cut
        ? `its answer has more than ${maxAnswerBytes} bytes`
        : `it ended with ${exitCode ?? "a signal"}: ${stderr.trim().slice(-stderrShown)}`);
  throw new GantryError("PLUGIN_BUILD_FAILED", `The bundler gave no bundle: ${why}`);
}
