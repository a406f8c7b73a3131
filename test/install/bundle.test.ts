import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { bundlePlugin } from "../../core/install/bundle.ts";
import { loadInRealm } from "../support/bare-realm.ts";
import { bundleFolder, runProgram } from "../support/bundle-folder.ts";
import { createFolder, type TestFolder } from "../support/plugin-folder.ts";

const folders: TestFolder[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((one) => one.remove()));
});

async function pluginFolder(files: Record<string, string>): Promise<TestFolder> {
  const created = await createFolder({ "package.json": '{"name":"notes","version":"1.0.0","type":"module"}', ...files });
  folders.push(created);
  return created;
}

async function problemsOf(files: Record<string, string>): Promise<string[]> {
  const { folder } = await pluginFolder(files);
  const error: unknown = await bundleFolder(folder).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "PLUGIN_BUILD_FAILED" });
  return (error as Error).message
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
}

const described = (value: string) => `export default { name: "notes", description: ${value} };`;

test("TypeScript, modules and CommonJS become one text that a realm evaluates", async () => {
  const { folder, copyPackages } = await pluginFolder({
    "index.ts": `
      import { definePlugin } from "gantry/plugin";
      import { GantryError } from "gantry/errors";
      import * as z from "zod";
      import common, { named } from "common";
      import data from "./data.json";
      enum Size { small = 1, large }
      const late = await import("./late.mts");
      const schema = z.toJSONSchema(z.object({ a: z.string() }));
      const said: unknown[] = [schema.type, common.two, named, data.three, Size.large, late.four, GantryError.name, typeof process, process.env.NODE_ENV];
      export default definePlugin({ name: "notes", description: said.join() });`,
    "late.mts": "export const four: number = await Promise.resolve(4);",
    "data.json": '{"three":3}',
    "node_modules/common/package.json": '{"name":"common"}',
    "node_modules/common/index.js": "exports.two = 2; exports.named = typeof module; try { require('crypto'); } catch {}",
  });
  await copyPackages("yaml");
  const bundle = await bundleFolder(folder);
  expect(bundle).toMatchObject({ name: "notes", main: "index.ts", sha512: expect.stringMatching(/^[0-9a-f]{128}$/) });
  expect(bundle.inputs).toEqual(expect.arrayContaining(["data.json", "index.ts", "late.mts", "node_modules/common/index.js"]));
  expect(await loadInRealm(bundle.source)).toEqual({
    name: "notes",
    description: "object,2,object,3,2,4,GantryError,undefined,production",
  });
});

test("libraries that many plugins will use load in a realm and work there", async () => {
  const { folder, copyPackages } = await pluginFolder({
    "index.js": `
      import YAML from "yaml"; import { marked } from "marked"; import Ajv from "ajv"; import { diffChars } from "diff";
      import { sample, constant } from "fast-check"; import { parse } from "jsonc-parser"; import ignore from "ignore"; import semver from "semver";
      const said = [YAML.stringify({ a: 1 }).trim(), marked.parse("# a <!-- x --> b").trim(), diffChars("a", "b").length, sample(constant(7), 1)[0],
        JSON.stringify(parse('{"a":1,/*c*/}')), ignore().add("*.log").ignores("x.log"), semver.satisfies("1.2.3", "^1"), typeof Ajv];
      ${described("said.join('|')")}`,
  });
  await copyPackages("yaml", "marked", "ajv", "diff", "fast-check", "pure-rand", "jsonc-parser", "ignore", "semver");
  await copyPackages("fast-deep-equal", "json-schema-traverse", "fast-uri", "require-from-string");
  const { description } = await loadInRealm((await bundleFolder(folder)).source);
  expect(description).toBe('a: 1|<h1>a <!-- x --> b</h1>|2|7|{"a":1}|true|true|function');
}, 30_000);

