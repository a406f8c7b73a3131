import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { guardedFetch } from "../../plugins/mcp/auth/guarded-fetch.ts";
import { createSecrets } from "../../plugins/mcp/auth/secrets.ts";
import { secureUrl } from "../../plugins/mcp/auth/secure-url.ts";
import { call, endOf, makeAuth, soon, tokenFolder } from "../support/mcp-auth.ts";
import { type Answer, type AuthServer, json, startAuthServer } from "../support/mcp-auth-server.ts";

const metadataPath = "/.well-known/oauth-authorization-server";
const resourcePath = "/.well-known/oauth-protected-resource/mcp";

let server: AuthServer;
let place: Awaited<ReturnType<typeof tokenFolder>>;

beforeEach(async () => {
  [server, place] = await Promise.all([startAuthServer(), tokenFolder()]);
});

afterEach(async () => {
  await Promise.all([server.close(), place.remove()]);
});

const make = (over: object = {}) => makeAuth(server.url, { folder: place.folder, ...over });

/** A login to a server that answers so. */
async function failed(path: string, answer: Answer): Promise<{ code: string; message: string; opened: string[] }> {
  server.answer(path, answer);
  const { auth, opened } = make();
  const error = await auth.login({ paste: false, signal: soon() }).then(
    () => undefined,
    (reason: unknown) => reason as { code: string; message: string },
  );
  return { code: error?.code ?? "none", message: error?.message ?? "it went well", opened };
}

const resource = (value: object): Answer => {
  return (_, response) => json(response, 200, { resource: server.url.href, authorization_servers: [server.origin], ...value });
};

test.each([metadataPath, resourcePath, "/register", "/token"])("a huge answer of %s is refused at 1 MiB", async (path) => {
  let sent = 0;
  const { code, message } = await failed(path, (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const more = (): void => {
      for (let isRoom = true; isRoom && sent < 64 * 1024 * 1024; sent += 65_536) isRoom = response.write("x".repeat(65_536));
    };
    response.on("drain", more);
    more();
  });
  expect([code, message]).toEqual(["MCP_TOO_LARGE", expect.stringContaining(`${path} answers with more than 1048576 bytes`)]);
  expect(sent).toBeLessThan(32 * 1024 * 1024);
});

test.each([
  ["javascript:alert(document.cookie)", "javascript:…"],
  ["data:text/html,x", "data:…"],
  ["file:///etc/passwd", "file:…"],
  ["http://login.example.com/authorize", "http://login.example.com/authorize"],
  ["https://user:password@login.example.com/authorize", "https://login.example.com/authorize"],
])("an authorization endpoint of %s is not opened", async (endpoint, shown) => {
  const { code, message, opened } = await failed(metadataPath, (_, response) =>
    json(response, 200, {
      ...{ issuer: server.origin, authorization_endpoint: endpoint, token_endpoint: `${server.origin}/token` },
      response_types_supported: ["code"],
    }),
  );
  expect([code, opened]).toEqual(["MCP_LOGIN_FAILED", []]);
  if (!/^(javascript|data)/.test(endpoint)) expect(message).toContain(shown);
  expect(message).not.toMatch(/alert|passwd|password/);
  expect(server.askedFor("/register")).toEqual([]);
});

test.each([[["plain"]], [[]]])(
  "an authorization server whose code challenges are %j is not logged in to, and nothing is registered",
  async (methods) => {
    server.metadata = { code_challenge_methods_supported: methods };
    const { auth, opened } = make();
    await expect(auth.login({ paste: false, signal: soon() })).rejects.toMatchObject({
      code: "MCP_LOGIN_FAILED",
      message: expect.stringContaining("S256"),
    });
    expect([opened, server.askedFor("/register")]).toEqual([[], []]);
  },
);

test("what the authorization sends does not follow a redirect to another host", async () => {
  const other = await startAuthServer();
  for (const path of ["/register", "/token"]) {
    const { code } = await failed(path, (_, response) => response.writeHead(307, { location: `${other.origin}${path}` }).end());
    expect(code).toBe("MCP_LOGIN_FAILED");
    server.answer(path, undefined);
  }
  expect(other.asked).toEqual([]);
  await other.close();
});

/** What a login ends with, and what was sent to the token endpoint. */
async function ended(over: object = {}): Promise<{ message: string; tokens: number }> {
  const message = await make(over)
    .auth.login({ paste: false, signal: soon() })
    .then(
      () => "it went well",
      (error: Error) => error.message,
    );
  return { message, tokens: server.askedFor("/token").length };
}

test("metadata that name another issuer than the one they were asked of get no code", async () => {
  server.metadata = { issuer: "https://honest.example" };
  const { message, tokens } = await ended();
  expect(message).toContain(`the metadata of ${server.origin}/ are of another issuer, https://honest.example/`);
  expect([tokens, server.askedFor("/register")]).toEqual([0, []]);
});

