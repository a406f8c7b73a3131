import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const setup = join(root, "scripts/setup.cjs");

test("a set-up of what is set up says nothing and ends as its command ends", async () => {
  await run([setup]);
  expect(await run([setup, "node", "-e", "process.exitCode = 7"])).toEqual({ code: 7, signal: null, stdout: "", stderr: "" });
});

test("the command sees the project's own programs first, then the Node.js that runs it", async () => {
  const { stdout } = await run([setup, "node", "-p", "process.env.PATH"]);
  expect(stdout.split(delimiter).slice(0, 2)).toEqual([join(root, "node_modules/.bin"), dirname(process.execPath)]);
});

test("a signal that ends the command ends the set-up the same way", async () => {
  expect(await run([setup, "sh", "-c", "kill -TERM $$"])).toMatchObject({ code: null, signal: "SIGTERM" });
});

test("where a process cannot become another, the command runs as a child and its end is passed on", async () => {
  const without = `process.execve = undefined; process.argv.splice(1, 0, "setup"); require(${JSON.stringify(setup)})`;
  expect(await run(["-e", without, "node", "-e", "process.exit(5)"])).toMatchObject({ code: 5, signal: null });
  expect(await run(["-e", without, "sh", "-c", "kill -TERM $$"])).toMatchObject({ code: null, signal: "SIGTERM" });
});

test("an unknown command is one sentence", async () => {
  const { code, stderr } = await run([setup, "no-such-program"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "setup: the command no-such-program was not found.\n" });
});

test("set-ups of one checkout take turns, also after one has died with the lock in its hand", async () => {
  const folder = await temporary();
  const lock = join(folder, "lock");
  await mkdir(lock);
  await writeFile(join(lock, "owner"), String(await deadProcess()));
  const log = join(folder, "log");
  const script = `const fs = require("node:fs");
    require(${JSON.stringify(join(root, "scripts/setup/lock.cjs"))}).withLock(${JSON.stringify(lock)}, () => {
      for (const word of ["in", "out"]) fs.appendFileSync(${JSON.stringify(log)}, word + " ");
    });`;
  const ends = await Promise.all(Array.from({ length: 4 }, () => run(["-e", script])));
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(await readFile(log, "utf8")).toBe("in out ".repeat(4));
});

test("packages are stale when the lock names what is not installed, and not for another platform's parts", async () => {
  const folder = await temporary();
  await mkdir(join(folder, "node_modules"));
  const needed = { version: "1.0.0", integrity: "sha512-a" };
  const foreign = { version: "1.0.0", optional: true, os: ["plan9"], cpu: [process.arch] };
  const own = { version: "1.0.0", optional: true, os: [process.platform], cpu: [process.arch] };
  const stale = async (locked: object, installed: object): Promise<string> => {
    await rm(join(folder, "node_modules/.gantry-stamp"), { force: true });
    await writeFile(join(folder, "package-lock.json"), JSON.stringify({ packages: locked }));
    await writeFile(join(folder, "node_modules/.package-lock.json"), JSON.stringify({ packages: installed }));
    const packages = JSON.stringify(join(root, "scripts/setup/packages.cjs"));
    return (await run(["-p", `require(${packages}).packagesAreStale(${JSON.stringify(folder)})`])).stdout.trim();
  };
  expect(await stale({ "": {}, "node_modules/a": needed }, { "node_modules/a": needed })).toBe("false");
  expect(await stale({ "": {}, "node_modules/a": needed }, {})).toBe("true");
  expect(await stale({ "node_modules/a": needed }, { "node_modules/a": { ...needed, version: "1.0.1" } })).toBe("true");
  expect(await stale({ "node_modules/a": foreign }, {})).toBe("false");
  expect(await stale({ "node_modules/a": own }, {})).toBe("true");
});

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-setup-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "0"]);
  await new Promise((resolve) => child.on("exit", resolve));
  return child.pid ?? 0;
}

interface End {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

function run(args: readonly string[]): Promise<End> {
  const child = spawn(process.execPath, args, { cwd: root });
  const end = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (end.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (end.stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...end }));
  });
}
