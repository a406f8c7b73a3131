import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Bench, bench, writeFiles } from "../support/cli.ts";
import { type Sample, sampleFiles } from "../support/plugin-sample.ts";

// The built command, with real bundles and real guests.

async function withPlugin(sample: Sample = {}): Promise<Bench> {
  const made = await bench([]);
  await put(made, sample);
  return made;
}

const put = (made: Bench, sample: Sample): Promise<void> => writeFiles(path.join(made.cwd, "src"), sampleFiles(sample));

interface Shown {
  [key: string]: unknown;
  plugins: { plan: unknown; state: string }[];
  missing: { kind: string }[];
}

async function json(made: Bench, args: readonly string[], options: { env?: Record<string, string> } = {}) {
  const { stdout, stderr, exit } = await made.gantry([...args, "--json"], options);
  try {
    return {
      exit,
      ...(JSON.parse(stdout) as {
        ok: boolean;
        data: Shown;
        error: { code: string; message: string; detail: Shown };
        warnings: string[];
      }),
    };
  } catch {
    throw new Error(`no JSON (exit ${exit}): ${stdout}${stderr}`);
  }
}

const files = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name));
};

const asks = { "fs.read": ["./notes/**"], "net.fetch": ["api.example.com"], "user.ask": true } as const;
const grants = ["--grant", "fs.read=./notes/**", "--grant", "net.fetch=api.example.com", "--grant", "user.ask"];

test("an install without a yes is exit 3 with the line to type, which then installs; uninstall leaves nothing", async () => {
  const made = await withPlugin({ permissions: asks });
  const refused = await json(made, ["plugins", "install", "./src"]);
  expect([refused.exit, refused.error.code]).toEqual([3, "PLUGIN_CONSENT_REQUIRED"]);
  expect(refused.error.message).toContain("may read files under ./notes");
  const line = "gantry plugins install ./src --grant 'fs.read=./notes/**' --grant net.fetch=api.example.com --grant user.ask";
  expect(refused.error.detail.command).toBe(line);
  expect([
    (await made.gantry(["plugins", "install", "./src", "--yes"])).exit,
    (await made.gantry(["notes", "list"])).exit,
  ]).toEqual([3, 2]);
  expect(await files(path.join(made.home, ".local/share/gantry"))).toEqual([]);

  const installed = await made.gantry(["plugins", "install", "./src", ...grants]);
  expect([installed.exit, installed.stderr]).toEqual([0, ""]);
  expect(installed.stdout).toContain("may send anything it reads under ./notes to api.example.com");
  expect(installed.stdout).toContain("notes 1.0.0 is installed. It brings 1 command.");
  expect((await made.gantry(["notes", "list"])).stdout).toBe("version 1.0.0\n");
  const { data } = await json(made, ["plugins", "list"]);
  expect(data.plugins).toMatchObject([{ name: "notes", version: "1.0.0", scope: "user", state: "ready", grants: asks }]);
  expect((await json(made, ["plugins", "verify"])).data.plugins).toEqual([{ name: "notes", scope: "user", ok: true }]);

  expect((await made.gantry(["plugins", "uninstall", "notes"])).stdout).toBe("The plugin notes is uninstalled.\n");
  expect(await files(path.join(made.home, ".local/share/gantry"))).toEqual([]);
});

test("some of the flags are not all: the rest is named, and what is not asked for is not granted", async () => {
  const made = await withPlugin({ permissions: asks });
  const part = await json(made, ["plugins", "install", "./src", "--grant", "fs.read=./**"]);
  expect(part.error.detail.missing.map(({ kind }) => kind)).toEqual(["net.fetch", "user.ask"]);
  expect(part.error.detail.command).toContain("--grant 'fs.read=./**' --grant net.fetch=api.example.com --grant user.ask");
  const more = await json(made, [
    "plugins",
    "install",
    "./src",
    "--grant",
    "fs.read=/**",
    "--grant",
    "process.run=*",
    ...grants,
  ]);
  expect([more.exit, more.warnings.join()]).toEqual([0, expect.stringContaining("does not ask for process.run")]);
  expect((await json(made, ["plugins", "inspect", "notes"])).data.grants).toEqual(asks);
});

