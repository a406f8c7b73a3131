import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { expect, onTestFinished, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const launcher = join(root, "bin/gantry.cjs");

test("a Node.js that is too old gets one clear sentence and exit 2", async () => {
  const pretend = `Object.defineProperty(process, "versions", { value: { node: "16.20.2" } }); require(${JSON.stringify(launcher)})`;
  expect(await run(["-e", pretend])).toEqual({
    exit: 2,
    stdout: "",
    stderr: "gantry: Gantry needs Node.js ^22.18 or >=24, and this is 16.20.2. Install a newer one: https://nodejs.org\n",
  });
});

test("the launcher is written in a syntax that any Node.js can read", async () => {
  const text = await readFile(launcher, "utf8");
  const [old, modern] = await Promise.all([transform(text, { target: "es5" }), transform(text, { target: "esnext" })]);
  expect(old.code).toBe(modern.code);
});

test("--version prints the version of the package and loads nothing", async () => {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const loaded = `process.argv.splice(1, 0, "gantry"); require(${JSON.stringify(launcher)}); console.log(Object.keys(require.cache).length)`;
  expect(await run(["-e", loaded, "--", "--version"])).toEqual({ exit: 0, stdout: `${version}\n1\n`, stderr: "" });
});

test("a build that is missing is said in one sentence with what to run", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gantry-launcher-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "bin"));
  await cp(launcher, join(folder, "bin/gantry.cjs"));
  const { exit, stderr } = await run([join(folder, "bin/gantry.cjs"), "--help"]);
  expect(exit).toBe(2);
  expect(stderr).toBe(`gantry: Gantry is not built: ${join(folder, "dist/cli.cjs")} is missing. Run: npm run build\n`);
});

test("a cache folder that cannot be made costs nothing but time", async () => {
  expect(await run([launcher, "--help"], { XDG_CACHE_HOME: "/dev/null/cache" })).toMatchObject({ exit: 0, stderr: "" });
});

function run(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ exit: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env: { ...process.env, ...env } }, (_error, stdout, stderr) =>
      resolve({ exit: child.exitCode, stdout, stderr }),
    );
  });
}