test("texts that a realm refuses mean the same when they are written otherwise", async () => {
  const body = String.raw`
    const s = "<!-- import('x') --> import /* c */ eval(1)";
    const t = ${"`<!--$" + "{s}--> import($" + "{1}) eval(2)`"};
    const raw = String.raw${"`\\import(\\n --> <!-- eval(`"};
    const patterns = [/(?<!--x)import(a)-->/, /<!--(?:-?>|[\s\S]*?-->)/, /[<!--]/, /\import(b)/, /[(?<!--]/, /eval(c)/];
    const tries = ["importa-->", "--ximporta-->", "<!--->", "#", "importb", "evalc-", "evalc="].map((text) => patterns.map((one) => Number(one.test(text))).join(""));
    class Keys { import(x) { return x } #import(x) { return x + 1 } both() { return this.import(1) + this.#import(2) } eval(x) { return (0, eval)(x) } static import(...rest) { return rest.length } get ["-->"]() { return "got" } }
    const $import = (x) => x, _import = $import;
    const count = (a, b) => { let n = 0; while (a --> b) n += 1; let c = 2; return n + Number(a < ! --c) };
    const said = [s, t, raw, tries.join(), new Keys().both(), new Keys().eval("6*7"), Keys.import(...[1, 2]), new Keys()["-->"], $import(1), _import (2), count(3, 0)];
    const answer = said.join(" | ");`;
  const { folder } = await pluginFolder({ "index.js": `${body}\n${described("answer")}` });
  const { source } = await bundleFolder(folder);
  expect(source).not.toMatch(/<!--|-->|[^.]\bimport\s*\(|[^.]\beval\s*\(/);
  const plain = new Function(`${body}; return answer;`) as () => string;
  expect(await loadInRealm(source)).toEqual({ name: "notes", description: plain() });
});

test("modules of Node.js are refused with every chain of imports, all at once", async () => {
  const problems = await problemsOf({
    "index.ts": 'import { a } from "./lib/a.ts"; import os from "node:os"; export default { a, os };',
    "lib/a.ts": 'export * from "one";\nexport { readFile } from "fs/promises";\nexport const a = 1;',
    "node_modules/one/index.js": 'export * from "two/sub.js"; export const one = 1;',
    "node_modules/two/sub.js": 'const { x } = require("@me/three"); exports.two = x;',
    "node_modules/@me/three/index.js":
      "const net = require('node:net');\nlet c; try { c = require('crypto') } catch {}\nexports.x = net;",
  });
  const why = "a module of Node.js, which no plugin has: use ctx (fs, net, process, …) or another package";
  expect(problems).toEqual([
    `index.ts:1: index.ts imports node:os, ${why}`,
    `lib/a.ts:2: index.ts → lib/a.ts imports fs/promises, ${why}`,
    `node_modules/@me/three/index.js:1:21: index.ts → lib/a.ts → one (index.js) → two (sub.js) → @me/three (index.js) imports node:net, ${why}`,
  ]);
});

test("an import of Node's that nothing uses is no problem, nor is a package of the same name", async () => {
  const { folder } = await pluginFolder({
    "index.js": `import os from "node:os"; import { EventEmitter } from "events"; export const unused = () => os.cpus(); ${described("new EventEmitter().kind")}`,
    "node_modules/events/package.json": '{"name":"events","type":"module","exports":"./own.js"}',
    "node_modules/events/own.js": "export class EventEmitter { kind = 'own' }",
  });
  expect(await loadInRealm((await bundleFolder(folder)).source)).toMatchObject({ description: "own" });
});

test("what cannot be bundled is named with its place, each with what to do", async () => {
  expect(
    await problemsOf({
      "index.js": `import x from "gone/sub";\nimport "./away.js";\nimport "gantry/testing";\nimport "https://example.com/x.js";\nconst load = (name) => import(name);\nconst y = eval("load");\n${described("x")}`,
    }),
  ).toEqual([
    "index.js:1:15: index.js imports gone/sub, which is not there: add gone to the dependencies in package.json and install them",
    "index.js:2:8: index.js imports ./away.js, which is not there",
    "index.js:3:8: gantry/testing is not for a plugin's code; it may import gantry/plugin, gantry/errors, gantry/events",
    "index.js:4:8: https://example.com/x.js is not a file: code is not fetched from the network",
    "index.js:5:24: index.js calls import() with a name that is only known when it runs (const load = (name) => import(name);); give it a string literal",
    "index.js:6:11: Using direct eval is not possible: it cannot see local names there; (0, eval)(…) can be used",
  ]);
  expect(await problemsOf({ "index.ts": "const a = ;" })).toEqual(['index.ts:1:11: Unexpected ";"']);
  expect(await problemsOf({ "index.ts": "export const plugin = 1;" })).toEqual([
    "index.ts has no default export: end it with `export default definePlugin({…})`",
  ]);
});

test("nothing outside the folder is read: not by a path, a link, a package's main, nor a tsconfig", async () => {
  const outside = await pluginFolder({
    "index.js": "",
    "secret.js": 'export const secret = "leak";',
    "tsconfig.json": '{"compilerOptions":{"jsxFactory":"leak"}}',
  });
  const { folder } = await pluginFolder({
    "index.ts": 'import "linked"; import "../secret.js"; import "sly"; import "short"; export default {};',
    "node_modules/sly/package.json": JSON.stringify({
      name: "sly",
      main: `../../../${path.basename(outside.folder)}/secret.js`,
    }),
    "tsconfig.json": JSON.stringify({
      extends: `${outside.folder}/tsconfig.json`,
      compilerOptions: { paths: { short: [`${outside.folder}/secret.js`] } },
    }),
  });
  await symlink(outside.folder, path.join(folder, "node_modules", "linked"));
  const error = (await bundleFolder(folder).catch((thrown: unknown) => thrown)) as Error;
  expect(error).toMatchObject({ code: "PLUGIN_BUILD_FAILED" });
  expect(error.message).not.toContain("leak");
  for (const name of ["linked", "../secret.js", "sly", "short"]) expect(error.message).toContain(name);
  const { folder: mained } = await pluginFolder({
    "gantry.json": JSON.stringify({ main: `../${path.basename(outside.folder)}/secret.js` }),
  });
  await expect(bundleFolder(mained)).rejects.toMatchObject({
    code: "PLUGIN_INVALID",
    message: expect.stringContaining("is not in the plugin's folder"),
  });
});

test("the same files give the same bytes, wherever they are and however the bundler is confined", async () => {
  const { folder, copyPackages } = await pluginFolder({
    "src/index.ts": `import "../lib/side.cjs"; import YAML from "yaml"; import * as z from "zod"; ${described("[typeof YAML, typeof z, import.meta.url].join()")}`,
    "lib/side.cjs": "module.exports = require('./other.cjs');",
    "lib/other.cjs": "exports.x = 1;",
  });
  await copyPackages("yaml");
  const copy = await pluginFolder({});
  await mkdir(path.join(copy.folder, "deep"));
  await cp(folder, path.join(copy.folder, "deep/er"), { recursive: true });
  const [one, other] = [await bundleFolder(folder), await bundleFolder(path.join(copy.folder, "deep/er"))];
  expect(other).toEqual(one);
  expect(one.source).not.toContain(path.dirname(folder));
  const unconfined = await bundlePlugin({
    folder,
    signal: AbortSignal.timeout(30_000),
    run: (argv, request) =>
      argv[0] === "bwrap"
        ? Promise.resolve({ exitCode: 1, stdout: "", stderr: "bwrap: no", cut: false, timedOut: false })
        : runProgram(argv, request),
  });
  expect(unconfined).toEqual(one);
});

test("where bubblewrap works the bundler has no network and sees no file of the user's", async () => {
  const seen: string[][] = [];
  const { folder } = await pluginFolder({ "index.js": described("1") });
  await bundlePlugin({
    folder,
    signal: AbortSignal.timeout(30_000),
    run: async (argv, request) => {
      seen.push([...argv]);
      const list = argv.slice(0, argv.lastIndexOf("sh") + 1);
      const looked = await runProgram(
        [...list, "ls", "/", path.dirname(folder), "/sys/class/net", "/proc/self/net/dev"] as unknown as [string, ...string[]],
        request,
      );
      expect(looked.stdout).not.toContain("home");
      expect(looked.stdout.split("\n").filter((line) => line.startsWith("gantry-plugin-"))).toEqual([path.basename(folder)]);
      return runProgram(argv, request);
    },
  });
  expect(seen).toHaveLength(1);
  expect(seen[0]?.[0]).toBe("bwrap");
});

test("a bundle over five MiB is refused with its largest parts", async () => {
  const { folder } = await pluginFolder({
    "index.js": `import big from "./big.json"; ${described("big")}`,
    "big.json": JSON.stringify("x".repeat(6_000_000)),
  });
  await expect(bundleFolder(folder)).rejects.toMatchObject({
    code: "PLUGIN_TOO_LARGE",
    message: expect.stringMatching(/5\.7 MiB, more than 5\.0 MiB; the largest parts are big\.json 5\.7 MiB/),
  });
});

test("sources that are made to exhaust the bundler end in an error, and an abort ends it", async () => {
  const { folder } = await pluginFolder({ "index.js": `export default ${"[".repeat(3_000_000)}` });
  await expect(bundleFolder(folder)).rejects.toMatchObject({ code: "PLUGIN_BUILD_FAILED" });
  const stop = new AbortController();
  const running = bundlePlugin({
    ...{ folder, signal: stop.signal },
    run: (argv, request) => {
      const started = runProgram(argv, request);
      stop.abort(new Error("enough"));
      return started;
    },
  });
  await expect(running).rejects.toThrow("enough");
}, 60_000);

test("a folder without a module, and one that is none, are named", async () => {
  const { folder } = await pluginFolder({});
  await expect(bundleFolder(folder)).rejects.toMatchObject({
    code: "PLUGIN_INVALID",
    message: expect.stringContaining('name it as "main"'),
  });
  await expect(bundleFolder(path.join(folder, "none"))).rejects.toMatchObject({ code: "PLUGIN_INVALID" });
  expect(await readFile(path.join(folder, "package.json"), "utf8")).toContain("notes");
});
