import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Keychain } from "../../plugins/mcp/auth/keychain.ts";
import { createTokenStore, type ServerTokens } from "../../plugins/mcp/auth/token-store.ts";
import { soon, tokenFolder } from "../support/mcp-auth.ts";

const url = new URL("https://docs.example.com/mcp?key=user-key");
const record = {
  ...{ version: 1 as const, at: 0, server: "docs", url: "https://docs.example.com/mcp" },
  ...{ issuer: "https://login.example.com/", tokens: { access_token: "access-1", refresh_token: "refresh-1" } },
};
const empty = { version: 1, at: 0, server: "docs", url: "https://docs.example.com/mcp" };

let place: Awaited<ReturnType<typeof tokenFolder>>;
let problems: string[];

beforeEach(async () => {
  place = await tokenFolder();
  problems = [];
});

afterEach(() => place.remove());

function open(over: { openKeychain?: () => Keychain; server?: string; at?: URL } = {}): ServerTokens {
  const { openKeychain, server = "docs", at = url } = over;
  const store = createTokenStore({
    folder: place.folder,
    useKeychain: openKeychain !== undefined,
    ...(openKeychain === undefined ? {} : { openKeychain }),
  });
  return store.of(server, at, (problem) => problems.push(problem));
}

async function file(): Promise<string> {
  const [name = ""] = await readdir(place.folder);
  return join(place.folder, name);
}

test("tokens are in a file of mode 0600 in a folder of 0700, whatever the folder was; nothing else is left beside it", async () => {
  await mkdir(place.folder, { mode: 0o755 });
  const tokens = open();
  await tokens.write(record);
  await tokens.write(record);
  expect(await tokens.read()).toEqual({ ...record, at: expect.any(Number) });
  expect((await readdir(place.folder)).length).toBe(1);
  expect([(await stat(place.folder)).mode & 0o777, (await stat(await file())).mode & 0o777]).toEqual([0o700, 0o600]);
});

test("a file that others could read is closed to them when it is read", async () => {
  await open().write(record);
  await chmod(await file(), 0o644);
  await open().read();
  expect((await stat(await file())).mode & 0o777).toBe(0o600);
});

test("the query of the server's URL, which may be a key, is nowhere in the store; another query is the same server", async () => {
  await open().write(record);
  expect(await readFile(await file(), "utf8")).not.toContain("user-key");
  expect(await open({ at: new URL("https://docs.example.com/mcp?key=other") }).read()).toMatchObject({ tokens: record.tokens });
});

test("another name, path or origin is another record", async () => {
  await open().write(record);
  const others = [
    { server: "docs2" },
    { at: new URL("https://docs.example.com/other") },
    { at: new URL("https://docs.example.org/mcp") },
    { at: new URL("http://docs.example.com/mcp") },
  ];
  for (const other of others) expect((await open(other).read()).tokens).toBeUndefined();
  expect(problems).toEqual([]);
});

test.each([
  ["torn", (text: string) => text.slice(0, -20), "it is torn or no JSON"],
  ["of another shape", () => '{"access_token":"access-1"}', "it does not have the shape of one"],
  ["with a key too many", (text: string) => text.replace("{", '{"more":1,'), "it does not have the shape of one"],
  ["of another server", (text: string) => text.replace('"docs"', '"else"'), "it is of another server"],
  ["of another URL", (text: string) => text.replace("/mcp", "/pcm"), "it is of another server"],
  ["empty", () => "", "it is torn or no JSON"],
])("a file that is %s is told, without a word of it, and counts as none", async (_, change, why) => {
  await open().write(record);
  const path = await file();
  await writeFile(path, change(await readFile(path, "utf8")));
  expect(await open().read()).toEqual(empty);
  expect(problems).toEqual([`the stored login (${path}) is not used: ${why}`]);
  expect(problems.join()).not.toContain("access-1");
});

test("a link, a folder or a huge file in its place is not read, and a login replaces it", async () => {
  await open().write(record);
  const path = await file();
  const kept = await readFile(path, "utf8");
  const elsewhere = join(place.folder, "..", "elsewhere.json");
  await writeFile(elsewhere, kept);
  await open().remove();
  await symlink(elsewhere, path);
  expect(await open().read()).toEqual(empty);
  expect(problems).toEqual([`the token file ${path} is not used: it is a link`]);
  await open().write(record);
  expect((await open().read()).tokens).toEqual(record.tokens);
  expect(await readFile(elsewhere, "utf8")).toBe(kept);
  await writeFile(path, "x".repeat(300_000));
  expect(await open().read()).toEqual(empty);
  expect(problems.at(-1)).toContain("it has 300000 bytes");
  await open().remove();
  await mkdir(path);
  expect(await open().read()).toEqual(empty);
  await expect(open().write(record)).rejects.toMatchObject({
    code: "MCP_LOGIN_FAILED",
    message: expect.stringContaining(`cannot be kept in ${path}`),
  });
});

