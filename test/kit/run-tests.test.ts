import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { testPlugin } from "../../core/plugin-kit/test.ts";
import { alive, there } from "../support/alive.ts";
import { writeFiles } from "../support/cli.ts";

let folder = "";
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-own-tests-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

const env = { PATH: process.env["PATH"], HOME: "/nonexistent", NODE_OPTIONS: "--no-such-option", API_SETTING: "seen" };
const run = (options: Partial<Parameters<typeof testPlugin>[0]> = {}) =>
  testPlugin({ folder, env, signal: new AbortController().signal, ...options });

const begin = 'import assert from "node:assert/strict"; import { test } from "node:test";\n';

describe("testPlugin", () => {
  test("runs TypeScript tests that import gantry/* and zod, with nothing installed", async () => {
    await writeFiles(folder, {
      "package.json": '{"type":"module"}',
      "src/one.ts": "export const one: number = 1;",
      "test/a.test.ts": `${begin}import { GantryError } from "gantry/errors"; import { defineTool } from "gantry/plugin";
import { createScript } from "gantry/testing"; import * as z from "zod"; import { one } from "../src/one.ts";
test("has all of it", () => {
  assert.equal(one, 1);
  assert.equal(new GantryError("INTERNAL", "x").code, "INTERNAL");
  assert.equal(typeof defineTool, "function");
  assert.equal(typeof createScript, "function");
  assert.deepEqual(z.strictObject({}).parse({}), {});
  assert.equal(process.env.API_SETTING, "seen");
  assert.equal(process.env.NODE_OPTIONS, undefined);
});`,
    });
    const { exitCode, output } = await run();
    expect(output).toContain("has all of it");
    expect(exitCode).toBe(0);
  });

  test("hands through what failed, as it comes", async () => {
    await writeFiles(folder, { "a.test.mjs": `${begin}test("two is one", () => assert.equal(2, 1));` });
    const heard: string[] = [];
    const { exitCode, output } = await run({ onOutput: (text) => heard.push(text) });
    expect(exitCode).toBe(1);
    expect(output).toContain("two is one");
    expect(heard.join("")).toBe(output);
  });

  test("ends tests when their time is over, and says so", async () => {
    await writeFiles(folder, { "a.test.mjs": `${begin}test("hangs", () => new Promise(() => setInterval(() => {}, 1000)));` });
    const { exitCode, output } = await run({ timeoutMs: 1_500 });
    expect(exitCode).toBe(1);
    expect(output).toContain("more than 1500 ms");
  });

  test("stops on cancel, with what the tests started, even what left their group", async () => {
    await writeFiles(folder, {
      "a.test.mjs": `${begin}import { spawn } from "node:child_process";
test("hangs", () => {
  spawn("sleep", ["600.4711"], { detached: true, stdio: "ignore" });
    return new Promise(() => setInterval(() => {}, 1000));
});`,
    });
    const stop = new AbortController();
    const running = run({ signal: stop.signal });
    await there("sleep 600.4711");
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(await alive("sleep 600.4711")).toEqual([]);
  });

  test("keeps no more output than its bound", async () => {
    await writeFiles(folder, { "a.test.mjs": `${begin}test("talks", () => console.log("x".repeat(3_000_000)));` });
    const { output } = await run();
    expect(output.length).toBeLessThan(1024 * 1024 + 100);
    expect(output).toMatch(/characters more were left out\n$/);
  });

  test("says where tests are looked for when there are none; those of packages are not the plugin's", async () => {
    await writeFiles(folder, { "node_modules/x/a.test.js": "", ".hidden/a.test.js": "", "src/test.ts": "" });
    await expect(run()).rejects.toMatchObject({
      code: "PLUGIN_INVALID",
      message: expect.stringContaining("has no tests") as string,
    });
  });
});
