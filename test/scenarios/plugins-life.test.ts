/** The life of a plugin from a clean home, each step by the built command: written, tested, installed, used, updated, taken away. */
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { gantryOnTerminal } from "../shell/gantry.ts";
import { type AuthorPlugin, everyFile, wardenFiles, wardenFlags, wardenGrants } from "../support/author-plugin.ts";
import { type Bench, bench, jsonLines, resultTexts, writeFiles } from "../support/cli.ts";
import { installWarden } from "../support/installed-warden.ts";
import { packFolder, startNpmRegistry } from "../support/npm-registry.ts";

const run = promisify(execFile);
const call = (name: string, input: object = {}): unknown => ({ call: { name, input } });
const write = (file_path: string): unknown => call("Write", { file_path, content: "x" });
const count = call("WardenCount", { path: "notes.txt" });
const done = { say: "Done." };
const yes = ["--approve", "always"];
const notes = { "notes.txt": "12345" };
/** What one run uses the plugin for: its tool, and an edit its judge is against. */
const use = [count, write("kept.txt"), done];

interface Source {
  spec: string;
  env?: Record<string, string>;
}

async function fromFolder(place: Bench): Promise<Source> {
  await writeFiles(path.join(place.cwd, "warden"), wardenFiles());
  return { spec: "./warden" };
}

async function fromTarball(place: Bench): Promise<Source> {
  const { "package.json": text = "", ...files } = wardenFiles();
  const tarball = await packFolder(
    { name: "warden", version: "1.0.0", manifest: JSON.parse(text), files },
    path.join(place.home, "../packed"),
  );
  return { spec: tarball };
}

async function fromGit(place: Bench): Promise<Source> {
  const source = path.join(place.home, "../source");
  const git = (...args: string[]) =>
    run("git", ["-c", "user.name=me", "-c", "user.email=me@example.com", ...args], { cwd: source, env: place.env });
  await writeFiles(source, wardenFiles());
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "one");
  await git("tag", "v1");
  await writeFiles(source, wardenFiles({ version: "2.0.0", word: "newest" }));
  await git("commit", "--quiet", "--all", "--message", "two");
  await git("clone", "--quiet", "--bare", source, path.join(place.home, "../warden.git"));
  return { spec: `git+file://${await realpath(path.join(place.home, "../warden.git"))}#v1` };
}

async function fromRegistry(): Promise<Source> {
  const registry = await startNpmRegistry();
  onTestFinished(() => registry.close());
  await registry.publish({
    name: "warden-words",
    version: "1.0.3",
    manifest: { type: "module" },
    files: { "index.js": 'export const word = "one";' },
  });
  const { "package.json": text = "", ...files } = wardenFiles({ wordFrom: "warden-words" });
  const manifest = { ...JSON.parse(text), dependencies: { "warden-words": "^1.0.0" } };
  await registry.publish({ name: "gantry-plugin-warden", version: "1.0.0", manifest, files });
  await registry.publish({ name: "gantry-plugin-warden", version: "2.0.0", manifest, files: { "index.ts": "throw 1;" } });
  return { spec: "gantry-plugin-warden@1.0.0", env: { npm_config_registry: registry.url } };
}

/** Sessions stay, and so do npm's own cache and the compiled code of this build. */
const isNotPlugins = (file: string): boolean => /(?:^|\/)(?:sessions|\.npm|\.cache)(?:\/|$)/.test(file);

