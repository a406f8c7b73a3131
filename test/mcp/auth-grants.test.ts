import { generateKeyPairSync, verify } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { McpOAuth } from "../../core/contract/mcp.ts";
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

const make = (oauth: McpOAuth) => makeAuth(server.url, { folder: place.folder, oauth });
const machine: McpOAuth = { grant: "client_credentials", clientId: "machine", clientSecret: "machine-secret" };

test("client credentials log in by themselves, once for requests at one time, and again when the token is refused", async () => {
  server.metadata = { token_endpoint_auth_methods_supported: ["client_secret_basic"] };
  const { auth, opened } = make({ ...machine, scopes: ["read"] });
  expect(await Promise.all([1, 2, 3].map(() => call(auth, server.url)))).toEqual([200, 200, 200]);
  const [first] = server.askedFor("/token");
  expect(first?.authorization).toBe(`Basic ${Buffer.from("machine:machine-secret").toString("base64")}`);
  expect(Object.fromEntries(first?.form ?? [])).toEqual({
    grant_type: "client_credentials",
    scope: "read",
    resource: server.url.href,
  });
  server.expire();
  expect(await call(auth, server.url)).toBe(200);
  expect([server.askedFor("/token").length, opened]).toEqual([2, []]);
});

test("more scopes are asked for when the server wants them, and not in a circle", async () => {
  const { auth } = make(machine);
  expect(await call(auth, server.url)).toBe(200);
  server.requires = ["write"];
  expect(await call(auth, server.url)).toBe(200);
  server.answer("/mcp", (_, response) => {
    response.writeHead(403, { "www-authenticate": 'Bearer error="insufficient_scope", scope="write"' }).end();
  });
  const before = server.askedFor("/token").length;
  await expect(call(auth, server.url)).rejects.toMatchObject({ code: "MCP_HTTP_FAILED" });
  expect(server.askedFor("/token").length).toBe(before);
});

test("credentials that are refused end as MCP_LOGIN_FAILED in the server's words, and no user is asked", async () => {
  server.answer("/token", ({ form }, response) =>
    json(response, 401, { error: "invalid_client", error_description: `unknown: ${form.get("client_secret")}` }),
  );
  server.metadata = { token_endpoint_auth_methods_supported: ["client_secret_post"] };
  const { auth, opened } = make(machine);
  await expect(call(auth, server.url)).rejects.toMatchObject({
    code: "MCP_LOGIN_FAILED",
    message: "The server docs: the grant client_credentials failed: invalid_client: unknown: [secret]",
  });
  expect([opened, auth.needsLogin]).toEqual([[], false]);
});

test.each([
  ["ES256", "ec", { namedCurve: "P-256" }, "sec1"],
  ["RS256", "rsa", { modulusLength: 2048 }, "pkcs1"],
] as const)("a signed assertion is made with %s, also of a key in the older PEM form", async (alg, kind, options, type) => {
  const pair = generateKeyPairSync(kind as "ec", options as { namedCurve: string });
  const privateKey = pair.privateKey.export({ type: type as "sec1", format: "pem" }).toString();
  const { auth } = make({ grant: "private_key_jwt", clientId: "machine", privateKey });
  expect(await call(auth, server.url)).toBe(200);
  const form = server.askedFor("/token")[0]?.form;
  const [head = "", claims = "", signature = ""] = (form?.get("client_assertion") ?? "").split(".");
  expect(JSON.parse(Buffer.from(head, "base64url").toString())).toEqual({ alg, typ: "JWT" });
  expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
    iss: "machine",
    sub: "machine",
    aud: server.origin,
  });
  const key = { key: pair.publicKey, dsaEncoding: "ieee-p1363" } as const;
  expect(verify("sha256", Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, "base64url"))).toBe(true);
});

