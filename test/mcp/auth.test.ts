import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { browse, call, endOf, makeAuth, soon, tokenFolder } from "../support/mcp-auth.ts";
import { type AuthServer, json, startAuthServer } from "../support/mcp-auth-server.ts";

let server: AuthServer;
let place: Awaited<ReturnType<typeof tokenFolder>>;

beforeEach(async () => {
  [server, place] = await Promise.all([startAuthServer(), tokenFolder()]);
});

afterEach(async () => {
  await Promise.all([server.close(), place.remove()]);
});

const make = (over: Parameters<typeof makeAuth>[1] | object = {}) => makeAuth(server.url, { folder: place.folder, ...over });
const login = (auth: ReturnType<typeof make>["auth"], paste = false) => auth.login({ paste, signal: soon() });

test("a server that wants a login gets none by itself: nothing is opened, and nothing registered", async () => {
  const { auth, opened } = make();
  await expect(call(auth, server.url)).rejects.toMatchObject({
    code: "MCP_NEEDS_LOGIN",
    message: "The server docs needs a login: gantry mcp login docs",
  });
  expect(auth.needsLogin).toBe(true);
  expect(opened).toEqual([]);
  expect(server.asked.map(({ path }) => path)).toEqual(["/mcp"]);
});

test("a login by the browser gives tokens that the next requests carry, also those of another run", async () => {
  const { auth, opened } = make();
  await expect(call(auth, server.url)).rejects.toMatchObject({ code: "MCP_NEEDS_LOGIN" });
  await login(auth);
  expect(auth.needsLogin).toBe(false);
  expect(await call(auth, server.url)).toBe(200);
  const asked = new URL(opened[0] ?? "").searchParams;
  expect(asked.get("resource")).toBe(server.url.href);
  expect(asked.get("code_challenge_method")).toBe("S256");
  expect(asked.get("scope")).toBeNull();
  expect(asked.get("state")?.length).toBeGreaterThan(40);
  expect(await call(make().auth, server.url)).toBe(200);
});

test("the browser is told how the login went, and the callback's port is closed after it", async () => {
  const pages: Promise<string>[] = [];
  const { auth, opened } = make({
    askOpenUrl: async (address: string) => {
      opened.push(address);
      pages.push(browse(address).then((page) => page.text()));
      return { opened: true };
    },
  });
  await login(auth);
  expect(await pages[0]).toContain("Logged in.");
  const callback = new URL(opened[0] ?? "").searchParams.get("redirect_uri") ?? "";
  expect(callback).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  await expect(fetch(callback)).rejects.toThrow();
});

test("the callback answers nothing but a redirect to it, under its own name", async () => {
  const statuses: (number | undefined)[] = [];
  const { auth } = make({
    askOpenUrl: async (address: string) => {
      const end = await endOf(address);
      const other = new URL("/favicon.ico", end);
      statuses.push((await fetch(other)).status, (await fetch(new URL("/callback", end))).status);
      statuses.push((await fetch(end, { method: "POST" })).status, await statusUnder("docs.example.com", end));
      void browse(address).then((page) => page.text());
      return { opened: true };
    },
  });
  await login(auth);
  expect(statuses).toEqual([404, 404, 404, 404]);
});