test.each([
  ["a folder", fromFolder],
  ["a tarball", fromTarball],
  ["a git repository at a ref", fromGit],
  ["a registry, with a dependency of its own", fromRegistry],
])("from %s: installed with a yes, it works in every part, and uninstalled it leaves nothing", async (_, prepare) => {
  const place = await bench(use, notes);
  // Whatever a command without plugins leaves in a home (caches) is no trace of one.
  await place.gantry(["plugins", "list"]);
  const before = await everyFile(place.home, isNotPlugins);
  const { spec, env = {} } = await prepare(place);

  expect(await place.gantry(["plugins", "install", spec], { env })).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining(
      `gantry plugins install ${/#/.test(spec) ? `'${spec}'` : spec} --grant 'fs.read=./**' --grant hook.tap=tool.approve:Write`,
    ),
  });
  expect(await everyFile(place.home, isNotPlugins)).toEqual(before);
  const installed = await place.gantry(["plugins", "install", spec, ...wardenFlags], { env });
  expect(installed).toMatchObject({ exit: 0, stderr: "", stdout: expect.stringContaining("warden 1.0.0 is installed.") });

  const { json } = await place.run("go", yes);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "denied"]);
  expect(resultTexts(place.model, 1)).toEqual(["one 5"]);
  expect(resultTexts(place.model, 2)[0]).toContain("the warden keeps it");
  expect(await readdir(place.cwd)).not.toContain("kept.txt");

  expect(await place.gantry(["warden", "say", "hello"])).toMatchObject({ exit: 0, stdout: "first\none hello\n", stderr: "" });
  const asJson = await place.gantry(["warden", "say", "hello", "--json", "--code", "42"]);
  expect([asJson.exit, JSON.parse(asJson.stdout)]).toEqual([
    42,
    { ok: true, kind: "warden.say", data: { word: "one", what: "hello" }, warnings: [] },
  ]);
  expect((await place.gantry(["--help"])).stdout).toMatch(/warden +/);

  expect(await place.gantry(["plugins", "uninstall", "warden"])).toMatchObject({ exit: 0, stderr: "" });
  expect(await everyFile(place.home, isNotPlugins)).toEqual(before);
  expect((await place.gantry(["warden", "say", "hello"])).exit).toBe(2);
});

test("create, edit, test, install: what is installed is what was edited", async () => {
  const place = await bench([call("NoteGuardCount", { path: "notes.txt" }), write("a.txt"), done], notes);
  expect(await place.gantry(["plugins", "create", "note-guard"])).toMatchObject({ exit: 0, stderr: "" });
  const judge = path.join(place.cwd, "note-guard/src/judge.ts");
  const test = path.join(place.cwd, "note-guard/test/plugin.test.ts");
  expect((await place.gantry(["plugins", "test", "note-guard"])).exit).toBe(0);
  await writeFile(judge, (await readFile(judge, "utf8")).replace("DO NOT COMMIT", "x"));
  const failing = await place.gantry(["plugins", "test", "note-guard"]);
  expect([failing.exit, failing.stdout]).toEqual([1, expect.stringContaining("✖ the judge asks")]);
  await writeFile(test, (await readFile(test, "utf8")).replaceAll("x = 1", "y = 1").replaceAll("DO NOT COMMIT", "x"));
  expect(await place.gantry(["plugins", "test", "note-guard"])).toMatchObject({ exit: 0, stderr: "" });
  const grants = ["--grant", "fs.read=./**", "--grant", "hook.tap=tool.approve:Edit,Write"];
  expect((await place.gantry(["plugins", "install", "./note-guard", ...grants])).exit).toBe(0);
  const { json } = await place.run("go", ["--permission-mode", "acceptEdits"]);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "denied"]);
  expect(resultTexts(place.model, 2)[0]).toContain('the text says "x"');
});

/** With warden 1.0.0 installed from `./warden`. */
async function withWarden(steps: readonly unknown[] = []): Promise<Bench> {
  const place = await bench(steps, notes);
  await installWarden(place);
  return place;
}

const rewrite = (place: Bench, plugin: AuthorPlugin): Promise<void> =>
  writeFiles(path.join(place.cwd, "warden"), wardenFiles(plugin));
const wider = { ...wardenGrants, storage: "64KiB" };

async function version(place: Bench): Promise<{ version: string; state: string; isNew?: boolean; grants: unknown }> {
  const { stdout } = await place.gantry(["plugins", "inspect", "warden", "--json"]);
  return JSON.parse(stdout).data;
}