test("wrong flags and names are exit 2 with everything that is wrong, and the nearest", async () => {
  const made = await withPlugin({ permissions: asks });
  const wrong = await json(made, [
    "plugins",
    "install",
    "./src",
    "--grant",
    "fs.raed=./a",
    "--grant",
    "net.fetch=https://a.example/",
    "--grant",
    "all",
  ]);
  expect([wrong.exit, wrong.error.code, wrong.error.detail.problems]).toEqual([
    2,
    "GRANT_INVALID",
    [
      expect.stringContaining("Did you mean fs.read?"),
      expect.stringContaining('write "https://a.example"'),
      expect.stringContaining('no permission "all"'),
    ],
  ]);
  await made.gantry(["plugins", "install", "./src", ...grants]);
  for (const words of [
    ["inspect", "noets"],
    ["uninstall", "noets"],
    ["enable", "noets"],
    ["disable", "noets"],
    ["verify", "noets"],
    ["grants", "noets"],
    ["update", "noets"],
  ]) {
    const { exit, error } = await json(made, ["plugins", ...words]);
    expect([words, exit, error.code, error.message]).toEqual([
      words,
      2,
      "PLUGIN_NOT_INSTALLED",
      expect.stringContaining("Did you mean notes?"),
    ]);
  }
  const revoked = await json(made, [
    "plugins",
    "grants",
    "notes",
    "--revoke",
    "net.fetch=b.example.com",
    "--revoke",
    "storage",
  ]);
  expect([revoked.exit, revoked.error.message]).toEqual([2, expect.stringContaining("does not hold")]);
  expect(revoked.error.message).toContain("net.fetch=api.example.com");
});

test("grants are narrowed, widened and taken away, each with its words", async () => {
  const made = await withPlugin({ permissions: asks });
  await made.gantry(["plugins", "install", "./src", ...grants]);
  const narrowed = await json(made, [
    "plugins",
    "grants",
    "notes",
    "--revoke",
    "fs.read",
    "--grant",
    "fs.read=./notes/a.md",
    "--revoke",
    "user.ask",
  ]);
  expect([narrowed.exit, narrowed.data.grants]).toEqual([0, { "fs.read": ["./notes/a.md"], "net.fetch": ["api.example.com"] }]);
  const widened = await json(made, ["plugins", "grants", "notes", "--grant", "fs.read=./notes/a.md,~/b/**"]);
  expect(widened.data.grants).toEqual({ "fs.read": ["./notes/a.md", "~/b/**"], "net.fetch": ["api.example.com"] });
  expect((await made.gantry(["plugins", "grants", "notes"])).stdout).toContain("may read files under ~/b and at ./notes/a.md");
});

test("a disabled plugin is not there, and enabled again it is", async () => {
  const made = await withPlugin();
  await made.gantry(["plugins", "install", "./src"]);
  expect((await made.gantry(["plugins", "disable", "notes"])).exit).toBe(0);
  const refused = await made.gantry(["notes", "list"]);
  expect([refused.exit, (await json(made, ["plugins", "list"])).data.plugins[0]?.state, refused.stderr]).toEqual([
    1,
    "disabled",
    expect.stringContaining("gantry plugins enable notes"),
  ]);
  await made.gantry(["plugins", "enable", "notes"]);
  expect((await made.gantry(["notes", "list"])).exit).toBe(0);
});

test("an update asks for what is new alone, and shows what is different", async () => {
  const made = await withPlugin({ permissions: asks });
  await made.gantry(["plugins", "install", "./src", ...grants]);
  expect((await json(made, ["plugins", "update"])).data.plugins).toMatchObject([{ name: "notes", outcome: "same" }]);

  await put(made, {
    version: "1.1.0",
    permissions: { ...asks, notify: true, "fs.read": ["./notes/*.md"] },
    commands: ["notes list", "notes add"],
  });
  const refused = await json(made, ["plugins", "update", "notes"]);
  expect([refused.exit, refused.error.detail.missing.map(({ kind }) => kind)]).toEqual([3, ["notify"]]);
  expect((await made.gantry(["notes", "list"])).stdout).toBe("version 1.0.0\n");

  const updated = await json(made, ["plugins", "update", "notes", "--grant", "notify"]);
  const replaces = {
    version: "1.0.0",
    moreAsks: [{ kind: "notify" }],
    fewerAsks: [{ kind: "fs.read" }],
    contributions: { added: ["command notes add"], removed: [] },
  };
  expect([updated.exit, updated.data.plugins[0]?.plan]).toMatchObject([0, { replaces }]);
  expect((await json(made, ["plugins", "inspect", "notes"])).data.grants).toEqual({
    ...asks,
    notify: true,
    "fs.read": ["./notes/*.md"],
  });
  expect((await made.gantry(["notes", "list"])).stdout).toBe("version 1.1.0\n");
});

