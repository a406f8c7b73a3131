/** parity snapshot: of a program, a folder and a package, what it starts is kept apart, and what goes wrong is said. */
import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { codeOf } from "gantry/errors";
import { expect, test } from "vitest";
import { runBounded } from "../../plugins/parity/snapshot/run-bounded.ts";
import { takeSnapshot } from "../../plugins/parity/snapshot/take.ts";
import { unpackPackage } from "../../plugins/parity/snapshot/unpack.ts";
import { alive, there, until } from "../support/alive.ts";
import { bench, writeFiles } from "../support/cli.ts";
import { descendantsOf, isAlive } from "../support/descendants.ts";

const root = path.join(import.meta.dirname, "../..");
const tiny = { format: "gantry-inventory/1", system: { name: "gantry", version: "0.0.1" }, parts: { tools: [] } };

test("a snapshot of this build's own folder is what its manifest prints; --out never replaces a file", async () => {
  const { gantry, file } = await bench([]);
  const manifest = await gantry(["parity", "manifest"]);
  const { stdout, stderr, exit } = await gantry(["parity", "snapshot", root, "--out", "old.json"]);
  expect([exit, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/old\.json: gantry \S+, \d+ items\n$/);
  expect(await file("old.json")).toBe(manifest.stdout);
  const again = await gantry(["parity", "snapshot", root, "--out", "old.json"]);
  expect([again.exit, again.stdout]).toEqual([2, ""]);
  expect(again.stderr).toContain("--out old.json is there already; name another file, or remove it first");
  expect(await file("old.json")).toBe(manifest.stdout);
  const nowhere = await gantry(["parity", "snapshot", root, "--out", "none/old.json"]);
  expect([nowhere.exit, nowhere.stderr]).toEqual([
    1,
    expect.stringMatching(/^OUTPUT_FAILED: \S+none\/old\.json cannot be written/),
  ]);
});

test("a program is started with an empty home, an empty folder and no variable of the user's, and nothing of it stays", async () => {
  const { gantry, cwd } = await bench([], {
    "tell.cjs": `const { readdirSync, writeFileSync } = require("node:fs");
      const facts = { argv: process.argv.slice(2), env: Object.keys(process.env).sort(), home: readdirSync(process.env.HOME), cwd: readdirSync(".") };
      writeFileSync("left.txt", ""); writeFileSync(process.env.HOME + "/left.txt", "");
      console.log(JSON.stringify({ ok: true, data: { ...${JSON.stringify(tiny)}, about: JSON.stringify(facts) } }));`,
  });
  const temporary = path.join(cwd, "temporary");
  await mkdir(temporary);
  const env = { SECRET_TOKEN: "x", TMPDIR: temporary };
  const { stdout, exit } = await gantry(["parity", "snapshot", "tell.cjs"], { env });
  expect(exit).toBe(0);
  const { about, ...rest } = JSON.parse(stdout) as typeof tiny & { about: string };
  expect(rest).toEqual(tiny);
  expect(JSON.parse(about)).toEqual({
    argv: ["parity", "manifest", "--json"],
    env: ["HOME", "LANG", "NO_COLOR", "PATH"],
    home: [],
    cwd: [],
  });
  expect(await readdir(cwd)).not.toContain("left.txt");
  expect(await readdir(temporary)).toEqual([]);
});

test("what a program does instead of printing an inventory is said, with what it printed", async () => {
  const { gantry, cwd } = await bench([], {
    "flood.cjs": `for (;;) require("node:fs").writeSync(1, "x".repeat(65536));`,
    "garbage.cjs": `console.log("no JSON, but \\u001b[31mcolour"); console.error("a word");`,
    "fails.cjs": `console.error("it broke at line 3"); process.exit(1);`,
    "lacks.cjs": `console.log(JSON.stringify({ ok: false, error: { code: "COMMAND_UNKNOWN", message: "no parity" } })); process.exit(2);`,
    "wrong.cjs": `console.log(JSON.stringify({ format: "gantry-inventory/1", system: { name: "x" }, parts: {} }));`,
    "deep.cjs": `console.log('{"data":' + "[".repeat(100000) + "]".repeat(100000) + "}");`,
    "plain.txt": "text",
  });
  await mkdir(path.join(cwd, "empty"));
  await writeFiles(cwd, { "outside/package.json": JSON.stringify({ bin: { gantry: "../../garbage.cjs" } }) });
  const { stderr, exit, stdout } = await gantry(["parity", "snapshot", "fails.cjs"]);
  expect([exit, stdout, stderr.split(":")[0]]).toEqual([1, "", "SNAPSHOT_FAILED"]);
  const options = {
    cwd,
    signal: new AbortController().signal,
    build: [process.execPath, path.join(root, "bin/gantry.cjs")],
  };
  const fails = async (address: string): Promise<string> =>
    await takeSnapshot(address, options).then(
      () => "taken",
      (error: Error) => `${codeOf(error)}: ${error.message}`,
    );
  expect(await fails("flood.cjs")).toMatch(
    /^SNAPSHOT_FAILED: flood\.cjs printed more than 4 MiB\. On stdout: "x+…\. Nothing on stderr\.$/,
  );
  expect(await fails("garbage.cjs")).toMatch(
    /^SNAPSHOT_FAILED: garbage\.cjs printed no JSON object .*On stdout: "no JSON, but \[31mcolour"\. On stderr: "a word"/,
  );
  expect(await fails("fails.cjs")).toMatch(
    /^SNAPSHOT_FAILED: fails\.cjs ended with exit 1 on parity manifest --json\..*it broke at line 3/,
  );
  expect(await fails("lacks.cjs")).toMatch(/^SNAPSHOT_FAILED: lacks\.cjs ended with exit 2 .*COMMAND_UNKNOWN/);
  expect(await fails("wrong.cjs")).toMatch(/^SNAPSHOT_FAILED: wrong\.cjs printed no inventory: system\.version: /);
  expect(await fails("deep.cjs")).toMatch(/^SNAPSHOT_FAILED: deep\.cjs printed more than 64 levels inside each other/);
  for (const address of ["https://example.com/gantry.tgz", "gantry@0.1.0", "github:a/b"])
    expect(await fails(address)).toMatch(
      /^USAGE_INVALID: \S+ is not on this machine, and nothing is fetched\. A snapshot is taken of/,
    );
  expect(await fails("nothere")).toMatch(/^USAGE_INVALID: nothere is not there\..* npm pack gantry@VERSION makes a \.tgz/);
  expect(await fails("plain.txt")).toMatch(/^USAGE_INVALID: plain\.txt is neither a program that can be started nor a \.tgz/);
  expect(await fails("empty")).toMatch(/^USAGE_INVALID: empty has no package\.json that can be read/);
  expect(await fails("outside")).toMatch(/^USAGE_INVALID: outside names a program outside itself/);
});

test("a program that hangs is ended with all it started, by the clock and by an interrupt", async () => {
  const place = await bench([], {
    "hang.cjs": `const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
      require("node:fs").writeFileSync(process.argv[1] + ".pids", process.pid + " " + child.pid);
      setInterval(() => {}, 1000);`,
  });
  const hang = path.join(place.cwd, "hang.cjs");
  const options = { cwd: place.cwd, env: {}, signal: new AbortController().signal, timeoutMs: 300 };
  const ended = await runBounded([process.execPath, hang], options);
  expect(ended.stopped).toBe("did not end in 0.3 seconds");

  await writeFile(`${hang}.pids`, "");
  const started = place.start(["parity", "snapshot", "hang.cjs"]);
  while ((await readFile(`${hang}.pids`, "utf8")) === "") await new Promise((resolve) => setImmediate(resolve));
  const pids = (await readFile(`${hang}.pids`, "utf8")).split(" ").map(Number);
  started.child.kill("SIGINT");
  expect((await started.finished).exit).toBe(130);
  for (const pid of pids) await gone(pid);
});

test("a program that is a shell script is ended when the command is killed; a daemon that holds its output is not waited for", async () => {
  const place = await bench([], {
    "slow.sh": "#!/bin/sh\nsleep 86441 & wait\n",
    "leaves.sh": "#!/bin/sh\nsetsid sleep 86442 &\necho told\n",
  });
  for (const name of ["slow.sh", "leaves.sh"]) await chmod(path.join(place.cwd, name), 0o755);
  const started = place.start(["parity", "snapshot", "slow.sh"]);
  await there("sleep 86441");
  const below = descendantsOf(started.child.pid ?? 0);
  started.child.kill("SIGKILL");
  await until(() => !below.some(isAlive), "the program of a killed snapshot is still alive");
  const options = { cwd: place.cwd, env: { PATH: process.env["PATH"] ?? "" }, signal: new AbortController().signal };
  const ended = await runBounded([path.join(place.cwd, "leaves.sh")], options);
  for (const pid of await alive("sleep 86442")) process.kill(pid, "SIGKILL");
  expect(ended).toEqual({ exit: 0, stdout: "told\n", stderr: "" });
});

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a package that npm packed is unpacked beside nobody's files and asked; archives that reach out of their folder are refused", async () => {
  const { gantry, cwd } = await bench([], {
    "package/package.json": JSON.stringify({ name: "gantry", version: "0.0.1", bin: { gantry: "bin/gantry.cjs" } }),
    "package/bin/gantry.cjs": `#!/usr/bin/env node\nconsole.log(JSON.stringify(${JSON.stringify(tiny)}));`,
    [`package/${"long-".repeat(18)}/${"name-".repeat(18)}.txt`]: "x",
  });
  for (const format of ["posix", "gnu", "ustar"]) {
    await promisify(execFile)("tar", [`--format=${format}`, "-czf", `${format}.tgz`, "./package"], { cwd });
    await unpackPackage(path.join(cwd, `${format}.tgz`), path.join(cwd, format), `${format}.tgz`);
    const files = await readdir(path.join(cwd, format, "package"), { recursive: true });
    expect(files.toSorted()).toEqual((await readdir(path.join(cwd, "package"), { recursive: true })).toSorted());
  }
  const packed = await gantry(["parity", "snapshot", "posix.tgz"]);
  expect([packed.exit, JSON.parse(packed.stdout)]).toEqual([0, tiny]);
  const refused = async (archive: Buffer): Promise<string> => {
    await writeFile(path.join(cwd, "bad.tgz"), archive);
    return await unpackPackage(path.join(cwd, "bad.tgz"), path.join(cwd, "into"), "bad.tgz").then(
      () => "unpacked",
      (error: Error) => error.message,
    );
  };
  expect(await refused(gzipSync(tar("package/../../out.txt", "x")))).toContain("a file outside its folder");
  expect(await refused(gzipSync(tar("/etc/out.txt", "x")))).toContain("a file outside its folder");
  expect(await refused(gzipSync(tar("package/link", "", "2")))).toContain('an entry of type "2", such as a link');
  expect(await refused(gzipSync(Buffer.alloc(1024, 1)))).toContain("it is no tar archive");
  expect(await refused(gzipSync(tar("package/a.txt", "text").subarray(0, 514)))).toContain("ends in the middle of a file");
  expect(await refused(Buffer.from("no gzip"))).toContain("bad.tgz cannot be unpacked: incorrect header check");
  expect(await readdir(cwd)).not.toContain("out.txt");
});

/** One entry, without a checksum, which nothing reads. */
function tar(name: string, content: string, type = "0"): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, "0"), 124);
  header.write(type, 156);
  return Buffer.concat([header, Buffer.from(content.padEnd(512, "\0"))]);
}
