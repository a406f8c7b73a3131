import { execFileSync } from "node:child_process";
import { chmod, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { GuestFacts } from "../../core/contract/guest.ts";
import type { InstalledPlugin } from "../../core/contract/installed.ts";
import { changeConsent, putConsent, putVersion, removePlugin } from "../../core/plugin-store/changes.ts";
import { readEach, readInstalled, sourceOf } from "../../core/plugin-store/installed.ts";
import { consentFile, lockFile, type StorePlace, storageFile, storeFolder } from "../../core/plugin-store/layout.ts";
import { createLiveGrants } from "../../core/plugin-store/live-grants.ts";
import type { StoreProblem } from "../../core/plugin-store/scopes-on-disk.ts";
import { confirmStarted, rollBack } from "../../core/plugin-store/settle.ts";
import { makeStaging } from "../../core/plugin-store/staging.ts";
import { noUsage, readUsage, recordUse } from "../../core/plugin-store/usage.ts";
import { manifestOf, pluginVersion } from "../support/plugin-versions.ts";
import { filesIn, install, storeOf } from "./store-of.ts";

const source = (plugin: InstalledPlugin): Promise<string> =>
  sourceOf({ name: plugin.name, bundleFile: plugin.bundleFile, sha512: plugin.lock.sha512 });

const makePipe = (file: string): void => void execFileSync("mkfifo", [file]);

function only(place: StorePlace): InstalledPlugin {
  const [plugin, ...others] = readInstalled(place);
  if (plugin === undefined || others.length > 0) throw new Error(`${others.length} others`);
  return plugin;
}

function told(place: StorePlace): string[] {
  const problems: StoreProblem[] = [];
  readInstalled({ ...place, onProblem: (problem) => problems.push(problem) });
  return problems.map(({ message }) => message);
}

describe("install, update and uninstall", () => {
  test("an installed plugin is ready, with what was granted and the bytes that were shown", async () => {
    const place = await storeOf();
    const version = await install(place);
    const plugin = only(place);
    expect(plugin).toMatchObject({ name: "notes", version: "1.0.0", scope: "user", state: "ready", grants: version.grants });
    expect([plugin.manifest, plugin.isNew]).toEqual([version.manifest, undefined]);
    expect(await source(plugin)).toBe(version.source);
    const modes = await Promise.all(
      [consentFile(place, "user"), lockFile(place, "user")].map(async (file) => (await stat(file)).mode & 0o777),
    );
    expect(modes).toEqual([0o600, 0o600]);
  });

  test("uninstalled, nothing is left but empty folders", async () => {
    const place = await storeOf();
    await install(place);
    await install(place, { scope: "project", name: "guard" });
    await recordUse(place, [{ scope: "user", facts: { ...guestFacts, plugin: "notes" } }]);
    await mkdir(path.dirname(storageFile(place, { name: "notes", scope: "user" })), { recursive: true });
    await writeFile(storageFile(place, { name: "notes", scope: "user" }), "{}");
    await removePlugin(place, { name: "notes", scope: "user", keepData: false });
    await removePlugin(place, { name: "guard", scope: "project", keepData: false });
    expect([await filesIn(place), readInstalled(place)]).toEqual([[], []]);
  });

  test("kept data is for the same source again, and for no other", async () => {
    const place = await storeOf();
    const file = storageFile(place, { name: "notes", scope: "user" });
    const keep = async () => {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, "{}");
      await removePlugin(place, { name: "notes", scope: "user", keepData: true });
    };
    await install(place);
    await keep();
    await install(place, { name: "other" });
    await install(place);
    expect(await readFile(file, "utf8")).toBe("{}");
    await keep();
    const other = pluginVersion();
    await putVersion(place, { ...other, lock: { ...other.lock, spec: "somewhere-else" } });
    await expect(readFile(file)).rejects.toThrow("ENOENT");
  });

  test("an update keeps what it replaced until it has started once", async () => {
    const place = await storeOf();
    const old = await install(place);
    const next = await install(place, {
      version: "2.0.0",
      replaces: old,
      grants: { "fs.read": ["./**"] },
      asks: { "fs.read": ["./**"] },
    });
    const plugin = only(place);
    expect([plugin.version, plugin.isNew, await source(plugin)]).toEqual(["2.0.0", true, next.source]);
    expect((await filesIn(place)).filter((file) => file.endsWith("plugin.js"))).toHaveLength(2);
    await confirmStarted(place, plugin);
    expect([only(place).isNew, only(place).grants]).toEqual([undefined, { "fs.read": ["./**"] }]);
    expect((await filesIn(place)).filter((file) => file.endsWith("plugin.js"))).toHaveLength(1);
  });

  test("an update that does not start gives way to the version before, with its grants", async () => {
    const place = await storeOf();
    const old = await install(place);
    await install(place, { version: "2.0.0", replaces: old, grants: { "fs.read": ["./**"] } });
    const restored = await rollBack(place, only(place), "it throws at once");
    expect(restored).toMatchObject({ version: "1.0.0", state: "ready", grants: old.grants });
    expect([only(place), (await filesIn(place)).filter((file) => file.endsWith("plugin.js")).length]).toEqual([restored, 1]);
    expect(await rollBack(place, only(place))).toBeUndefined();
    expect((await readUsage(place, only(place)))?.lastProblem).toEqual({
      at: expect.any(String),
      code: "PLUGIN_ROLLED_BACK",
      message: "2.0.0 did not start and 1.0.0 is in force again: it throws at once",
    });
  });

  test("an update over one that never started keeps the last that did", async () => {
    const place = await storeOf();
    const first = await install(place);
    const second = await install(place, { version: "2.0.0", replaces: first });
    await install(place, { version: "3.0.0", replaces: second });
    expect((await filesIn(place)).filter((file) => file.endsWith("plugin.js"))).toHaveLength(2);
    await rollBack(place, only(place));
    expect([only(place).version, only(place).isNew, await source(only(place))]).toEqual(["1.0.0", undefined, first.source]);
    const again = await install(place, { version: "2.0.0", replaces: first });
    await install(place, { replaces: again });
    expect([only(place).version, only(place).isNew]).toEqual(["1.0.0", undefined]);
  });

  test("a version that was switched off comes back switched off", async () => {
    const place = await storeOf();
    const old = await install(place);
    await install(place, { version: "2.0.0", replaces: old });
    const running = only(place);
    await changeConsent(place, { name: "notes", scope: "user" }, ({ grants }) => ({ grants, disabled: true }));
    await rollBack(place, running);
    expect(only(place)).toMatchObject({ version: "1.0.0", state: "disabled" });
    await changeConsent(place, { name: "notes", scope: "user" }, ({ grants }) => ({ grants }));
    expect(only(place)).toMatchObject({ version: "1.0.0", state: "ready" });
  });

  test("a grant that is taken back does not return with the version before", async () => {
    const place = await storeOf();
    const old = await install(place, { asks: { "fs.read": ["./a/**"], "user.ask": true } });
    await install(place, { version: "2.0.0", replaces: old, asks: { "fs.read": ["./a/**"], "user.ask": true } });
    await changeConsent(place, { name: "notes", scope: "user" }, () => ({ grants: { "user.ask": true } }));
    await rollBack(place, only(place));
    expect(only(place).grants).toEqual({ "user.ask": true });
  });

  test("what was planned over other bytes than are there is refused", async () => {
    const place = await storeOf();
    const old = await install(place);
    await install(place, { version: "2.0.0", replaces: old });
    await expect(install(place, { version: "3.0.0", replaces: old })).rejects.toThrow(
      /installed as 2\.0\.0 by another process/,
    );
    await expect(install(place)).rejects.toMatchObject({ code: "PLUGIN_STORE_FAILED" });
    expect(only(place).version).toBe("2.0.0");
  });

  test("one code with two manifests is two bundles", async () => {
    const place = await storeOf();
    const old = await install(place, { code: '"same"' });
    await install(place, { code: '"same"', version: "1.0.1", replaces: old });
    expect([only(place).version, await source(only(place))]).toEqual(["1.0.1", '"same"']);
  });
});