test("an update that asks for more is asked about again; --yes grants nothing new, and the former one goes on working", async () => {
  const place = await withWarden([...use, count, done]);
  await rewrite(place, { version: "2.0.0", word: "two", permissions: wider });
  for (const flags of [[], ["--yes"], ["--grant", "storage=1KiB"]]) {
    expect(await place.gantry(["plugins", "update", "warden", ...flags])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining("may keep data of its own, up to 64KiB [storage]"),
    });
  }
  expect(await version(place)).toMatchObject({ version: "1.0.0", grants: wardenGrants });
  const { json } = await place.run("go", yes);
  expect([json.toolCalls.map(({ outcome }) => outcome), resultTexts(place.model, 1)]).toEqual([["ok", "denied"], ["one 5"]]);

  const updated = await place.gantry(["plugins", "update", "warden", "--grant", "storage=64KiB"]);
  expect(updated).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining("warden is 2.0.0 now. 1.0.0 is kept until 2.0.0 has started once."),
  });
  expect(await version(place)).toMatchObject({ version: "2.0.0", isNew: true, grants: wider });
  await place.run("again", yes);
  expect(resultTexts(place.model)).toEqual(["two 5"]);
  expect((await version(place)).isNew).not.toBe(true);
});

test("an update that throws when it is loaded is refused, and nothing changes", async () => {
  const place = await withWarden([count, done]);
  await rewrite(place, { version: "2.0.0", top: 'throw new Error("no good");' });
  expect(await place.gantry(["plugins", "update", "warden"])).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining("no good"),
  });
  expect(await version(place)).toMatchObject({ version: "1.0.0", state: "ready" });
  await place.run("go", yes);
  expect(resultTexts(place.model)).toEqual(["one 5"]);
});

test("an update that throws when it is first used is rolled back in that session, and said; the call it failed is not made", async () => {
  const place = await withWarden([write("kept.txt"), count, write("kept.txt"), done, count, done]);
  // Its options are parsed where it starts to work, and not where it is described for the consent.
  const options = 'z.looseObject({}).superRefine(() => { throw new Error("no start"); })';
  await rewrite(place, { version: "3.0.0", word: "three", options });
  expect((await place.gantry(["plugins", "update", "warden"])).exit).toBe(0);
  expect(await version(place)).toMatchObject({ version: "3.0.0", isNew: true });
  const { json, stderr } = await place.run("go", yes);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["denied", "ok", "denied"]);
  expect(stderr).toMatch(/3\.0\.0 did not start \(.*no start.*\); 1\.0\.0 is in force again/s);
  expect(resultTexts(place.model, 2)).toEqual(["one 5"]);
  expect(resultTexts(place.model, 3)[0]).toContain("the warden keeps it");
  expect(await version(place)).toMatchObject({ version: "1.0.0", state: "ready" });
  await place.run("again", yes);
  expect(resultTexts(place.model)).toEqual(["one 5"]);
});

test("an update that cannot start is rolled back by its command too, and said; one whose command was answered is settled", async () => {
  const place = await withWarden();
  const options = 'z.looseObject({}).superRefine(() => { throw new Error("no start"); })';
  await rewrite(place, { version: "3.0.0", word: "three", options });
  expect((await place.gantry(["plugins", "update", "warden"])).exit).toBe(0);
  const say = ["warden", "say", "hello"];
  const failed = await place.gantry(say);
  expect([failed.exit === 0, failed.stderr]).toEqual([
    false,
    expect.stringMatching(/3\.0\.0 did not start \(.*no start.*\); 1\.0\.0 is in force again/s),
  ]);
  expect(await version(place)).toMatchObject({
    version: "1.0.0",
    state: "ready",
    lastProblem: { message: expect.stringContaining("no start") },
  });
  expect(await place.gantry(say)).toMatchObject({ exit: 0, stdout: "first\none hello\n", stderr: "" });

  await rewrite(place, { version: "4.0.0", word: "four" });
  expect((await place.gantry(["plugins", "update", "warden"])).exit).toBe(0);
  expect(await version(place)).toMatchObject({ version: "4.0.0", isNew: true });
  expect(await place.gantry(say)).toMatchObject({ exit: 0, stdout: "first\nfour hello\n" });
  expect((await version(place)).isNew).not.toBe(true);
  expect(await version(place)).toMatchObject({ calls: expect.any(Number) });
});