test("where nobody named the authorization server, its issuer may be any address of the server's origin, and no other", async () => {
  server.answer(resourcePath, (_, response) => json(response, 404, {}));
  server.answer("/mcp", (_, response) => response.writeHead(401).end());
  server.metadata = { issuer: "https://honest.example" };
  expect((await ended()).message).toContain("of another issuer, https://honest.example/");
  server.metadata = { issuer: `${server.origin}/tenant` };
  expect(await ended()).toEqual({ message: "it went well", tokens: 1 });
});

test("a redirect without the issuer that the authorization server says it names is refused", async () => {
  server.metadata = { authorization_response_iss_parameter_supported: true };
  const { message, tokens } = await ended();
  expect([message, tokens]).toEqual([expect.stringContaining("does not name its authorization server"), 0]);
  // Also where it is an OpenID provider.
  server.answer(metadataPath, (_, response) => json(response, 404, {}));
  server.answer("/.well-known/openid-configuration", (_, response) =>
    json(response, 200, {
      ...{ issuer: server.origin, authorization_endpoint: `${server.origin}/authorize` },
      ...{ token_endpoint: `${server.origin}/token`, registration_endpoint: `${server.origin}/register` },
      ...{ jwks_uri: `${server.origin}/keys`, response_types_supported: ["code"], subject_types_supported: ["public"] },
      ...{ id_token_signing_alg_values_supported: ["RS256"], code_challenge_methods_supported: ["S256"] },
      ...{ authorization_response_iss_parameter_supported: true },
    }),
  );
  expect((await ended()).message).toContain("does not name its authorization server");
  const askPasteCode = async (address: string) => {
    const end = await endOf(address);
    end.searchParams.set("iss", server.origin);
    return { text: end.href };
  };
  await make({ askPasteCode }).auth.login({ paste: true, signal: soon() });
  expect(server.askedFor("/token").length).toBe(1);
});

test("a redirect while metadata are read leads to no address of this machine", async () => {
  const asked: string[] = [];
  const fetchFn = guardedFetch(
    async (input) => {
      asked.push(String(input));
      return new Response(null, { status: 302, headers: { location: "http://127.0.0.1:9/admin?do=1" } });
    },
    new URL("http://docs.example.com/mcp"),
    soon(),
  );
  await expect(fetchFn(new URL("http://docs.example.com/.well-known/x"))).rejects.toMatchObject({
    code: "MCP_LOGIN_FAILED",
    message: expect.stringContaining("http://127.0.0.1:9/admin, on this machine"),
  });
  expect(asked).toEqual(["http://docs.example.com/.well-known/x"]);
});

test("resource metadata that fail are not taken for a server without any", async () => {
  const answers: [Answer, string][] = [
    [(_, response) => json(response, 500, {}), "HTTP 500 trying to load"],
    [(_, response) => response.writeHead(200).end("<html>"), "it is no JSON"],
    [(_, response) => json(response, 200, { authorization_servers: "all" }), "it does not have the fields"],
    [(_, response) => json(response, 404, {}), "does not implement OAuth 2.0 Protected Resource Metadata"],
  ];
  for (const [answer, words] of answers) {
    const { code, message } = await failed(resourcePath, answer);
    expect([code, message]).toEqual(["MCP_LOGIN_FAILED", expect.stringContaining(words)]);
  }
  expect(server.askedFor(metadataPath)).toEqual([]);
});

test("metadata of another resource, or of an authorization server without https, end the login", async () => {
  const elsewhere = await failed(resourcePath, resource({ resource: "https://bank.example.com/mcp" }));
  expect(elsewhere.message).toContain("of another resource, https://bank.example.com/mcp, not of");
  const plain = await failed(resourcePath, resource({ authorization_servers: ["http://login.example.com/"] }));
  expect(plain.message).toContain("the authorization server is http://login.example.com/; authorization needs https");
  expect([elsewhere.code, plain.code, elsewhere.opened, plain.opened]).toEqual([
    "MCP_LOGIN_FAILED",
    "MCP_LOGIN_FAILED",
    [],
    [],
  ]);
});

test.each([
  ["no JSON", (response: Parameters<Answer>[1]) => response.writeHead(200).end("access_token=gho_of-the-user&scope=repo")],
  ["no token", (response: Parameters<Answer>[1]) => json(response, 200, { token_type: "Bearer" })],
  [
    "a token with a line break",
    (response: Parameters<Answer>[1]) =>
      json(response, 200, { access_token: "abcdef\r\nx: gho_of-the-user", token_type: "Bearer" }),
  ],
  [
    "a huge token",
    (response: Parameters<Answer>[1]) =>
      json(response, 200, { access_token: "gho_of-the-user".repeat(5000), token_type: "Bearer" }),
  ],
  [
    "another type of token",
    (response: Parameters<Answer>[1]) => json(response, 200, { access_token: "gho_of-the-user", token_type: "DPoP" }),
  ],
  [
    "an error of its own",
    (response: Parameters<Answer>[1]) => json(response, 400, { error: "constructor", error_description: "x" }),
  ],
])("a token endpoint that answers with %s ends the login without a word of the answer's secrets", async (_, answer) => {
  const { code, message } = await failed("/token", (__, response) => void answer(response));
  expect(code).toBe("MCP_LOGIN_FAILED");
  expect(message).not.toContain("gho_");
  await expect(call(make().auth, server.url)).rejects.toMatchObject({ code: "MCP_NEEDS_LOGIN" });
});

