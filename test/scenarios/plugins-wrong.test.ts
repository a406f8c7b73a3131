/** What goes wrong around plugins, as a newcomer or a hostile author meets it: the code, the real value, what to do, the exit. */
import { cp, mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { everyFile, wardenFiles, wardenFlags } from "../support/author-plugin.ts";
import { type Bench, bench, launcher, writeFiles } from "../support/cli.ts";

const store = ".local/share/gantry";

async function withFolders(): Promise<Bench> {
  const place = await bench([], {
    afile: "hi",
    "nomain/package.json": '{"name":"nomain","version":"1.0.0"}',
    "gonemain/package.json": '{"name":"gonemain","version":"1.0.0","main":"gone.ts"}',
    "badjson/package.json": "{name",
    "control/package.json": '{"name":"con\\u001b[31mtrol","version":"1.0.0","main":"index.js"}',
    "control/index.js": 'export default { name: "con\\u001b[31mtrol", description: "\\u001b]0;x\\u0007" };',
    "two/package.json": '{"name":"two","version":"one","main":"index.js"}',
    "two/gantry.json": '{"name":"Two!","version":"one","permisions":{},"permissions":{"fs.raed":["./a"],"storage":"lots"}}',
    "two/index.js": "export default 7;",
  });
  await mkdir(path.join(place.cwd, "empty"));
  return place;
}

const noStack = /\n\s+at |node:internal/;

test.each([
  [["./empty"], 1, "PLUGIN_INVALID", ["has neither a package.json nor a gantry.json", "gantry plugins create"]],
  [["./afile"], 2, "PLUGIN_SPEC_INVALID", ["It is a file", "a folder: ./notes"]],
  [["./nomain"], 1, "PLUGIN_INVALID", ["nomain has no module"]],
  [["./gonemain"], 1, "PLUGIN_INVALID", ['"gone.ts", which package.json names, is not there']],
  [["./badjson"], 1, "PLUGIN_INVALID", ["badjson/package.json is not JSON"]],
  [["./gone"], 2, "PLUGIN_SPEC_INVALID", ["/gone is not there"]],
  [[""], 2, "PLUGIN_SPEC_INVALID", ["It is empty"]],
  [["a\u001b[31mb"], 2, "PLUGIN_SPEC_INVALID", ["It holds control characters"]],
  [["git+file:///nowhere/x.git#v1"], 1, "PLUGIN_FETCH_FAILED", ["/nowhere/x.git"]],
  [["./two"], 1, "PLUGIN_INVALID", ["permisions", "Did you mean permissions?", "Did you mean fs.read?", '"lots"', "Two!"]],
  [["./control"], 1, "PLUGIN_INVALID", ["lower-case letters"]],
  [["./empty", "--grnat", "x"], 2, "USAGE_INVALID", ["Did you mean --grant?"]],
  [["./empty", "--grant", "fs.raed=x", "--grant", "storage=much"], 2, "GRANT_INVALID", ["Did you mean fs.read?", '"much"']],
])("plugins install %j is exit %d, %s, with what to do, and leaves nothing", async (args, exit, code, texts) => {
  const place = await withFolders();
  const { stderr, exit: ended } = await place.gantry(["plugins", "install", ...args]);
  expect([ended, stderr]).toEqual([exit, expect.stringContaining(code)]);
  for (const text of texts) expect(stderr).toContain(text);
  expect(stderr).not.toMatch(noStack);
  expect(stderr).not.toContain("\u001b");
  expect(await everyFile(path.join(place.home, store))).toEqual({});
});

test("a starter is not written where its name is taken, cannot be a name, or nothing can be written", async () => {
  const place = await withFolders();
  const create = (...args: string[]) => place.gantry(["plugins", "create", ...args]);
  expect(await create("doctor")).toMatchObject({
    exit: 1,
    stderr: expect.stringMatching(/NAME_TAKEN: doctor is a name of the shell.*my-doctor/),
  });
  expect(await create("files")).toMatchObject({ exit: 1, stderr: expect.stringContaining("NAME_TAKEN") });
  expect(await create("Foo_Bar")).toMatchObject({ exit: 1, stderr: expect.stringContaining("Did you mean foo-bar?") });
  expect(await create("notes", "--folder", "nomain")).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining("PLUGIN_EXISTS"),
  });
  const into = await create("notes", "--folder", "afile/notes");
  expect([into.exit, into.stderr]).toEqual([1, expect.stringMatching(/afile\/notes .*(?:ENOTDIR|EEXIST)/)]);
  expect(into.stderr).not.toContain("report this");
  expect(
    (await readdir(place.cwd)).filter((name) => !/^(?:afile|nomain|gonemain|badjson|control|two|empty|\.git)$/.test(name)),
  ).toEqual([]);
});

test("a full disk at any size of file: nothing is installed, or all of it is", async () => {
  const place = await bench([]);
  await writeFiles(path.join(place.cwd, "warden"), wardenFiles());
  for (const kib of [1, 16, 64, 120]) {
    const shell = `ulimit -f ${kib * 2}; exec`;
    const { exit, stderr } = await place.gantry(["plugins", "install", "./warden", ...wardenFlags], { shell });
    expect([kib, exit, stderr]).toEqual([kib, 1, expect.stringMatching(/PLUGIN_STORE_FAILED|PLUGIN_BUILD_FAILED/)]);
    expect(stderr).not.toMatch(noStack);
    expect(await everyFile(path.join(place.home, store))).toEqual({});
  }
  expect((await place.gantry(["plugins", "install", "./warden", ...wardenFlags])).exit).toBe(0);
});