/** What a page could reach whose name was made to lead to loopback. */
async function statusUnder(host: string, url: URL): Promise<number | undefined> {
  const [response] = (await once(get(url, { headers: { host } }), "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

test.each([
  ["the whole address", (end: URL) => ` ${end.href}\n`],
  ["its query", (end: URL) => end.search],
  ["the code alone", (end: URL) => end.searchParams.get("code") ?? ""],
  ["code#state", (end: URL) => `${end.searchParams.get("code")}#${end.searchParams.get("state")}`],
])("a login goes by pasting %s", async (_, pasted) => {
  const { auth } = make({ askPasteCode: async (address: string) => ({ text: pasted(await endOf(address)) }) });
  await login(auth, true);
  expect(await call(auth, server.url)).toBe(200);
});

test.each([
  ["another state", (end: URL) => end.searchParams.set("state", "x".repeat(43))],
  ["no state", (end: URL) => end.searchParams.delete("state")],
])("a redirect with %s is not used, pasted or not", async (_, change) => {
  const changed = async (address: string): Promise<URL> => {
    const end = await endOf(address);
    change(end);
    return end;
  };
  const { auth } = make({
    askOpenUrl: async (address: string) => {
      void changed(address).then((end) => fetch(end));
      return { opened: true };
    },
    askPasteCode: async (address: string) => ({ text: (await changed(address)).href }),
  });
  const refused = { code: "MCP_LOGIN_FAILED", message: expect.stringContaining("does not carry the state of this login") };
  await expect(login(auth)).rejects.toMatchObject(refused);
  await expect(login(auth, true)).rejects.toMatchObject(refused);
  expect(server.askedFor("/token")).toEqual([]);
});

test("a user who says no ends the login in the authorization server's own words, made fit to be shown", async () => {
  server.answer("/authorize", ({ query }, response) => {
    const back = new URL(query.get("redirect_uri") ?? "");
    back.search = `${new URLSearchParams({
      error: "access_denied",
      error_description: `Not \u001b[31mtoday\n${"x".repeat(5000)}`,
      state: query.get("state") ?? "",
    })}`;
    response.writeHead(302, { location: back.href }).end();
  });
  const { auth } = make();
  const error = await login(auth).catch((reason: unknown) => reason as Error & { code: string });
  expect(error).toMatchObject({ code: "MCP_LOGIN_FAILED" });
  expect(error?.message).toMatch(
    /^The server docs: the login failed: the authorization server says access_denied: Not \[31mtoday x+$/,
  );
  expect(error?.message.length).toBeLessThan(400);
});

test("a code of another authorization server is refused where it says so", async () => {
  const { auth } = make({
    askPasteCode: async (address: string) => {
      const end = await endOf(address);
      end.searchParams.set("iss", "https://other.example.com");
      return { text: end.href };
    },
  });
  await expect(login(auth, true)).rejects.toMatchObject({
    code: "MCP_LOGIN_FAILED",
    message: expect.stringContaining("another authorization server, https://other.example.com"),
  });
  expect(server.askedFor("/token")).toEqual([]);
});

test("a login ends at its deadline and when it is cancelled; a second one meanwhile is refused, also of another process", async () => {
  const asked = Promise.withResolvers<void>();
  const late = make({ askOpenUrl: async () => ({ opened: false }), loginTimeoutMs: 300 });
  await expect(login(late.auth)).rejects.toMatchObject({
    code: "MCP_LOGIN_FAILED",
    message: expect.stringContaining("nobody has logged in for 0.3 s"),
  });
  const { auth } = make({
    askOpenUrl: async () => {
      asked.resolve();
      return { opened: false };
    },
  });
  const cancel = new AbortController();
  const first = auth.login({ paste: false, signal: cancel.signal });
  await expect(login(auth)).rejects.toMatchObject({ message: "The server docs: a login to it is running already" });
  await asked.promise;
  await expect(login(make().auth)).rejects.toMatchObject({
    message: "The server docs: another process is logging in to it now",
  });
  cancel.abort();
  await expect(first).rejects.toMatchObject({ code: "MCP_LOGIN_FAILED", message: "The server docs: the login was cancelled" });
  await login(make().auth);
});

test("a client is registered once for each callback port, and anew where its port is taken", async () => {
  const { auth, opened } = make();
  await login(auth);
  await login(auth);
  const ports = opened.map((address) => Number(new URL(new URL(address).searchParams.get("redirect_uri") ?? "").port));
  expect(ports[1]).toBe(ports[0]);
  expect(server.askedFor("/register").length).toBe(1);
  const taken = createServer().listen(ports[0], "127.0.0.1");
  await once(taken, "listening");
  await login(auth);
  taken.close();
  expect(server.askedFor("/register").map(({ body }) => JSON.parse(body).token_endpoint_auth_method)).toEqual(["none", "none"]);
});

test("a configured port that is taken ends the login with its number", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : 0;
  await expect(login(make({ oauth: { callbackPort: port } }).auth)).rejects.toMatchObject({
    code: "MCP_LOGIN_FAILED",
    message: expect.stringContaining(`127.0.0.1:${port} (EADDRINUSE)`),
  });
  taken.close();
});

test("a server that registers nobody says what to configure; a configured client is used, and its secret in the way it wants", async () => {
  server.metadata = { registration_endpoint: undefined, token_endpoint_auth_methods_supported: ["client_secret_post"] };
  await expect(login(make().auth)).rejects.toMatchObject({
    code: "MCP_LOGIN_FAILED",
    message: expect.stringContaining("set oauth.clientId of a client that is registered there"),
  });
  const { auth } = make({ oauth: { clientId: "known", clientSecret: "known-secret" } });
  await login(auth);
  expect(server.askedFor("/token")[0]?.form.get("client_secret")).toBe("known-secret");
});

test("a client metadata document is the client's id where the authorization server takes one", async () => {
  server.metadata = { client_id_metadata_document_supported: true };
  const { auth, opened } = make({ oauth: { clientMetadataUrl: "https://gantry.example.com/client.json" } });
  await login(auth);
  expect(new URL(opened[0] ?? "").searchParams.get("client_id")).toBe("https://gantry.example.com/client.json");
  expect(server.askedFor("/register")).toEqual([]);
});

test("a call that needs more scopes needs a login that asks for them beside the old ones, and is not asked for twice", async () => {
  server.requires = ["read"];
  const { auth, opened } = make();
  await expect(call(auth, server.url)).rejects.toMatchObject({ code: "MCP_NEEDS_LOGIN" });
  await login(auth);
  expect(await call(auth, server.url)).toBe(200);
  server.requires = ["write"];
  await expect(call(auth, server.url)).rejects.toMatchObject({
    code: "MCP_NEEDS_LOGIN",
    message: "The server docs needs a login (it wants more scopes: write): gantry mcp login docs",
  });
  // Another process, as a command would be, knows of it too.
  const command = make();
  await login(command.auth);
  const scopes = [...opened, ...command.opened].map((address) => new URL(address).searchParams.get("scope"));
  expect(scopes).toEqual(["read", "read write"]);
  expect(await call(auth, server.url)).toBe(200);
  server.answer("/mcp", (_, response) => {
    response.writeHead(403, { "www-authenticate": 'Bearer error="insufficient_scope", scope="write"' }).end();
  });
  await expect(call(auth, server.url)).rejects.toMatchObject({
    code: "MCP_HTTP_FAILED",
    message: "The server docs refuses with insufficient_scope after a login that asked for write",
  });
});

test("scopes are the config's or the server's; offline_access is asked for where it is offered, and only there", async () => {
  const scopesWith = async (offered: string[] | undefined, oauth: object) => {
    server.metadata = { scopes_supported: offered };
    const { auth, opened } = make({ oauth, name: `docs-${Math.random()}` });
    await login(auth);
    return new URL(opened[0] ?? "").searchParams.get("scope");
  };
  server.answer("/.well-known/oauth-protected-resource/mcp", (_, response) =>
    json(response, 200, {
      resource: server.url.href,
      authorization_servers: [server.origin],
      scopes_supported: ["read", "offline_access"],
    }),
  );
  expect(await scopesWith(["read", "offline_access"], {})).toBe("read offline_access");
  expect(await scopesWith(["read"], {})).toBe("read");
  expect(await scopesWith(undefined, {})).toBe("read offline_access");
  expect(await scopesWith(["read"], { scopes: ["mine"] })).toBe("mine");
});

test("a logout forgets tokens and registration, and says whether there were any", async () => {
  const { auth } = make();
  await login(auth);
  expect(await auth.logout()).toBe(true);
  expect(await auth.logout()).toBe(false);
  await expect(call(auth, server.url)).rejects.toMatchObject({ code: "MCP_NEEDS_LOGIN" });
  await login(auth);
  expect(server.askedFor("/register").length).toBe(2);
});

test("tokens go to the server alone, and never over a header that the user's config sets", async () => {
  const other = await startAuthServer();
  const { auth } = make();
  await login(auth);
  await auth.fetch(new URL("/elsewhere", other.origin));
  const own = auth.fetch(server.url, { method: "POST", headers: { authorization: "Bearer own" } });
  await expect(own).rejects.toMatchObject({
    code: "MCP_HTTP_FAILED",
    message: "The server docs answers 401 to the Authorization header that its entry sets",
  });
  expect(other.asked.map(({ authorization }) => authorization)).toEqual([undefined]);
  expect(server.askedFor("/mcp").at(-1)?.authorization).toBe("Bearer own");
  await other.close();
});
