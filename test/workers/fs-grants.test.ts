import { link, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BrokerBench, refusal, startBroker } from "../support/broker.ts";

let bench: BrokerBench;
const notes = ["./notes/**"];

beforeAll(async () => {
  bench = await startBroker();
  await bench.put("work/notes/a.md", "one\ntwo\n");
  await bench.put("work/notes/deep/b.md", "three\n");
  await bench.put("work/src/secret.md", "one hidden\n");
  await bench.put("home/notes/h.md", "home\n");
  await bench.put("home/other.md", "other\n");
  await bench.put("outside/o.md", "out\n");
  await symlink(join(bench.workspace, "src/secret.md"), join(bench.workspace, "notes/link.md"));
  await symlink(join(bench.workspace, "src"), join(bench.workspace, "notes/linked"));
  await symlink(join(bench.workspace, "notes/a.md"), join(bench.workspace, "src/back.md"));
});
afterAll(() => bench.close());

const list = { pattern: "**/*.md", limit: 100 };
const search = {
  ...{ pattern: "one", ignoreCase: false, multiline: false, before: 0, after: 0, mode: "files_with_matches" as const },
  ...{ lineNumbers: false, limit: 100, offset: 0 },
};

test("a read within the grant is answered with the bytes", async () => {
  bench.grant({ "fs.read": notes });
  expect(await bench.ask("fs.read", "notes/a.md")).toMatchObject({
    path: join(bench.workspace, "notes/a.md"),
    bytes: { $bytes: Buffer.from("one\ntwo\n").toString("base64") },
  });
  expect(await bench.ask("fs.readLines", "./notes/../notes/a.md", { offset: 2, limit: 1, maxBytes: 100 })).toMatchObject({
    lines: ["two"],
    totalLines: 2,
  });
});

test.each([
  "src/secret.md",
  "notes/../src/secret.md",
  "./notes/link.md",
  "notes/linked/secret.md",
  "src/back.md",
  "~/notes/h.md",
  "/etc/passwd",
  "..//outside/o.md",
  "notes",
  "",
])("the grant for ./notes/** does not read %j", async (path) => {
  bench.grant({ "fs.read": notes });
  const { code, message } = await refusal(bench.ask("fs.read", path));
  expect(["PERMISSION_DENIED", "FILE_NOT_REGULAR"]).toContain(code);
  if (path !== "notes") expect(code).toBe("PERMISSION_DENIED");
  expect(message).not.toContain("secret.md is");
});

test.each([
  ".gantry/plugins.lock.json",
  ".gantry/plugins/notes/plugin.js",
  ".GANTRY/x",
  "sub/.gantry/x",
  "gantry.config.json",
  "Gantry.Config.ts",
  "notes/.gantryrc",
  ".gantryrc.json",
  "own/x",
])("no grant lets a guest write Gantry's own %s", async (path) => {
  await bench.put("work/.gantry/plugins/notes/kept", "");
  await bench.put("work/sub/.gantry/kept", "");
  await symlink(join(bench.workspace, ".gantry"), join(bench.workspace, "own")).catch(() => undefined);
  bench.grant({ "fs.write": ["./**"] });
  expect((await refusal(bench.ask("fs.write", path, "x", { expect: null }))).code).toBe("PERMISSION_DENIED");
  expect(await bench.ask("fs.write", `free/${path.replaceAll(/\W/g, "-")}.txt`, "x", { expect: null })).toMatchObject({});
});

test("a path relative to the call's folder is asked about where it is", async () => {
  bench.grant({ "fs.read": ["./notes/**"] });
  const { ask } = bench.newCall({ cwd: join(bench.workspace, "src") });
  expect((await refusal(ask("fs.read", "notes/a.md"))).code).toBe("PERMISSION_DENIED");
  expect(await ask("fs.read", "../notes/a.md")).toMatchObject({ path: join(bench.workspace, "notes/a.md") });
});

test("home and absolute scopes reach beyond the workspace, and no further than they say", async () => {
  bench.grant({ "fs.read": ["~/notes/**", `${bench.outside}/*.md`] });
  expect(await bench.ask("fs.read", "~/notes/h.md")).toMatchObject({ path: join(bench.home, "notes/h.md") });
  expect(await bench.ask("fs.read", `${bench.outside}/o.md`)).toMatchObject({ path: join(bench.outside, "o.md") });
  expect((await refusal(bench.ask("fs.read", "~/other.md"))).code).toBe("PERMISSION_DENIED");
  expect((await refusal(bench.ask("fs.read", `${bench.outside}/deep/o.md`))).code).toBe("PERMISSION_DENIED");
});

test("secrets files stay closed to a grant that would cover them", async () => {
  const hidden = await startBroker({ hidden: [] });
  await hidden.put("work/.env", "KEY=1\n");
  hidden.grant({ "fs.read": ["/**"] });
  const reach = {
    ...{ workspace: hidden.workspace, roots: [hidden.workspace], approved: [] },
    hidden: [{ base: "/", patterns: ["**/.env"] }],
  };
  const { ask } = hidden.newCall({ reach });
  expect((await refusal(ask("fs.read", ".env"))).code).toBe("PATH_DENIED");
  await hidden.close();
});