describe("a project's lock", () => {
  test("brings bytes and never consent, whatever it claims", async () => {
    const place = await storeOf();
    const elsewhere = await storeOf();
    await install({ ...place, dataHome: elsewhere.dataHome }, { scope: "project" });
    expect(only(place)).toMatchObject({ state: "needs-consent", grants: {}, problem: { code: "PLUGIN_CONSENT_REQUIRED" } });

    const file = lockFile(place, "project");
    const lock = JSON.parse(await readFile(file, "utf8"));
    const everything = { "fs.read": ["/**"], "process.run": ["*"] };
    Object.assign(lock.plugins.notes, { grants: everything, consent: { grants: everything }, disabled: false });
    await writeFile(file, JSON.stringify({ ...lock, grants: everything }));
    await mkdir(path.join(place.project, ".gantry/consents"));
    await writeFile(
      path.join(place.project, ".gantry/consents/user.json"),
      JSON.stringify({ version: 1, plugins: { notes: { grants: everything } } }),
    );
    expect(only(place)).toMatchObject({ state: "needs-consent", grants: {} });
    expect(told(place)).toEqual([
      expect.stringContaining('notes says "grants", "consent", "disabled", which counts for nothing in a lock'),
    ]);
  });

  test("with other bytes under the same name needs a new answer", async () => {
    const place = await storeOf();
    const mine = await install(place, { scope: "project" });
    const theirs = pluginVersion({ scope: "project", code: '"other bytes"', asks: mine.grants });
    const lock = { version: 1, plugins: { notes: theirs.lock } };
    await writeFile(lockFile(place, "project"), JSON.stringify(lock));
    expect(only(place)).toMatchObject({ state: "needs-consent", grants: {} });
    expect(only(place).problem?.message).toContain("names other bytes of notes");
    const live = createLiveGrants(place);
    expect([live.grantsOf(only(place)), live.grantsOf({ ...only(place), lock: mine.lock })]).toEqual([{}, mine.grants]);
  });

  test("stands behind this user's own plugin of the name until it is answered, and then in front", async () => {
    const place = await storeOf();
    await install(place, { version: "1.0.0" });
    const elsewhere = await storeOf();
    const theirs = await install({ ...place, dataHome: elsewhere.dataHome }, { scope: "project", version: "9.0.0" });
    expect(only(place)).toMatchObject({ version: "1.0.0", scope: "user" });
    const waiting = readEach(place).find(({ scope }) => scope === "project");
    if (waiting === undefined) throw new Error("nothing waits");
    await putConsent(place, { plugin: waiting, manifest: theirs.manifest, grants: {} });
    expect(only(place)).toMatchObject({ version: "9.0.0", scope: "project", state: "ready", grants: {} });
  });

  test("consents are one project's: at another place the same files need an answer", async () => {
    const place = await storeOf();
    await install(place, { scope: "project" });
    const moved = { ...place, project: `${place.project}-2` };
    await rename(place.project, moved.project);
    expect(only(moved).state).toBe("needs-consent");
  });

  test.each<[string, (file: string, place: StorePlace) => Promise<void>]>([
    ["no JSON", (file) => writeFile(file, "{")],
    ["a list", (file) => writeFile(file, "[]")],
    ["another version", (file) => writeFile(file, '{"version": 2, "plugins": {}}')],
    ["plugins as a list", (file) => writeFile(file, '{"version": 1, "plugins": []}')],
    ["17 MiB", (file) => writeFile(file, `{"a": "${"x".repeat(17 * 1024 * 1024)}"}`)],
    [
      "a folder",
      (file) =>
        rm(file)
          .then(() => mkdir(file))
          .then(() => undefined),
    ],
    ["a pipe", (file) => rm(file).then(() => makePipe(file))],
    [
      "a link out of the project",
      async (file, place) => {
        await rename(file, path.join(place.dataHome, "elsewhere.json"));
        await symlink(path.join(place.dataHome, "elsewhere.json"), file);
      },
    ],
  ])("that is %s makes what was answered broken, and is never written over", async (_what, spoil) => {
    const place = await storeOf();
    const version = await install(place, { scope: "project" });
    const file = lockFile(place, "project");
    await spoil(file, place);
    expect(only(place)).toMatchObject({
      state: "broken",
      grants: {},
      manifest: version.manifest,
      problem: { code: "PLUGIN_STORE_FAILED" },
    });
    expect(told(place)).toHaveLength(1);
    await expect(install(place, { scope: "project", name: "other" })).rejects.toMatchObject({ code: "PLUGIN_STORE_FAILED" });
    expect(only(place).state).toBe("broken");
  });

  test("in a .gantry that is a link is not read, and nothing is written through it", async () => {
    const place = await storeOf();
    await install(place, { scope: "project" });
    const outside = path.join(place.dataHome, "outside");
    await rename(path.join(place.project, ".gantry"), outside);
    await symlink(outside, path.join(place.project, ".gantry"));
    expect(only(place).state).toBe("broken");
    await expect(removePlugin(place, { name: "notes", scope: "project", keepData: false })).rejects.toThrow(
      /is not a folder of the project itself/,
    );
  });

  test("with names and entries that do not fit loses those alone, and says which", async () => {
    const place = await storeOf();
    const version = pluginVersion({ scope: "project" });
    const good = version.lock;
    const plugins = {
      notes: good,
      "../escape": good,
      Upper: good,
      constructor: good,
      short: { ...good, sha512: "abc" },
      wrong: { ...good, asks: { "fs.read": "./a" } },
      host: { ...good, asks: { "host.plugins": true } },
      lines: { ...good, spec: "a\nb" },
    };
    await mkdir(path.join(place.project, ".gantry"));
    await writeFile(
      lockFile(place, "project"),
      `{"version":1,"plugins":${JSON.stringify(plugins).replace("{", '{"__proto__":{"spec":"x"},')}}`,
    );
    expect(readInstalled(place).map(({ name, state }) => [name, state])).toEqual([
      ["constructor", "needs-consent"],
      ["notes", "needs-consent"],
    ]);
    expect(told(place).map((text) => text.slice(text.indexOf(": ") + 2))).toEqual([
      '"__proto__" is left out: a plugin\'s name is lower-case letters, digits and -, at most 64',
      '"../escape" is left out: a plugin\'s name is lower-case letters, digits and -, at most 64',
      '"Upper" is left out: a plugin\'s name is lower-case letters, digits and -, at most 64',
      '"short" is left out: sha512 is not 128 hex digits',
      '"wrong" is left out: asks: "fs.read" is no permission of a plugin, or has no scope of its kind',
      '"host" is left out: asks: "host.plugins" is no permission of a plugin, or has no scope of its kind',
      '"lines" is left out: spec is not a text of one line',
    ]);
  });
});