test("secrets that the authorization server sends back in its words are not shown", async () => {
  const { message } = await failed("/token", ({ form }, response) =>
    json(response, 400, {
      error: "invalid_grant",
      error_description: `code ${form.get("code")} verifier ${form.get("code_verifier")} ${"x".repeat(2000)}`,
    }),
  );
  expect(message).toMatch(/invalid_grant: code \[secret\] verifier \[secret\] x+$/);
  for (const secret of server.secrets) expect(message).not.toContain(secret);
});

test("a server that answers 401 to everything ends each request after one login, and opens nothing", async () => {
  server.answer("/mcp", (_, response) => {
    response.writeHead(401, { "www-authenticate": `Bearer resource_metadata="${server.origin}${resourcePath}"` }).end();
  });
  const { auth, opened } = make();
  await expect(call(auth, server.url)).rejects.toMatchObject({ code: "MCP_NEEDS_LOGIN" });
  await auth.login({ paste: false, signal: soon() });
  const before = server.asked.length;
  for (let turn = 0; turn < 3; turn++) {
    await expect(call(auth, server.url)).rejects.toMatchObject({
      code: "MCP_HTTP_FAILED",
      message: "The server docs answers 401 to the token of a login that has just gone well",
    });
  }
  expect([server.asked.length - before, opened.length]).toEqual([3, 1]);
});

test("a refreshed token that is refused too ends the request", async () => {
  const { auth } = make();
  await auth.login({ paste: false, signal: soon() });
  expect(await call(auth, server.url)).toBe(200);
  server.answer("/mcp", (_, response) => response.writeHead(401).end());
  await expect(call(auth, server.url)).rejects.toMatchObject({
    code: "MCP_HTTP_FAILED",
    message: "The server docs answers 401 also to the new token that it was given",
  });
});

describe("addresses of an authorization", () => {
  const remote = new URL("https://docs.example.com/mcp");
  const local = new URL("http://127.0.0.1:8080/mcp");

  test.each([
    ["https://login.example.com/token", remote, true],
    ["https://login.example.com/token", local, true],
    ["http://login.example.com/token", remote, false],
    ["http://127.0.0.1:9000/token", local, true],
    ["http://localhost:9000/token", local, true],
    ["http://[::1]:9000/token", local, true],
    // A server elsewhere has no say in what is asked on this machine.
    ["http://127.0.0.1:9000/token", remote, false],
    ["https://localhost/token", remote, false],
    ["http://2130706433/token", remote, false],
    ["https://0.0.0.0/token", remote, false],
    ["https://[::]/token", remote, false],
    ["https://[::ffff:127.0.0.1]/token", remote, false],
    ["https://localhost./token", remote, false],
    ["http://0.0.0.0:9000/token", local, true],
    ["http://localhost.example.com/token", local, false],
    ["ftp://127.0.0.1/token", local, false],
    ["", remote, false],
  ])("%s, named by %s: %s", (address, server, isTaken) => {
    const taken = () => secureUrl(address, "token endpoint", server);
    if (isTaken) expect(taken().href).toBe(address);
    else expect(taken).toThrow(expect.objectContaining({ code: "MCP_LOGIN_FAILED" }));
  });
});

test("plain http elsewhere gets no token and no login", async () => {
  const url = new URL("http://docs.example.com/mcp");
  const asked: string[] = [];
  const { auth } = makeAuth(url, {
    folder: place.folder,
    fetch: async (input) => {
      asked.push(String(input));
      return new Response(null, { status: 401 });
    },
  });
  await expect(call(auth, url)).rejects.toMatchObject({
    code: "MCP_HTTP_FAILED",
    message: expect.stringContaining("https URL"),
  });
  await expect(auth.login({ paste: false, signal: soon() })).rejects.toMatchObject({ code: "MCP_LOGIN_FAILED" });
  expect(asked).toEqual(["http://docs.example.com/mcp"]);
});

describe("words of strangers", () => {
  const secrets = createSecrets();
  secrets.add("token-abcdef", "a b/secret+1", "short");

  test.each([
    ["it was token-abcdef.", "it was [secret]."],
    ["it was a%20b%2Fsecret%2B1", "it was [secret]"],
    ["short stays", "short stays"],
    ["two\r\nlines\u001b[2J\u202e and\u0000 more", "two lines [2J and more"],
    [`${"y".repeat(1193)}token-abcdef`, "y".repeat(300)],
    [`${"\u0007".repeat(1193)}token-abcdef`, "[secret]"],
  ])("are one line without secrets: %j", (text, shown) => {
    expect(secrets.clean(text)).toBe(shown);
  });
});