test("a project's plugins come with their bytes to others, who answer for themselves", async () => {
  const made = await withPlugin({ permissions: asks });
  expect((await made.gantry(["plugins", "install", "./src", "--project", ...grants])).exit).toBe(0);
  const lock = JSON.parse(await readFile(path.join(made.cwd, ".gantry/plugins.lock.json"), "utf8"));
  expect(lock.plugins.notes).toMatchObject({ spec: "./src", version: "1.0.0", asks });
  // The other has no source, only what the repository holds.
  await rename(path.join(made.cwd, "src"), path.join(made.home, "src"));
  const other = path.join(made.home, "other");
  await mkdir(other);
  const env = { HOME: other };
  expect((await json(made, ["plugins", "list"], { env })).data.plugins).toMatchObject([
    { name: "notes", state: "needs-consent", grants: {} },
  ]);
  expect((await made.gantry(["notes", "list"], { env })).exit).not.toBe(0);
  const refused = await made.gantry(["plugins", "install"], { env });
  expect([refused.exit, refused.stdout]).toEqual([3, expect.stringContaining("gantry plugins install notes --grant")]);
  expect((await made.gantry(["plugins", "install", "notes", ...grants], { env })).exit).toBe(0);
  expect((await made.gantry(["notes", "list"], { env })).stdout).toBe("version 1.0.0\n");

  // A pull brings other bytes: what was said is not about those.
  await rename(path.join(made.home, "src"), path.join(made.cwd, "src"));
  await put(made, { version: "2.0.0", permissions: asks });
  expect((await made.gantry(["plugins", "update", "notes"])).exit).toBe(0);
  expect((await json(made, ["plugins", "list"], { env })).data.plugins).toMatchObject([
    { version: "2.0.0", state: "needs-consent" },
  ]);
  expect((await made.gantry(["plugins", "install", "--yes"], { env })).exit).toBe(0);
  expect((await made.gantry(["notes", "list"], { env })).stdout).toBe("version 2.0.0\n");
});

test("a lock and a config of the project that claim grants change nothing", async () => {
  const made = await withPlugin({ permissions: asks });
  await made.gantry(["plugins", "install", "./src", "--project", ...grants]);
  const env = { HOME: path.join(made.home, "other") };
  await mkdir(env.HOME);
  const everything = { "fs.read": ["/**"], "process.run": ["*"] };
  const file = path.join(made.cwd, ".gantry/plugins.lock.json");
  const lock = JSON.parse(await readFile(file, "utf8"));
  Object.assign(lock.plugins.notes, { grants: everything, consented: true });
  await writeFile(file, JSON.stringify(lock));
  await writeFiles(made.cwd, {
    "gantry.config.json": JSON.stringify({ plugins: [["notes", { enabled: true }]] }),
    ".gantry/consents/user.json": JSON.stringify({
      version: 1,
      plugins: { notes: { ...lock.plugins.notes, grants: everything } },
    }),
  });
  const listed = await json(made, ["plugins", "list"], { env });
  expect(listed.data.plugins).toMatchObject([{ name: "notes", state: "needs-consent", grants: {} }]);
  expect(listed.warnings.join()).toContain('"grants", "consented", which counts for nothing in a lock');
  expect((await made.gantry(["notes", "list"], { env })).exit).not.toBe(0);
  await writeFiles(made.cwd, { "gantry.config.json": JSON.stringify({ plugins: [["notes", { grants: everything }]] }) });
  expect((await json(made, ["plugins", "list"], { env })).data?.plugins[0] ?? { grants: {} }).toMatchObject({ grants: {} });
});