test("a list and a search show only what the grant covers", async () => {
  bench.grant({ "fs.list": notes, "fs.search": notes });
  expect(await bench.ask("fs.list", { ...list, path: "notes" })).toMatchObject({ total: 2 });
  expect(await bench.ask("fs.search", { ...search, path: "notes" })).toMatchObject({ lines: ["notes/a.md"], total: 1 });
  expect((await refusal(bench.ask("fs.list", list))).code).toBe("PERMISSION_DENIED");
  expect((await refusal(bench.ask("fs.list", { ...list, path: "notes/linked" }))).code).toBe("PERMISSION_DENIED");
  expect((await refusal(bench.ask("fs.search", { ...search, path: "notes/link.md" }))).code).toBe("PERMISSION_DENIED");
});

test("a scope of some names in a folder lists just these", async () => {
  bench.grant({ "fs.list": ["./notes/*.md"] });
  expect(await bench.ask("fs.list", { ...list, path: "notes" })).toMatchObject({ paths: ["a.md"], total: 1 });
});

test("a missing file tells a guest no names beside it", async () => {
  bench.grant({ "fs.read": ["./notes/aa.md"] });
  const { code, message } = await refusal(bench.ask("fs.read", "notes/aa.md"));
  expect(code).toBe("FILE_NOT_FOUND");
  expect(message).not.toContain("a.md,");
  expect(message).not.toContain("near names");
});

test("a write lands in the granted folder, and nowhere that a link leads to", async () => {
  bench.grant({ "fs.write": notes });
  const stamp = await bench.ask(
    "fs.write",
    "notes/new/c.md",
    { $bytes: Buffer.from("é").toString("base64") },
    { expect: null },
  );
  expect(stamp).toMatchObject({ path: join(bench.workspace, "notes/new/c.md") });
  expect(await readFile(join(bench.workspace, "notes/new/c.md"), "utf8")).toBe("é");
  for (const path of ["notes/linked/x.md", "src/x.md", "notes/link.md"]) {
    expect((await refusal(bench.ask("fs.write", path, "x", { expect: null }))).code).toBe("PERMISSION_DENIED");
  }
  expect(await readFile(join(bench.workspace, "src/secret.md"), "utf8")).toBe("one hidden\n");
});

test("a folder that is swapped for a link again and again never gives out what lies behind it", async () => {
  bench.grant({ "fs.read": notes, "fs.write": notes });
  const folder = join(bench.workspace, "notes/swap");
  let going = true;
  const swapping = (async () => {
    // A write may be under way in it: then it is not empty, and the next round tries again.
    const remove = () => rm(folder, { recursive: true, force: true }).catch(() => undefined);
    while (going) {
      await remove();
      await symlink(join(bench.workspace, "src"), folder).catch(() => undefined);
      await remove();
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "secret.md"), "mine\n");
    }
  })();
  const mine = Buffer.from("mine\n").toString("base64");
  let read = 0;
  for (let round = 0; round < 300; round++) {
    const reply = await bench.ask("fs.read", "notes/swap/secret.md").catch(() => undefined);
    if (reply === undefined) continue;
    read++;
    expect([mine, ""]).toContain((reply as { bytes: { $bytes: string } }).bytes.$bytes);
    await bench.ask("fs.write", "notes/swap/planted.md", "x", { expect: null }).catch(() => undefined);
  }
  going = false;
  await swapping;
  expect(read).toBeGreaterThan(0);
  expect(await readFile(join(bench.workspace, "src/secret.md"), "utf8")).toBe("one hidden\n");
  expect((await refusal(readFile(join(bench.workspace, "src/planted.md"), "utf8"))).code).toBe("ENOENT");
});

test("no grant writes into the folders where grants are kept", async () => {
  bench.grant({ "fs.write": ["/**"], "fs.read": ["/**"] });
  await bench.put("home/.config/gantry/consent.json", "{}");
  const path = "~/.config/gantry/consent.json";
  expect((await refusal(bench.ask("fs.write", path, "x", { expect: null }))).code).toBe("PERMISSION_DENIED");
  expect(await bench.ask("fs.read", path)).toMatchObject({ path: join(bench.home, ".config/gantry/consent.json") });
});

test("a hard link is the file itself: it is read where it stands", async () => {
  bench.grant({ "fs.read": notes });
  await link(join(bench.workspace, "src/secret.md"), join(bench.workspace, "notes/hard.md"));
  expect(await bench.ask("fs.read", "notes/hard.md")).toMatchObject({ path: join(bench.workspace, "notes/hard.md") });
});

test("a grant that is taken away counts from the next request on", async () => {
  bench.grant({ "fs.read": notes });
  await bench.ask("fs.read", "notes/a.md");
  bench.grant({});
  expect(await refusal(bench.ask("fs.read", "notes/a.md"))).toEqual({
    code: "PERMISSION_DENIED",
    message: "notes may not read notes/a.md; it holds no fs.read.",
  });
});

test("a cancelled call's search ends in its thread, and the thread goes on", async () => {
  bench.grant({ "fs.search": ["./**"], "fs.read": notes });
  const { ask, call, stop } = bench.newCall();
  const searching = refusal(ask("fs.search", { ...search, path: "." }));
  stop();
  bench.broker.endCall(call);
  expect(["TOOL_INTERRUPTED", "CALL_ENDED", "none"]).toContain((await searching).code);
  expect(await bench.ask("fs.read", "notes/a.md")).toBeDefined();
  expect((await bench.pool()).stats().killed).toBe(0);
});