test("a grant that is taken away in the middle of a session: the next call is denied, and the model is told", async () => {
  const wait = call("Bash", { command: "while [ ! -e go.txt ]; do sleep 0.02; done" });
  const place = await withWarden([count, wait, count, done]);
  const session = place.start(["run", "go", "--output", "stream-json", ...yes]);
  await session.sees('"one 5"');
  expect(await place.gantry(["plugins", "grants", "warden", "--revoke", "fs.read"])).toMatchObject({ exit: 0, stderr: "" });
  await writeFile(path.join(place.cwd, "go.txt"), "");
  const { exit, stdout } = await session.finished;
  expect(exit).toBe(0);
  expect(resultTexts(place.model)[0]).toMatch(/PERMISSION_DENIED|may not read notes\.txt/);
  const told = jsonLines(stdout).filter(({ type }) => type === "note");
  expect(told).toEqual([
    expect.objectContaining({ data: { from: "warden", text: expect.stringContaining("may not read notes.txt") } }),
  ]);
});

test("a grant that is taken away between two lines of a line session is gone in the next, and given back it is there again", async () => {
  const place = await withWarden([count, { say: "First." }, count, { say: "Second." }, count, { say: "Third." }]);
  const terminal = gantryOnTerminal({ workspace: place.cwd, env: place.env }, []);
  const ask = async (line: string, answer: string): Promise<void> => {
    terminal.types(`${line}\r`);
    await terminal.shows(answer);
  };
  await ask("one", "First.");
  await place.gantry(["plugins", "grants", "warden", "--revoke", "fs.read"]);
  await ask("two", "Second.");
  await place.gantry(["plugins", "grants", "warden", "--grant", "fs.read=./*.txt"]);
  await ask("three", "Third.");
  terminal.types("\u0004");
  expect(await terminal.ended).toBe(0);
  expect([1, 3, 5].map((at) => resultTexts(place.model, at).at(-1))).toEqual([
    "one 5",
    expect.stringContaining("may not read"),
    "one 5",
  ]);
});

test("a linked folder: the next line of a line session runs what was edited, each part once", async () => {
  const place = await bench([count, { say: "First." }, count, { say: "Second." }], notes);
  const linked = (word: string): Promise<void> =>
    rewrite(place, {
      word,
      permissions: { ...wardenGrants, "hook.tap": ["tool.approve:Write", "turn.end"] },
      taps: `, { on: "turn.end", kind: "observe", run: () => ({ say: "ended by ${word}" }) }`,
    });
  await linked("old");
  const flags = ["--grant", "fs.read=./**", "--grant", 'hook.tap=["tool.approve:Write","turn.end"]'];
  expect(await place.gantry(["plugins", "link", "./warden", ...flags])).toMatchObject({ exit: 0, stderr: "" });
  const terminal = gantryOnTerminal({ workspace: place.cwd, env: place.env }, []);
  terminal.types("one\r");
  await terminal.shows("ended by old");
  await linked("new");
  await terminal.shows("its folder changed");
  terminal.types("two\r");
  await terminal.shows("ended by new");
  terminal.types("\u0004");
  expect(await terminal.ended).toBe(0);
  expect([1, 3].map((at) => resultTexts(place.model, at).at(-1))).toEqual(["old 5", "new 5"]);
  expect(terminal.screen().match(/ended by \w+/g)).toEqual(["ended by old", "ended by new"]);
});

test("disabled, it is not there in any part; enabled, it is as it was", async () => {
  const place = await withWarden([count, write("kept.txt"), done, ...use]);
  expect((await place.gantry(["plugins", "disable", "warden"])).exit).toBe(0);
  const without = await place.run("go", yes);
  expect(without.json.toolCalls.map(({ outcome, code }) => [outcome, code])).toEqual([
    ["error", "TOOL_UNKNOWN"],
    ["ok", undefined],
  ]);
  expect((await place.gantry(["warden", "say", "hello"])).exit).not.toBe(0);
  expect((await place.gantry(["plugins", "enable", "warden"])).exit).toBe(0);
  const withIt = await place.run("again", yes);
  expect(withIt.json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "denied"]);
});

test("one changed byte of the bundle is found by verify, by list and by a run, which leaves the plugin out; update puts it right", async () => {
  const place = await withWarden([count, done, ...use]);
  const { bundleFile } = JSON.parse((await place.gantry(["plugins", "inspect", "warden", "--json"])).stdout).data;
  const bytes = await readFile(bundleFile);
  bytes[bytes.length - 2] = (bytes[bytes.length - 2] ?? 0) ^ 1;
  await rm(bundleFile);
  await writeFile(bundleFile, bytes);
  expect(await place.gantry(["plugins", "verify"])).toMatchObject({
    exit: 1,
    stdout: expect.stringMatching(/warden +user +CHANGED/),
  });
  const { json, stderr } = await place.run("go", yes);
  expect(json.toolCalls[0]).toMatchObject({ outcome: "error" });
  expect(stderr).toContain("warden");
  expect((await place.gantry(["plugins", "update", "warden"])).exit).toBe(0);
  expect((await place.gantry(["plugins", "verify"])).exit).toBe(0);
  expect((await place.run("again", yes)).json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "denied"]);
});

