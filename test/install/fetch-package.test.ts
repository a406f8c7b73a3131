import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { fetchSource } from "../../core/install/fetch.ts";
import { bundleFolder, runProgram } from "../support/bundle-folder.ts";
import { type NpmRegistry, packFolder, startNpmRegistry } from "../support/npm-registry.ts";

const code = (value: string) =>
  `import { one } from "one"; export default { name: "notes", description: one + ${JSON.stringify(value)} };`;

let registry: NpmRegistry;
let folder: string;
let env: Record<string, string | undefined>;

beforeAll(async () => {
  registry = await startNpmRegistry();
  const marker = `node -e "require('fs').writeFileSync('ran','')"`;
  const scripts = { preinstall: marker, install: marker, postinstall: marker, prepare: marker };
  await registry.publish({ name: "two", version: "1.0.0", manifest: { scripts }, files: { "index.js": "exports.two = 2;" } });
  await registry.publish({ name: "two", version: "2.0.0", manifest: { scripts }, files: { "index.js": "exports.two = 3;" } });
  await registry.publish({
    name: "one",
    version: "1.4.0",
    manifest: { type: "module", dependencies: { two: "^1.0.0" }, scripts },
    files: { "index.js": 'import { two } from "two"; export const one = "two is " + two;' },
  });
  for (const version of ["1.0.0", "1.1.0", "2.0.0"]) {
    await registry.publish({
      name: "gantry-plugin-notes",
      version,
      manifest: {
        type: "module",
        main: "index.ts",
        dependencies: { one: "^1.0.0", gantry: "^0.1" },
        peerDependencies: { absent: "1" },
        scripts,
      },
      files: { "index.ts": code(version) },
    });
  }
  await registry.publish({
    name: "@me/notes",
    version: "0.1.0-beta.1",
    manifest: { type: "module", exports: { ".": { node: "./node.js", default: "./index.js" } } },
    files: { "index.js": "export default {}", "node.js": "import 'node:fs'" },
  });
  await registry.publish({
    name: "needs-git",
    version: "1.0.0",
    manifest: { dependencies: { sly: "git+https://127.0.0.1:9/sly.git" } },
    files: { "index.js": "export default {}" },
  });
}, 60_000);

afterAll(() => registry.close());

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "gantry-fetch-"));
  await mkdir(path.join(folder, "home"));
  env = { PATH: process.env["PATH"], HOME: path.join(folder, "home"), npm_config_registry: registry.url };
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const fetched = (spec: string, more: Record<string, string> = {}) =>
  fetchSource(spec, {
    cwd: folder,
    scratch: path.join(folder, "scratch"),
    run: runProgram,
    signal: AbortSignal.timeout(60_000),
    env: { ...env, ...more },
  });

const ran = async (below: string): Promise<string[]> => {
  const { stdout } = await runProgram(["find", below, "-name", "ran"], {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    timeoutMs: 10_000,
    maxBytes: 1e6,
    signal: AbortSignal.timeout(10_000),
  });
  return stdout.split("\n").filter((line) => line !== "");
};

test("a package comes with what it needs, and none of its scripts is run", async () => {
  const found = await fetched("gantry-plugin-notes@^1");
  expect(found).toMatchObject({
    kind: "npm",
    resolved: "gantry-plugin-notes@1.1.0",
    integrity: expect.stringMatching(/^sha512-/),
  });
  expect((await bundleFolder(found.folder)).source).toContain("two is ");
  expect(await ran(folder)).toEqual([]);
}, 60_000);

test("a package without a version is the latest; a scoped one with a tag is found; the registry of HOME's .npmrc counts", async () => {
  expect(await fetched("gantry-plugin-notes")).toMatchObject({ resolved: "gantry-plugin-notes@2.0.0" });
  await writeFile(path.join(folder, "home", ".npmrc"), `registry=${registry.url}\n`);
  delete env["npm_config_registry"];
  const scoped = await fetched("@me/notes@0.1.0-beta.1");
  expect(scoped).toMatchObject({ resolved: "@me/notes@0.1.0-beta.1" });
  expect(await bundleFolder(scoped.folder)).toMatchObject({ name: "@me/notes", main: "index.js" });
}, 60_000);

