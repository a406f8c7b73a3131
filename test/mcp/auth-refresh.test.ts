import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTokenStore, type TokenStore } from "../../plugins/mcp/auth/token-store.ts";
import { call, makeAuth, soon, tokenFolder } from "../support/mcp-auth.ts";
import { type AuthServer, json, startAuthServer } from "../support/mcp-auth-server.ts";

let server: AuthServer;
let place: Awaited<ReturnType<typeof tokenFolder>>;

beforeEach(async () => {
  [server, place] = await Promise.all([startAuthServer(), tokenFolder()]);
});

afterEach(async () => {
  await Promise.all([server.close(), place.remove()]);
});

const make = (over: object = {}, url = server.url) => makeAuth(url, { folder: place.folder, ...over });

async function loggedIn(over: object = {}) {
  const made = make(over);
  await made.auth.login({ paste: false, signal: soon() });
  expect(await call(made.auth, server.url)).toBe(200);
  made.opened.length = 0;
  return made;
}

const refreshes = () => server.askedFor("/token").filter(({ form }) => form.get("grant_type") === "refresh_token");

test("a token that is refused is refreshed, once for all requests at that time, and the user is not asked", async () => {
  const { auth, opened } = await loggedIn();
  server.expire();
  expect(await Promise.all(Array.from({ length: 8 }, () => call(auth, server.url)))).toEqual(Array(8).fill(200));
  expect(refreshes().length).toBe(1);
  expect(refreshes()[0]?.form.get("resource")).toBe(server.url.href);
  expect([server.reused, opened]).toEqual([[], []]);
});

test("a token that has run out is refreshed before it is sent", async () => {
  server.expiresInSeconds = 1;
  const { auth } = make();
  await auth.login({ paste: false, signal: soon() });
  server.expiresInSeconds = 3600;
  const before = server.askedFor("/mcp").length;
  expect([await call(auth, server.url), await call(auth, server.url)]).toEqual([200, 200]);
  expect(server.askedFor("/mcp").length).toBe(before + 2);
  expect(refreshes().length).toBe(1);
});

test("a refresh that is refused for good needs the user, and the dead token is forgotten", async () => {
  const { auth, opened } = await loggedIn();
  server.expire();
  server.answer("/token", (_, response) => json(response, 400, { error: "invalid_grant" }));
  const refused = { code: "MCP_NEEDS_LOGIN", message: expect.stringContaining("(the refresh was refused: invalid_grant)") };
  await expect(call(auth, server.url)).rejects.toMatchObject(refused);
  expect(auth.needsLogin).toBe(true);
  await expect(call(make().auth, server.url)).rejects.toMatchObject({ code: "MCP_NEEDS_LOGIN" });
  expect([refreshes().length, opened]).toEqual([1, []]);
});

test("a refresh that fails on the way is tried again later with the same token: the login is not over", async () => {
  const { auth } = await loggedIn();
  server.expire();
  server.answer("/token", (_, response) => json(response, 503, { oops: true }));
  await expect(call(auth, server.url)).rejects.toMatchObject({
    code: "MCP_HTTP_FAILED",
    message: "The server docs: its login cannot be refreshed: HTTP 503 without an OAuth error",
  });
  expect(auth.needsLogin).toBe(false);
  server.answer("/token", (_, response) => response.destroy());
  await expect(call(auth, server.url)).rejects.toMatchObject({
    code: "MCP_HTTP_FAILED",
    message: expect.stringMatching(/\/token cannot be reached \((ECONNRESET|UND_ERR_SOCKET)\)$/),
  });
  server.answer("/token", undefined);
  expect(await call(auth, server.url)).toBe(200);
});

test("a refresh token is kept where the answer brings no new one", async () => {
  const { auth } = await loggedIn();
  server.answer("/token", ({ form }, response) =>
    json(response, 200, { access_token: `access-${form.get("refresh_token")}`, token_type: "bearer" }),
  );
  server.answer("/mcp", ({ authorization }, response) =>
    json(response, authorization?.includes("access-refresh-") ? 200 : 401, {}),
  );
  expect(await call(auth, server.url)).toBe(200);
  server.answer("/mcp", (_, response) => json(response, 401, {}));
  await expect(call(make().auth, server.url)).rejects.toMatchObject({ code: "MCP_HTTP_FAILED" });
  expect(new Set(refreshes().map(({ form }) => form.get("refresh_token"))).size).toBe(1);
});

