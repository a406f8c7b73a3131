/** What an author does with the built command, from nothing but a Node.js. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { bench, writeFiles } from "../support/cli.ts";

const data = (stdout: string): { ok: boolean; data: Record<string, unknown>; error?: { code: string; message: string } } =>
  JSON.parse(stdout) as never;

describe("gantry plugins create and test", () => {
  test("a new plugin's tests pass in an empty home, with nothing installed", async () => {
    const { gantry, cwd, home } = await bench([]);
    expect((await gantry(["plugins", "create", "word-counter"])).exit).toBe(0);
    expect(await readdir(path.join(cwd, "word-counter"))).not.toContain("node_modules");
    const tested = await gantry(["plugins", "test", "word-counter"]);
    expect(tested.stdout).toContain("✔ the tool counts");
    expect(tested.stdout).toContain("fail 0");
    expect(tested.exit).toBe(0);
    expect((await readdir(home)).filter((name) => !name.startsWith("."))).toEqual([]);
  });

  test("a failing test fails the command, and is shown once", async () => {
    const { gantry } = await bench([], {
      "p/a.test.mjs": 'import { test } from "node:test"; test("is wrong", () => { throw new Error("no"); });',
    });
    const tested = await gantry(["plugins", "test", "p"]);
    expect(tested.exit).toBe(1);
    expect(tested.stdout.match(/fail 1/g)).toHaveLength(1);
    expect(data((await gantry(["plugins", "test", "p", "--json"])).stdout)).toMatchObject({
      ok: false,
      error: { code: "PLUGIN_TEST_FAILED" },
    });
  });

  test("overwrites nothing, and names the nearest name", async () => {
    const { gantry, cwd } = await bench([]);
    await mkdir(path.join(cwd, "used"));
    await writeFile(path.join(cwd, "used/mine"), "");
    expect(await gantry(["plugins", "create", "used"])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("PLUGIN_EXISTS") as string,
    });
    expect((await gantry(["plugins", "create", "MyNotes"])).stderr).toContain("Did you mean my-notes?");
  });
});

describe("gantry plugins validate", () => {
  const validate = async (files: Record<string, string>): Promise<{ exit: number | null; text: string }> => {
    const { gantry, cwd } = await bench([]);
    await writeFiles(path.join(cwd, "p"), files);
    const { exit, stdout, stderr } = await gantry(["plugins", "validate", "p"]);
    return { exit, text: stdout + stderr };
  };
  const pkg = '{"name":"p","version":"1.0.0","type":"module"}';

  test("says all that is wrong with a manifest at once", async () => {
    const { exit, text } = await validate({
      "package.json": pkg,
      "index.ts":
        'import { definePlugin } from "gantry/plugin"; export default definePlugin({ name: "p", description: "P." });',
      "gantry.json":
        '{ "name": "P!", "version": "one", "engines": { "gantry": ">=0.1" }, "permisions": {}, "permissions": { "fs.raed": ["./**"] } }',
    });
    expect(exit).not.toBe(0);
    for (const said of ["permisions", "permissions", '"one"', "fs.raed", "fs.read"]) expect(text).toContain(said);
  });

  test("names the import that cannot be, and who imports it", async () => {
    const { exit, text } = await validate({
      "package.json": pkg,
      "index.ts": 'import "./deep.ts"; import "no-such-package"; export default {};',
      "deep.ts": 'import { readFileSync } from "node:fs"; export const f = readFileSync;',
    });
    expect(exit).not.toBe(0);
    for (const said of ["node:fs", "deep.ts", "no-such-package"]) expect(text).toContain(said);
  });

  test("finds what only running shows: taps that were not asked for, code that throws, a module that is no plugin", async () => {
    const define = (body: string): Record<string, string> => ({
      "package.json": pkg,
      "index.ts": `import { definePlugin } from "gantry/plugin"; export default definePlugin({ name: "p", description: "P.", ${body} });`,
    });
    const untold = await validate(define('taps: [{ on: "turn.end", kind: "observe", run() {} }]'));
    expect(untold.text).toContain('"hook.tap": ["turn.end"]');
    const throwing = await validate({ "package.json": pkg, "index.ts": 'throw new Error("not today"); export default {};' });
    expect(throwing.text).toContain("not today");
    const nothing = await validate({ "package.json": pkg, "index.ts": "export default 7;" });
    expect([untold.exit, throwing.exit, nothing.exit].every((exit) => exit !== 0 && exit !== null)).toBe(true);
  });
});

describe("examples", () => {
  const root = path.join(import.meta.dirname, "../..");

  test.each(["notes", "guard", "web-search"])("%s: its own tests pass, and it installs as its README shows", async (name) => {
    const { gantry } = await bench([]);
    const tested = await gantry(["plugins", "test", path.join(root, "examples", name)]);
    expect([tested.exit, tested.stdout]).toEqual([0, expect.stringContaining("fail 0")]);
    const readme = await readFile(path.join(root, "examples", name, "README.md"), "utf8");
    const lines = [...readme.matchAll(/^ {4}gantry (plugins (?:install|grants) .*)$/gm)].map((match) => match[1] ?? "");
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
      const spec = args.map((arg) => arg.replace(/^\.\/examples/, path.join(root, "examples")));
      expect(await gantry(spec)).toMatchObject({ exit: 0 });
    }
    expect((await gantry(["plugins", "list"])).stdout).toContain(name);
  });
});