test("a tarball is known by its integrity, from a file and from a URL", async () => {
  const pack = {
    name: "packed",
    version: "3.0.0",
    manifest: { type: "module", dependencies: { one: "1" } },
    files: { "index.js": code("tar") },
  };
  const file = await packFolder(pack, path.join(folder, "packed"));
  const { integrity } = await registry.publish(pack);
  const fromFile = await fetched(file);
  expect(fromFile).toMatchObject({ kind: "tarball", resolved: integrity, integrity });
  expect((await bundleFolder(fromFile.folder)).source).toContain("two is ");
  expect(await fetched(`${registry.url}/packed/-/3.0.0.tgz`)).toMatchObject({ kind: "tarball", resolved: integrity });
  expect(await ran(folder)).toEqual([]);
}, 60_000);

test("what the registry does not have is PLUGIN_FETCH_FAILED with npm's words", async () => {
  await expect(fetched("gantry-plugin-nots")).rejects.toMatchObject({
    code: "PLUGIN_FETCH_FAILED",
    message: expect.stringContaining("404"),
  });
  await expect(fetched("gantry-plugin-notes@9.9.9")).rejects.toMatchObject({
    code: "PLUGIN_FETCH_FAILED",
    message: expect.stringMatching(/No matching version/),
  });
}, 60_000);

test("a package that comes from a repository is refused: git would run with the user's settings", async () => {
  await expect(fetched("needs-git")).rejects.toMatchObject({
    code: "PLUGIN_FETCH_FAILED",
    message: expect.stringMatching(/git/),
  });
}, 60_000);

test("a folder with its packages is read where it is; without them it is copied and completed, and stays as it was", async () => {
  const own = path.join(folder, "own");
  await mkdir(own);
  await writeFile(
    path.join(own, "package.json"),
    JSON.stringify({
      name: "own",
      version: "1.0.0",
      type: "module",
      dependencies: { one: "^1" },
      devDependencies: { absent: "1" },
      scripts: { prepare: "touch ran", postinstall: "touch ran" },
    }),
  );
  await writeFile(path.join(own, "index.ts"), code("own"));
  await writeFile(path.join(own, ".npmrc"), "registry=http://127.0.0.1:9/\n");
  const copy = await fetched("./own");
  expect(copy).toMatchObject({ kind: "folder", resolved: own });
  expect(copy.folder).not.toBe(own);
  expect((await bundleFolder(copy.folder)).source).toContain("two is ");
  expect(await ran(folder)).toEqual([]);
  expect(await readFile(path.join(own, ".npmrc"), "utf8")).toContain("127.0.0.1:9");
  await mkdir(path.join(own, "node_modules", "one"), { recursive: true });
  await writeFile(path.join(own, "node_modules", "one", "index.js"), "exports.one = 1");
  expect(await fetched("./own")).toMatchObject({ folder: own, resolved: own });
}, 60_000);

test("packages from other places than a registry are named", async () => {
  const own = path.join(folder, "own");
  await mkdir(own);
  const dependencies = { a: "file:../secret", b: "git+ssh://git@example.com/b.git", c: "me/c", d: "link:../d", fine: "^1" };
  await writeFile(path.join(own, "package.json"), JSON.stringify({ name: "own", dependencies }));
  await expect(fetched("./own")).rejects.toMatchObject({
    code: "PLUGIN_FETCH_FAILED",
    message:
      'Packages come from a registry; package.json names other places: a ("file:../secret"), b ("git+ssh://git@example.com/b.git"), c ("me/c"), d ("link:../d")',
  });
  await writeFile(path.join(own, "package.json"), JSON.stringify({ name: "own", dependencies: { fine: "^1" } }));
  await writeFile(
    path.join(own, "package-lock.json"),
    JSON.stringify({
      lockfileVersion: 3,
      packages: { "node_modules/fine": { version: "1.0.0", resolved: "file:/etc/secret.tgz" } },
    }),
  );
  await expect(fetched("./own")).rejects.toMatchObject({
    message: expect.stringContaining('node_modules/fine from "file:/etc/secret.tgz"'),
  });
}, 60_000);

test("an aborted fetch ends npm", async () => {
  const stop = new AbortController();
  const waiting = fetchSource("gantry-plugin-notes", {
    cwd: folder,
    scratch: path.join(folder, "scratch"),
    run: (argv, request) => {
      const running = runProgram(argv, request);
      stop.abort(new Error("enough"));
      return running;
    },
    signal: stop.signal,
    env,
  });
  await expect(waiting).rejects.toThrow("enough");
}, 60_000);