test("processes that meet a refused token at one time burn one refresh token together", async () => {
  await loggedIn();
  server.expire();
  const child = fileURLToPath(new URL("../support/mcp-auth-child.ts", import.meta.url));
  const statuses = await Promise.all(
    [1, 2, 3].map(async () => {
      const running = fork(child, [server.url.href, place.folder], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const [status] = await once(running, "message", { signal: soon(30_000) });
      await once(running, "exit", { signal: soon(30_000) });
      return status;
    }),
  );
  expect(statuses).toEqual([200, 200, 200]);
  expect([refreshes().length, server.reused]).toEqual([1, []]);
});

test("a login elsewhere is found by a run that needs one", async () => {
  const { auth } = make();
  await expect(call(auth, server.url)).rejects.toMatchObject({ code: "MCP_NEEDS_LOGIN" });
  await loggedIn();
  expect(await call(auth, server.url)).toBe(200);
  expect(auth.needsLogin).toBe(false);
});

test("a server that names another authorization server does not get the refresh token of the first", async () => {
  const { auth } = await loggedIn();
  const other = await startAuthServer();
  server.expire();
  server.answer("/.well-known/oauth-protected-resource/mcp", (_, response) =>
    json(response, 200, { resource: server.url.href, authorization_servers: [other.origin] }),
  );
  await expect(call(auth, server.url)).rejects.toMatchObject({
    code: "MCP_NEEDS_LOGIN",
    message: expect.stringContaining(`(it now names another authorization server, ${other.origin}/)`),
  });
  expect(other.askedFor("/token")).toEqual([]);
  await other.close();
});

test("a configured client is not shown to another authorization server than before, until a logout", async () => {
  const oauth = { clientId: "known", clientSecret: "known-secret" };
  const { auth } = await loggedIn({ oauth });
  const other = await startAuthServer();
  server.answer("/.well-known/oauth-protected-resource/mcp", (_, response) =>
    json(response, 200, { resource: server.url.href, authorization_servers: [other.origin] }),
  );
  await expect(auth.login({ paste: false, signal: soon() })).rejects.toMatchObject({
    code: "MCP_LOGIN_FAILED",
    message: expect.stringContaining("if that is right, log out first"),
  });
  expect(other.asked.map(({ path }) => path)).toEqual(["/.well-known/oauth-authorization-server"]);
  await other.close();
});

test("a server under another URL, or another name, never sees the tokens of before", async () => {
  await loggedIn();
  const moved = new URL("/other", server.origin);
  await expect(call(make({}, moved).auth, moved)).resolves.toBe(404);
  await expect(call(make({ name: "else" }).auth, server.url)).rejects.toMatchObject({ code: "MCP_NEEDS_LOGIN" });
  expect(server.askedFor("/other").map(({ authorization }) => authorization)).toEqual([undefined]);
  expect(server.askedFor("/mcp").at(-1)?.authorization).toBeUndefined();
});

test("a refresh whose tokens cannot be kept is told, and lasts as long as the run", async () => {
  let isFull = false;
  const store = createTokenStore({ folder: place.folder, useKeychain: false });
  const tokens: TokenStore = {
    of: (...about) => {
      const real = store.of(...about);
      return { ...real, write: (record) => (isFull ? Promise.reject(new Error("ENOSPC")) : real.write(record)) };
    },
  };
  const { auth, problems } = await loggedIn({ tokens });
  isFull = true;
  server.expire();
  expect(await call(auth, server.url)).toBe(200);
  server.expire();
  expect(await call(auth, server.url)).toBe(200);
  expect(problems[0]).toMatch(/^its refreshed login cannot be kept in .*: it lasts as long as this run$/);
  expect([refreshes().length, server.reused]).toEqual([2, []]);
});

test("a refresh outlives the request that was given up meanwhile: its answer is kept", async () => {
  const { auth } = await loggedIn();
  server.expire();
  const token = server.holdNext("/token");
  const cancel = new AbortController();
  const given = auth.fetch(server.url, { method: "POST", body: "{}", signal: cancel.signal });
  await token.asked;
  cancel.abort();
  token.release();
  await expect(given).rejects.toThrow("aborted");
  expect(await call(make().auth, server.url)).toBe(200);
  expect([refreshes().length, server.reused]).toEqual([1, []]);
});