/** A keychain of a test's own; `isBroken` makes it throw with what it was given. */
function keychainOf() {
  const state = { kept: new Map<string, string>(), isBroken: false, calls: 0 };
  const working = (): Map<string, string> => {
    state.calls += 1;
    if (state.isBroken) throw Object.assign(new Error(`locked: ${[...state.kept.values()]}`), { code: "LOCKED" });
    return state.kept;
  };
  const keychain: Keychain = {
    read: async (account) => working().get(account),
    write: async (account, text) => void working().set(account, text),
    remove: async (account) => working().delete(account),
  };
  return { state, openKeychain: () => keychain };
}

test("a keychain takes new logins, a file without secrets says so, and it is not asked where there is no login", async () => {
  const { state, openKeychain } = keychainOf();
  const tokens = open({ openKeychain });
  expect([await tokens.read(), state.calls]).toEqual([empty, 0]);
  await tokens.write(record);
  expect((await tokens.read()).tokens).toEqual(record.tokens);
  expect([state.kept.size, await readFile(await file(), "utf8")]).toEqual([1, '{"version":1,"isInKeychain":true}\n']);
  expect(await open().read()).toEqual(empty);
  expect(problems).toEqual(["its login is in the system's keychain, which is not used now"]);
  expect([await tokens.remove(), state.kept.size, await readdir(place.folder)]).toEqual([true, 0, []]);
});

test("a keychain that fails is told once, without its words, and files are used from then on, also when it works again", async () => {
  const { state, openKeychain } = keychainOf();
  state.isBroken = true;
  const tokens = open({ openKeychain });
  await tokens.write(record);
  await tokens.write({ ...record, tokens: { access_token: "access-2" } });
  expect((await tokens.read()).tokens).toEqual({ access_token: "access-2" });
  expect(problems).toEqual(["the system's keychain cannot be used (LOCKED); logins are kept in files of mode 0600"]);
  state.isBroken = false;
  const later = open({ openKeychain });
  await later.write({ ...record, tokens: { access_token: "access-3" } });
  expect([(await later.read()).tokens, state.kept.size]).toEqual([{ access_token: "access-3" }, 0]);
});

test("a login whose keychain has failed since is none, and the next one is kept in a file", async () => {
  const { state, openKeychain } = keychainOf();
  await open({ openKeychain }).write(record);
  state.isBroken = true;
  const tokens = open({ openKeychain });
  expect(await tokens.read()).toEqual(empty);
  await tokens.write({ ...record, tokens: { access_token: "access-2" } });
  expect((await open().read()).tokens).toEqual({ access_token: "access-2" });
  expect(problems.join()).not.toContain("access-1");
});

test("a lock is its holder's until it is released, and one of a process that is gone, or too old, is taken", async () => {
  const tokens = open();
  const unlock = await tokens.lock("login", soon());
  expect(await open().lock("login", soon())).toBeUndefined();
  const path = await file();
  await unlock?.();
  expect(await readdir(place.folder)).toEqual([]);
  await writeFile(path, "999999999 gone\n");
  const second = await tokens.lock("login", soon());
  expect(second).toBeDefined();
  const old = new Date(Date.now() - 3_600_000);
  await utimes(path, old, old);
  const third = await open().lock("login", soon());
  expect(third).toBeDefined();
  // The first holder of the old lock has lost it, and does not take it from the next.
  await second?.();
  expect(await open().lock("login", soon())).toBeUndefined();
  await third?.();
  expect(await readdir(place.folder)).toEqual([]);
});

test("many that take a lock at one time have it one after another", async () => {
  let holders = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      const unlock = await open().lock("refresh", soon(30_000));
      most = Math.max(most, ++holders);
      await new Promise((resolve) => setImmediate(resolve));
      holders--;
      await unlock?.();
    }),
  );
  expect([most, problems, await readdir(place.folder)]).toEqual([1, [], []]);
});