test("of a project: a clone in another home has the bytes, not the consent; plugins install gives it", async () => {
  const place = await bench(use, notes);
  await writeFiles(path.join(place.home, "../warden"), wardenFiles());
  const install = ["plugins", "install", path.join(place.home, "../warden"), "--project", ...wardenFlags];
  expect(await place.gantry(install)).toMatchObject({ exit: 0, stderr: "" });
  const [cwd, HOME] = [path.join(place.home, "../clone"), path.join(place.home, "../other")];
  await mkdir(HOME);
  await cp(place.cwd, cwd, { recursive: true });
  await rm(path.join(place.home, "../warden"), { recursive: true });
  const clone = { cwd, env: { HOME } };

  const asked = await place.run("go", yes, clone);
  expect([asked.exit, asked.json.error?.code]).toEqual([3, "PLUGIN_CONSENT_REQUIRED"]);
  expect((await place.gantry(["warden", "say", "hello"], clone)).exit).not.toBe(0);
  const shown = await place.gantry(["plugins", "install"], clone);
  expect(shown).toMatchObject({ exit: 3, stdout: expect.stringContaining("gantry plugins install warden --grant") });
  expect((await place.gantry(["plugins", "install", "--yes"], clone)).exit).toBe(3);
  expect(place.model.requests).toEqual([]);

  expect(await place.gantry(["plugins", "install", "warden", ...wardenFlags], clone)).toMatchObject({ exit: 0 });
  expect((await place.run("go", yes, clone)).json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "denied"]);
  expect((await place.gantry(["warden", "say", "hello"], clone)).stdout).toBe("first\none hello\n");
});

test("a lock and a config that claim grants give none", async () => {
  const place = await bench([done, ...use], notes);
  await writeFiles(path.join(place.home, "../warden"), wardenFiles());
  await place.gantry(["plugins", "install", path.join(place.home, "../warden"), "--project", ...wardenFlags]);
  const lockFile = path.join(place.cwd, ".gantry/plugins.lock.json");
  const lock = JSON.parse(await readFile(lockFile, "utf8"));
  const all = { "fs.read": ["/**"], "fs.write": ["/**"], "process.run": ["*"], "hook.tap": ["tool.approve:*"] };
  const claims = { grants: all, granted: all, consent: { grants: all }, enabled: true };
  const HOME = path.join(place.home, "../other");
  await mkdir(HOME);
  const planted = [
    { lock: { ...lock, ...claims }, config: {} },
    { lock: { ...lock, plugins: { warden: { ...lock.plugins.warden, ...claims } } }, config: {} },
    { lock: { ...lock, plugins: { warden: { ...lock.plugins.warden, asks: all } } }, config: {} },
    { lock, config: { plugins: [["warden", { enabled: true, grants: all }]] } },
    { lock, config: { plugins: [["warden", { enabled: true }]], permissions: { allow: ["WardenCount"] } } },
  ];
  for (const { lock, config } of planted) {
    await writeFile(lockFile, JSON.stringify(lock));
    await writeFile(path.join(place.cwd, "gantry.config.json"), JSON.stringify(config));
    for (const flags of [[], ["--trust"], yes]) {
      const asked = await place.gantry(["run", "go", ...flags], { env: { HOME } });
      expect([flags, asked.exit === 2 || asked.exit === 3, asked.stderr]).toEqual([
        flags,
        true,
        expect.stringMatching(/PLUGIN_CONSENT_REQUIRED|CONFIG_|TRUST_REQUIRED/),
      ]);
      expect(place.model.requests).toEqual([]);
    }
  }
  const store = await everyFile(path.join(HOME, ".local/share/gantry/plugins"));
  expect(Object.keys(store)).toEqual([]);
});