test.each([
  [{ grant: "client_credentials" }, "oauth.clientId is needed for the grant client_credentials"],
  [{ grant: "private_key_jwt", clientId: "machine" }, "oauth.privateKey is needed for the grant private_key_jwt"],
  [{ grant: "private_key_jwt", clientId: "machine", privateKey: "no key" }, "oauth.privateKey is not a private key in PEM"],
  [{ grant: "cross_app_access", clientId: "app" }, "oauth.idToken is needed for the grant cross_app_access"],
  [
    { grant: "cross_app_access", clientId: "app", idToken: "id-token-1" },
    "oauth.idpTokenUrl is needed for the grant cross_app_access",
  ],
] as const)("a grant that the config leaves incomplete says what is missing: %j", async (oauth, words) => {
  await expect(call(make(oauth).auth, server.url)).rejects.toMatchObject({
    code: "MCP_LOGIN_FAILED",
    message: `The server docs: the grant ${oauth.grant} failed: ${words}`,
  });
});

test("access across apps finds the identity provider by its issuer; what it refuses is told without the id token", async () => {
  const provider = await startAuthServer();
  const oauth: McpOAuth = {
    ...{ grant: "cross_app_access", clientId: "app", clientSecret: "app-secret" },
    ...{ idToken: "id-token-of-the-user", idpClientId: "gantry-at-idp", idpIssuer: provider.origin },
  };
  provider.answer("/token", ({ form }, response) =>
    json(response, 400, { error: "invalid_grant", error_description: `expired: ${form.get("subject_token")}` }),
  );
  const { auth } = make(oauth);
  await expect(call(auth, server.url)).rejects.toMatchObject({
    message: "The server docs: the grant cross_app_access failed: the identity provider says invalid_grant: expired: [secret]",
  });
  provider.answer("/token", (_, response) =>
    json(response, 200, {
      access_token: "assertion-1",
      issued_token_type: "urn:ietf:params:oauth:token-type:id-jag",
      token_type: "N_A",
    }),
  );
  server.answer("/token", ({ form }, response) =>
    json(response, 200, { access_token: `for-${form.get("assertion")}`, token_type: "Bearer" }),
  );
  server.answer("/mcp", ({ authorization }, response) =>
    json(response, authorization === "Bearer for-assertion-1" ? 200 : 401, {}),
  );
  expect(await call(auth, server.url)).toBe(200);
  expect(Object.fromEntries(provider.askedFor("/token")[1]?.form ?? [])).toMatchObject({
    ...{ client_id: "gantry-at-idp", subject_token: "id-token-of-the-user", resource: server.url.href },
    ...{ audience: server.origin, requested_token_type: "urn:ietf:params:oauth:token-type:id-jag" },
  });
  await provider.close();
});

test("the config's secret goes to the authorization server that first took it, and to no other that is named later", async () => {
  expect(await call(make(machine).auth, server.url)).toBe(200);
  const other = await startAuthServer();
  server.answer("/.well-known/oauth-protected-resource/mcp", (_, response) =>
    json(response, 200, { resource: server.url.href, authorization_servers: [other.origin] }),
  );
  const { auth } = make(machine);
  await expect(call(auth, server.url)).rejects.toMatchObject({
    code: "MCP_LOGIN_FAILED",
    message: expect.stringContaining("if that is right, log out first"),
  });
  expect(other.askedFor("/token")).toEqual([]);
  const [name = ""] = await readdir(place.folder);
  expect(await readFile(join(place.folder, name), "utf8")).not.toMatch(/access|secret/);
  expect(await auth.logout()).toBe(true);
  await expect(call(auth, server.url)).rejects.toMatchObject({ code: "MCP_HTTP_FAILED" });
  expect(other.askedFor("/token").length).toBe(1);
  await other.close();
});

test("a login to a server of such a grant gets a new token without a user; a logout drops it", async () => {
  const { auth, opened } = make(machine);
  expect(await call(auth, server.url)).toBe(200);
  await auth.login({ paste: false, signal: soon() });
  expect([server.askedFor("/token").length, opened]).toEqual([2, []]);
  expect([await auth.logout(), await auth.logout()]).toEqual([true, false]);
});
