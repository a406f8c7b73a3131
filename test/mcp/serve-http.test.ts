/** `gantry mcp serve --http`: the SDK's own client, and requests that no client of the SDK makes. */
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";
import { type HttpServer, httpServer, overHttp, textOf } from "../support/mcp-serve.ts";

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** What is sent as it is said, Host included. Resolves with the body so far when it holds `until`, else with all of it. */
function send(
  { url, token }: HttpServer,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string; until?: string } = {},
): Promise<Answer> {
  const { method = "POST", headers = {}, body = "", until } = options;
  const usual = {
    authorization: `Bearer ${token}`,
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port: url.port, path: options.path ?? url.pathname, method, headers: { ...usual, ...headers } },
      (response) => {
        let text = "";
        const done = (): void => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        response.on("data", (chunk: Buffer) => {
          text += chunk;
          if (until !== undefined && text.includes(until)) {
            done();
            sent.destroy();
          }
        });
        response.on("end", done);
        response.on("error", () => undefined);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const rpc = (method: string, params: unknown, id: number | string = 1): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

const hello = rpc("initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "raw", version: "1" },
});

test("an SDK client lists, calls, is asked and runs, each client in a session of its own", async () => {
  const home = await bench([{ say: "Done." }], { "a.txt": "alpha\n" });
  const server = await httpServer(home);
  const asking = await overHttp(server, { answer: () => ({ action: "accept", content: { allow: true } }) });
  const silent = await overHttp(server);
  expect((await asking.client.listTools()).tools.map(({ name }) => name)).toContain("run");
  expect(textOf(await silent.call("Read", { file_path: "a.txt" }))).toContain("alpha");
  expect((await asking.call("Write", { file_path: "b.txt", content: "b" })).isError).toBeUndefined();
  expect((await silent.call("Write", { file_path: "c.txt", content: "c" })).isError).toBe(true);
  expect((await asking.call("run", { prompt: "x" })).structuredContent).toMatchObject({ text: "Done." });
  await asking.client.setLoggingLevel("error");
  await asking.client.ping();
  expect(asking.asked).toHaveLength(1);
  expect(await server.stop("SIGINT")).toBe(130);
  expect(await home.logs()).toHaveLength(3);
});

test("Host, Origin, token, path, method, headers and body are refused with the status that says which", async () => {
  const server = await httpServer(await bench([]));
  const { port } = server.url;
  const statusOf = async (options: Parameters<typeof send>[1]): Promise<number> => (await send(server, options)).status;
  expect(await statusOf({ headers: { host: "evil.example.com" }, body: hello })).toBe(403);
  expect(await statusOf({ headers: { host: `evil.example.com:${port}`, authorization: "" }, body: hello })).toBe(403);
  expect(await statusOf({ headers: { origin: "http://evil.example.com" }, body: hello })).toBe(403);
  expect(await statusOf({ headers: { origin: "null" }, body: hello })).toBe(403);
  const unnamed = await send(server, { headers: { authorization: "" }, body: hello });
  expect(unnamed).toMatchObject({ status: 401, headers: { "www-authenticate": 'Bearer realm="gantry"' } });
  expect(unnamed.body).not.toContain(server.token);
  expect(await statusOf({ headers: { authorization: `Bearer ${server.token}x` }, body: hello })).toBe(401);
  expect(await statusOf({ headers: { authorization: `Basic ${server.token}` }, body: hello })).toBe(401);
  expect(await statusOf({ path: "/", body: hello })).toBe(404);
  expect(await statusOf({ method: "PUT", body: hello })).toBe(405);
  expect(await statusOf({ method: "OPTIONS" })).toBe(405);
  expect(await statusOf({ headers: { accept: "application/json" }, body: hello })).toBe(406);
  expect(await statusOf({ method: "GET", headers: { accept: "application/json" } })).toBe(406);
  expect(await statusOf({ headers: { "content-type": "text/plain" }, body: hello })).toBe(415);
  expect(await statusOf({ headers: { "mcp-protocol-version": "1999-01-01" }, body: hello })).toBe(400);
  expect(await statusOf({ headers: { "content-length": "99999999999" }, body: "" })).toBe(413);
  const chunked = { "transfer-encoding": "chunked" };
  expect(await statusOf({ headers: chunked, body: " ".repeat(17 * 1024 * 1024) }).catch(() => 413)).toBe(413);
  expect(JSON.parse((await send(server, { body: "{" })).body)).toMatchObject({ id: null, error: { code: -32_700 } });
  expect(JSON.parse((await send(server, { body: "{}" })).body)).toMatchObject({ error: { code: -32_600 } });
  expect(await statusOf({ body: "[]" })).toBe(400);
  expect(await statusOf({ body: `[${hello}]` })).toBe(400);
  expect(await statusOf({ body: rpc("tools/list", {}) })).toBe(400);
  expect(await statusOf({ headers: { "mcp-session-id": "none" }, body: rpc("tools/list", {}) })).toBe(404);
  expect(await statusOf({ method: "GET" })).toBe(400);
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`])
    expect(await statusOf({ headers: { host, origin: `http://${host}` }, body: hello })).toBe(200);
});

async function begin(server: HttpServer): Promise<{ "mcp-session-id": string; "mcp-protocol-version": string }> {
  const { headers, body } = await send(server, { body: hello });
  expect(body).toContain('"protocolVersion":"2025-11-25"');
  return { "mcp-session-id": String(headers["mcp-session-id"]), "mcp-protocol-version": "2025-11-25" };
}

test("a session answers what is wrong in it, listens once, gives what was missed, and ends by DELETE", async () => {
  const home = await bench([], { "a.txt": "alpha\n" });
  const server = await httpServer(home, ["--allow", "Bash"]);
  const headers = await begin(server);
  const errorOf = async (body: string): Promise<unknown> => {
    const answer = await send(server, { headers, body });
    const data = answer.body.split("\n").findLast((line) => line.startsWith("data: {"));
    return JSON.parse(data?.slice(6) ?? "{}").error;
  };
  expect(await errorOf(rpc("nonsense", {}))).toMatchObject({ code: -32_601 });
  expect(await errorOf(rpc("resources/list", {}))).toMatchObject({ code: -32_601 });
  expect(await errorOf(rpc("tools/call", { arguments: {} }))).toMatchObject({ code: -32_602 });
  expect(await errorOf(rpc("logging/setLevel", { level: "loud" }))).toMatchObject({ code: -32_602 });
  expect(await errorOf(hello)).toMatchObject({ code: -32_600 });
  const note = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
  expect((await send(server, { headers, body: note })).status).toBe(202);
  const both = await send(server, { headers, body: `[${rpc("ping", {}, 8)},${rpc("ping", {}, 9)}]` });
  expect(both.body).toContain('"id":8');
  expect(both.body).toContain('"id":9');

  // The connection breaks in the middle of the call; what it would have brought is had by its last event.
  const call = { name: "Bash", arguments: { command: "echo before; until [ -e go ]; do sleep 0.05; done; echo after" } };
  const torn = await send(server, { headers, body: rpc("tools/call", call, "long"), until: "data: \n" });
  const [, seen = ""] = /^id: (\S+)$/m.exec(torn.body) ?? [];
  await writeFile(path.join(home.cwd, "go"), "");
  const rest = await send(server, { method: "GET", headers: { ...headers, "last-event-id": seen } });
  expect(rest.body).toContain('"id":"long"');
  expect(rest.body).toContain("after");
  expect((await send(server, { method: "GET", headers: { ...headers, "last-event-id": "9999.1" } })).status).toBe(400);

  expect((await send(server, { method: "DELETE", headers })).status).toBe(200);
  expect((await send(server, { headers, body: rpc("ping", {}) })).status).toBe(404);
});

test("the token of a file counts where only its owner can read it, and is not printed", async () => {
  const home = await bench([]);
  const file = path.join(home.home, "token");
  const token = "0123456789abcdef0123456789abcdef";
  await writeFile(file, `${token}\n`, { mode: 0o644 });
  const readable = await home.gantry(["mcp", "serve", "--http", "--token-file", file]);
  expect(readable).toMatchObject({ exit: 2, stdout: "" });
  expect(readable.stderr).toContain("chmod 600");
  await chmod(file, 0o600);
  const server = await httpServer(home, ["--token-file", file]);
  expect(server.stderr()).not.toContain(token);
  const { client } = await overHttp({ url: server.url, token });
  await client.ping();
  const taken = await home.gantry(["mcp", "serve", "--http", "--port", server.url.port]);
  expect(taken).toMatchObject({ exit: 2, stdout: "" });
  expect(taken.stderr).toContain("cannot be had");
});

test("large bodies that come together are held up to a bound, and refused beyond it", async () => {
  const server = await httpServer(await bench([]));
  const piece = Buffer.alloc(12 * 1024 * 1024, " ");
  const held = Array.from({ length: 8 }, () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const sent = request(
      {
        ...{ host: "127.0.0.1", port: server.url.port, path: server.url.pathname, method: "POST" },
        headers: {
          authorization: `Bearer ${server.token}`,
          accept: "application/json, text/event-stream",
          "content-type": "application/json",
          "transfer-encoding": "chunked",
        },
      },
      (response) => resolve(response.statusCode ?? 0),
    );
    sent.on("error", () => resolve(0));
    sent.write(piece);
    return { sent, status: promise };
  });
  // Six of them are more than there is room for, whichever these are.
  expect([503, 0]).toContain(await Promise.race(held.map(({ status }) => status)));
  for (const { sent } of held) sent.destroy();
  expect((await send(server, { body: hello })).status).toBe(200);
});

test("sessions beyond the cap take the place of idle ones", async () => {
  const server = await httpServer(await bench([]));
  const first = await begin(server);
  const others: string[] = [];
  for (let i = 0; i < 32; i++) others.push((await begin(server))["mcp-session-id"]);
  expect((await send(server, { headers: first, body: rpc("ping", {}) })).status).toBe(404);
  const newest = { ...first, "mcp-session-id": others.at(-1) ?? "" };
  expect((await send(server, { headers: newest, body: rpc("ping", {}) })).status).toBe(200);
});

test("connections that show no token keep nobody out: the oldest make room, and those of clients with one stay", async () => {
  const server = await httpServer(await bench([]));
  const headers = await begin(server);
  const client = await overHttp(server);
  const idle = Array.from({ length: 200 }, () => connect(Number(server.url.port), "127.0.0.1").on("error", () => undefined));
  const first = idle[0] ?? expect.fail();
  await once(first, "close");
  expect((await send(server, { headers, body: rpc("ping", {}) })).status).toBe(200);
  await client.client.ping();
  for (const socket of idle) socket.destroy();
});