test("installs and updates that run at once leave one of them in force, whole", async () => {
  const place = await bench([]);
  await writeFiles(path.join(place.cwd, "warden"), wardenFiles());
  await writeFiles(path.join(place.cwd, "other"), wardenFiles({ version: "2.0.0", word: "two" }));
  const installs = ["./warden", "./other", "./warden", "./other"].map((spec) =>
    place.gantry(["plugins", "install", spec, ...wardenFlags]),
  );
  const ended = await Promise.all(installs);
  expect(ended.some(({ exit }) => exit === 0)).toBe(true);
  for (const { exit, stderr } of ended) {
    if (exit !== 0) expect(stderr).toMatch(/^PLUGIN_\w+: /);
    expect(stderr).not.toMatch(noStack);
  }
  expect((await place.gantry(["plugins", "verify"])).exit).toBe(0);
  expect((await place.gantry(["warden", "say", "hi"])).stdout).toMatch(/^first\n(?:one|two) hi\n$/);
  expect((await place.gantry(["plugins", "uninstall", "warden"])).exit).toBe(0);
  expect(await everyFile(path.join(place.home, store))).toEqual({});
});

test("an install of the same bytes says so", async () => {
  const place = await bench([]);
  await writeFiles(path.join(place.cwd, "warden"), wardenFiles());
  await place.gantry(["plugins", "install", "./warden", ...wardenFlags]);
  expect((await place.gantry(["plugins", "install", "./warden", ...wardenFlags])).stdout).toContain(
    "in place of 1.0.0, with the same bytes",
  );
});

test("Gantry itself may be installed by links, as some package managers do: a plugin is bundled all the same", async () => {
  const place = await bench([]);
  const [modules, product] = [path.join(place.home, "../node_modules"), path.join(place.home, "../node_modules/gantry")];
  const built = path.dirname(path.dirname(launcher));
  await mkdir(product, { recursive: true });
  for (const name of ["bin", "dist", "package.json"])
    await cp(path.join(built, name), path.join(product, name), { recursive: true });
  for (const name of ["esbuild", "zod"])
    await symlink(await realpath(path.join(built, "node_modules", name)), path.join(modules, name));
  await writeFiles(path.join(place.cwd, "warden"), wardenFiles());
  const installed = await place.gantry(["plugins", "install", "./warden", ...wardenFlags], {
    launcher: path.join(product, "bin/gantry.cjs"),
  });
  expect(installed).toMatchObject({ exit: 0, stderr: "" });
});

test("rules may name the tools of a plugin that is disabled or not loaded; of one that is gone they are a mistake, with the name", async () => {
  const place = await bench([{ say: "Done." }, { say: "Done." }], {
    "gantry.config.json": '{"permissions":{"deny":["WardenCount"]}}',
  });
  await writeFiles(path.join(place.home, "../warden"), wardenFiles());
  const install = ["plugins", "install", path.join(place.home, "../warden"), "--project", ...wardenFlags];
  expect((await place.gantry(install)).exit).toBe(0);
  await place.gantry(["plugins", "disable", "warden"]);
  expect((await place.run("go", ["--trust"])).exit).toBe(0);
  expect((await place.run("go", ["--trust", "--no-plugins"])).exit).toBe(0);
  await rm(path.join(place.cwd, ".gantry"), { recursive: true });
  const gone = await place.run("go", ["--trust"]);
  expect([gone.exit, gone.json.error?.message]).toEqual([2, expect.stringContaining("WardenCount")]);
});

test("a lock, a consent and a bundle that are garbage are told, and stop neither help nor a run", async () => {
  const garbage = [
    "",
    "{",
    "[]",
    "null",
    '{"version":9,"plugins":{}}',
    '{"version":1,"plugins":{"warden":7}}',
    '{"__proto__":1}',
    "\u0000".repeat(100),
  ];
  const place = await bench(garbage.flatMap(() => [{ say: "Done." }, { say: "Done." }]));
  await writeFiles(path.join(place.cwd, "warden"), wardenFiles());
  await place.gantry(["plugins", "install", "./warden", ...wardenFlags]);
  for (const name of ["lock.json", "consents/user.json"]) {
    const file = path.join(place.home, store, "plugins", name);
    const good = await readFile(file);
    for (const text of garbage) {
      await writeFile(file, text);
      const [help, run, list] = await Promise.all([
        place.gantry(["--help"]),
        place.gantry(["run", "go"]),
        place.gantry(["plugins", "list"]),
      ]);
      expect([name, text, help.exit, help.stderr]).toEqual([name, text, 0, ""]);
      expect([name, text, [0, 3].includes(run.exit ?? -1), run.stderr]).toEqual([
        name,
        text,
        true,
        expect.not.stringMatching(noStack),
      ]);
      expect([name, text, list.stderr + list.stdout]).toEqual([name, text, expect.not.stringMatching(noStack)]);
    }
    await writeFile(file, good);
  }
  expect((await place.gantry(["warden", "say", "hi"])).exit).toBe(0);
});
