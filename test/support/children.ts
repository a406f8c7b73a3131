/** Real processes of this Node.js that run a file of test/support, for the fault tests. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { publicModules } from "../../scripts/build/bundles.ts";

export const supportFile = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A file of test/support with all that it imports as one file in `folder`: a process of it starts in half the time. */
export async function bundledFile(name: string, folder: string): Promise<string> {
  const outfile = path.join(folder, name.replace(/ts$/, "mjs"));
  await build({
    ...{ entryPoints: [supportFile(name)], outfile, logLevel: "error" },
    ...{ bundle: true, platform: "node", format: "esm", target: "node22" },
    // The sources, as under vitest, and not a bundle that may be older.
    alias: publicModules(fileURLToPath(new URL("../..", import.meta.url))),
  });
  return outfile;
}

/** For the environment of a child that is given no other: what vitest.config.ts sets, so that it need not compile the sources anew. */
export const compileCache = { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "" };

export interface Ended {
  stdout: string;
  stderr: string;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/** Runs to its end. `shell` is put in front: `ulimit -f 8; exec`. */
export async function runChild(
  args: readonly string[],
  options: { env?: Record<string, string>; shell?: string } = {},
): Promise<Ended> {
  const [file, argv] = options.shell
    ? (["sh", ["-c", `${options.shell} "$@"`, "sh", process.execPath, ...args]] as const)
    : ([process.execPath, args] as const);
  const child = spawn(file, argv, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "", ...options.env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const [exitCode, signal] = await once(child, "close");
  return { stdout, stderr, exitCode, signal };
}

/** Runs all, two at a time. */
export async function eachOfTwo<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) await run(item);
  };
  await Promise.all([work(), work()]);
}