test("a waiting plugin can be answered with no, and asked again", async () => {
  const made = await withPlugin({ permissions: asks });
  await made.gantry(["plugins", "install", "./src", "--project", ...grants]);
  const env = { HOME: path.join(made.home, "other") };
  await mkdir(env.HOME);
  expect((await made.gantry(["plugins", "disable", "notes"], { env })).exit).toBe(0);
  expect((await json(made, ["plugins", "list"], { env })).data.plugins).toMatchObject([{ state: "disabled", grants: {} }]);
  await made.gantry(["plugins", "enable", "notes"], { env });
  expect((await json(made, ["plugins", "list"], { env })).data.plugins).toMatchObject([{ state: "needs-consent" }]);
});

test("changed bytes are told by list and verify, and nothing of them runs", async () => {
  const made = await withPlugin();
  await made.gantry(["plugins", "install", "./src"]);
  const [bundle = ""] = (await files(path.join(made.home, ".local/share/gantry/plugins/bundles"))).filter((file) =>
    file.endsWith("plugin.js"),
  );
  await writeFile(bundle, `${await readFile(bundle, "utf8")} `);
  const verified = await json(made, ["plugins", "verify"]);
  expect([verified.exit, verified.error.code, verified.error.detail.plugins]).toMatchObject([
    1,
    "PLUGIN_CHANGED",
    [{ name: "notes", ok: false }],
  ]);
  expect((await json(made, ["plugins", "list"])).data.plugins).toMatchObject([
    { state: "broken", problem: { code: "PLUGIN_CHANGED" } },
  ]);
  const ran = await made.gantry(["notes", "list"]);
  expect([ran.exit === 0, ran.stdout, ran.stderr]).toEqual([false, "", expect.stringContaining("PLUGIN_CHANGED")]);
  expect((await made.gantry(["plugins", "uninstall", "notes"])).exit).toBe(0);
});

test("names of the shell, of built-ins and of other plugins are refused, all at once, with both owners", async () => {
  const made = await withPlugin({ name: "first", commands: ["first list"], tools: ["FirstTool"] });
  expect((await made.gantry(["plugins", "install", "./src"])).exit).toBe(0);
  await put(made, { name: "second", commands: ["run", "sessions list", "first list"], tools: ["Read", "FirstTool"] });
  const { exit, error } = await json(made, ["plugins", "install", "./src"]);
  expect([exit, error.code]).toEqual([1, "NAME_TAKEN"]);
  for (const owner of [
    "run is the shell's",
    "sessions list is the built-in plugin sessions's",
    "first list is the plugin first's",
    "Read is the built-in plugin files's",
    "FirstTool is the plugin first's",
  ])
    expect(error.message).toContain(owner);
});

test("a linked folder is used as it is, and the starter of create passes its own tests", async () => {
  const made = await withPlugin();
  const linked = await json(made, ["plugins", "link", "./src"]);
  expect([linked.exit, linked.data.outcome]).toEqual([0, "linked"]);
  expect((await json(made, ["plugins", "inspect", "notes"])).data.link).toBe(path.join(made.cwd, "src"));
  expect((await made.gantry(["notes", "list"])).stdout).toBe("version 1.0.0\n");
  const created = await json(made, ["plugins", "create", "my-plugin"]);
  expect([created.exit, created.data.folder]).toEqual([0, path.join(made.cwd, "my-plugin")]);
  expect((await json(made, ["plugins", "validate", "./my-plugin"])).exit).toBe(0);
  await writeFiles(path.join(made.cwd, "my-plugin"), { "test/wrong.test.ts": 'throw new Error("on purpose");\n' });
  const tested = await json(made, ["plugins", "test", "./my-plugin"]);
  expect([tested.exit, tested.error.code, tested.error.message]).toEqual([
    1,
    "PLUGIN_TEST_FAILED",
    expect.stringContaining("exit code 1"),
  ]);
});

test("everything that is wrong with a folder is told by validate", async () => {
  const made = await withPlugin({ permissions: { "fs.raed": ["./a"], "net.fetch": ["https://a.example/"] } as never });
  const { exit, error } = await json(made, ["plugins", "validate", "./src"]);
  expect(exit).not.toBe(0);
  expect(error.message).toContain("fs.raed");
  expect(error.message).toContain("a.example");
});