describe("consents", () => {
  test.each<[string, (text: string) => string]>([
    ["cut", (text) => text.slice(0, -10)],
    ["about other bytes", (text) => text.replace(/"sha512":"[0-9a-f]/, '"sha512":"z')],
    [
      "with grants of a wrong shape",
      (text) => text.replace('"grants":{"fs.read":["./notes/**"]}', '"grants":{"fs.read":"/**"}'),
    ],
    ["with host grants", (text) => text.replace('"grants":{"fs.read":["./notes/**"]}', '"grants":{"host.plugins":true}')],
    ["with grants that are a list", (text) => text.replace('"grants":{"fs.read":["./notes/**"]}', '"grants":[]')],
  ])("that are %s give nothing", async (_what, spoil) => {
    const place = await storeOf();
    await install(place);
    const file = consentFile(place, "user");
    const text = await readFile(file, "utf8");
    const spoiled = spoil(text);
    expect(spoiled).not.toBe(text);
    await writeFile(file, spoiled);
    expect(only(place)).toMatchObject({ grants: {} });
    expect(only(place).state).not.toBe("ready");
    expect(createLiveGrants(place).grantsOf(only(place))).toEqual({});
    expect(told(place)).toHaveLength(1);
  });

  test("of a pipe are not waited for", async () => {
    const place = await storeOf();
    await install(place);
    await rm(consentFile(place, "user"));
    execFileSync("mkfifo", [consentFile(place, "user")]);
    expect(only(place)).toMatchObject({ state: "broken", grants: {} });
    expect(createLiveGrants(place).grantsOf(only(place))).toEqual({});
  });

  test("that another process changes count at the next request", async () => {
    const place = await storeOf();
    await install(place, { asks: { "user.ask": true, notify: true } });
    const plugin = only(place);
    const live = createLiveGrants(place);
    const before = live.grantsOf(plugin);
    expect([before, live.grantsOf(plugin) === before]).toEqual([{ "user.ask": true, notify: true }, true]);
    await changeConsent(place, plugin, ({ grants }) => ({ grants: { ...grants, notify: undefined } as never }));
    expect(live.grantsOf(plugin)).toEqual({ "user.ask": true });
    await changeConsent(place, plugin, ({ grants }) => ({ grants, disabled: true }));
    expect([live.grantsOf(plugin), only(place).state]).toEqual([{}, "disabled"]);
    await removePlugin(place, { name: "notes", scope: "user", keepData: false });
    expect(live.grantsOf(plugin)).toEqual({});
    live.close();
  });
});

test("a bundle that was changed, cut, replaced by a pipe or removed is not loaded", async () => {
  const place = await storeOf();
  await install(place);
  const plugin = only(place);
  await chmod(plugin.bundleFile, 0o600);
  for (const spoil of [
    () => writeFile(plugin.bundleFile, "evil"),
    () => writeFile(plugin.bundleFile, ""),
    () => rm(plugin.bundleFile).then(() => makePipe(plugin.bundleFile)),
    () => rm(plugin.bundleFile),
  ]) {
    await spoil();
    await expect(source(plugin)).rejects.toMatchObject({ code: "PLUGIN_CHANGED" });
  }
  await install(place, { replaces: pluginVersion() });
  expect(await source(only(place))).toBe(pluginVersion().source);
});

test("staging of the living stays, of the dead goes with the next write", async () => {
  const place = await storeOf();
  const mine = await makeStaging(place.dataHome);
  const dead = path.join(path.dirname(mine.folder), path.basename(mine.folder).replace(/-\d+-/, "-999999999-"));
  await mkdir(dead);
  await install(place);
  expect([await stat(mine.folder).then((s) => s.isDirectory()), await stat(dead).catch(() => "gone")]).toEqual([true, "gone"]);
  await mine.remove();
});

const guestFacts: GuestFacts = {
  plugin: "notes",
  ...{ state: "stopped", tier: "realm+process", rssMiB: 70, cpuSeconds: 1.5, calls: 3, crashes: 1, refusals: 2 },
  used: { "fs.read": { count: 2, lastAt: "2026-01-02T00:00:00.000Z" } },
  lastProblem: { at: "2026-01-02T00:00:00.000Z", code: "GUEST_CRASHED", message: "gone" },
  log: ["one", "two"],
};

test("use adds up over processes, is bounded, and an unreadable file counts as none", async () => {
  const place = await storeOf();
  await install(place);
  const later = {
    ...guestFacts,
    rssMiB: 60,
    used: { "fs.read": { count: 1, lastAt: "2026-01-01T00:00:00.000Z" } },
    log: Array.from({ length: 500 }, (_, at) => `line ${at} ${"x".repeat(1000)}`),
  };
  await Promise.all([guestFacts, later].map((facts) => recordUse(place, [{ scope: "user", facts }])));
  const usage = await readUsage(place, { name: "notes", scope: "user" });
  expect(usage).toMatchObject({ calls: 6, crashes: 2, refusals: 4, rssMiB: 70, cpuSeconds: 3 });
  expect([usage?.uses, usage?.log.length]).toEqual([
    { "fs.read": { count: 3, lastAt: "2026-01-02T00:00:00.000Z" } },
    expect.any(Number),
  ]);
  expect(Math.max(...(usage?.log ?? []).map((line) => line.length))).toBeLessThanOrEqual(500);
  await writeFile(path.join(storeFolder(place.dataHome), "usage/user/notes.json"), "{");
  expect(await readUsage(place, { name: "notes", scope: "user" })).toBeUndefined();
  await recordUse(place, [
    { scope: "user", facts: { ...guestFacts, ...noUsage(), used: {}, lastProblem: undefined as never } },
  ]);
});

test("reading a hundred plugins takes a few milliseconds", async () => {
  const place = await storeOf();
  const names = Array.from({ length: 100 }, (_, at) => `plugin-${at}`);
  const first = pluginVersion();
  await install(place);
  const consents = JSON.parse(await readFile(consentFile(place, "user"), "utf8"));
  const tool = {
    name: "NoteAdd",
    description: "Adds a note to the notes of this project.",
    effect: "writes",
    inputSchema: {
      type: "object",
      properties: { text: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
      required: ["text"],
    },
  };
  const all = (make: (name: string) => object) => Object.fromEntries(names.map((name) => [name, make(name)]));
  const manifest = (name: string) => ({
    ...manifestOf(name, "1.0.0", first.grants),
    contributes: { tools: [tool, tool], commands: [], taps: [], providers: [] },
  });
  await writeFile(lockFile(place, "user"), JSON.stringify({ version: 1, plugins: all(() => first.lock) }));
  await writeFile(
    consentFile(place, "user"),
    JSON.stringify({ version: 1, plugins: all((name) => ({ ...consents.plugins.notes, manifest: manifest(name) })) }),
  );
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    expect(readInstalled(place)).toHaveLength(100);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  // The bound of the product is 3 ms on a machine of its own; a shared one is given time.
  expect(times[4]).toBeLessThan(30);
});
