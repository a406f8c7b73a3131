/** Servers over HTTP that misbehave, one thread for all of them: each is bounded and told by its name, and the good one goes on. */
import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  address,
  codeOf,
  type HttpServer,
  startHttpServer,
  startThread,
  type ThreadUnderTest,
  textOf,
} from "../support/mcp-thread.ts";

let thread: ThreadUnderTest;
let web: HttpServer;
let count = 0;

beforeAll(async () => {
  thread = startThread();
  web = await startHttpServer();
  thread.open({ name: "good", transport: address(web.url("/good?token=secret")) });
  await thread.state("good", "ready");
});

afterEach(async () => {
  expect(textOf(await thread.call("good", "echo", { text: "still here" }))).toBe("still here");
});

afterAll(async () => {
  await thread.close();
  await web.close();
});

async function open(
  path: string,
  options: { kind?: "http" | "sse"; headers?: Record<string, string>; startTimeoutMs?: number } = {},
): Promise<string> {
  const name = `h${++count}`;
  thread.open({ name, transport: address(web.url(path), options), startTimeoutMs: options.startTimeoutMs ?? 20_000 });
  await thread.until("facts", ({ facts }) => facts.name === name && facts.state !== "starting");
  return name;
}

async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test("the query of an address is in no facts", () => {
  expect(thread.facts("good")).toMatchObject({ kind: "http", state: "ready", what: web.url("/good") });
  expect(JSON.stringify(thread.frames)).not.toContain("secret");
});

test("a server that is older than streamable HTTP is spoken to over SSE, and so is one that the config says it of", async () => {
  for (const kind of ["http", "sse"] as const) {
    const name = await open("/old", { kind });
    expect(thread.facts(name)).toMatchObject({ state: "ready" });
    expect(textOf(await thread.call(name, "echo", { text: kind }))).toBe(kind);
  }
});

test("an SSE stream that ends takes its calls with it, and the server is connected again", async () => {
  const name = await open("/old", { kind: "sse" });
  expect(codeOf(await thread.call(name, "forget"))).toBe("MCP_DISCONNECTED");
  await thread.until("facts", ({ facts }) => facts.name === name && facts.state === "ready" && facts.restarts === 1);
});

test("a redirect within the origin is followed", async () => {
  expect(thread.facts(await open("/here"))).toMatchObject({ state: "ready" });
});

test("redirects in a circle, to another origin and to a file are not followed, and no header goes there", async () => {
  await web.seen();
  for (const path of ["/loop", "/away", "/file"]) {
    const name = await open(path, { headers: { "x-key": "sesame" } });
    expect(thread.facts(name)).toMatchObject({ state: "failed", code: "MCP_HTTP_FAILED" });
    expect(thread.facts(name)?.why).toContain(`The server ${name} `);
  }
  const seen = await web.seen();
  expect(seen.filter(({ host }) => host.startsWith("localhost"))).toEqual([]);
  expect(seen.filter(({ url }) => url === "/loop").length).toBeLessThanOrEqual(7);
  expect(JSON.stringify(thread.frames)).not.toContain("sesame");
});

test("another content type, or JSON that is none, is MCP_PROTOCOL", async () => {
  for (const path of ["/html", "/lies"])
    expect(thread.facts(await open(path))).toMatchObject({ state: "failed", code: "MCP_PROTOCOL" });
  expect(codeOf(await thread.call("good", "broken-json"))).toBe("MCP_PROTOCOL");
  expect(codeOf(await thread.call("good", "wrong-type"))).toBe("MCP_PROTOCOL");
  expect(codeOf(await thread.call("good", "no-protocol"))).toBe("MCP_RESULT_INVALID");
});

test("an answer that ends early, or answers something else, ends the call at once", async () => {
  for (const tool of ["early", "early-event", "other-id"]) {
    expect(codeOf(await thread.call("good", tool)), tool).toBe("MCP_DISCONNECTED");
  }
});

test("a request that is only accepted has no answer to wait for: MCP_PROTOCOL at once, also at the start", async () => {
  expect(codeOf(await thread.call("good", "accepted"))).toBe("MCP_PROTOCOL");
  expect(thread.facts(await open("/accepts"))).toMatchObject({ state: "failed", code: "MCP_PROTOCOL" });
});

test("a stream of events that are no messages ends the server with MCP_PROTOCOL", async () => {
  const name = await open("/good");
  expect(codeOf(await thread.call(name, "event-garbage"))).toBe("MCP_PROTOCOL");
  expect(await thread.state(name, "failed")).toMatchObject({ code: "MCP_PROTOCOL" });
});

test("a stream that ends with an id is taken up again where it was, after the time that the server asks for", async () => {
  await web.seen();
  expect(textOf(await thread.call("good", "retry"))).toMatch(/^resumed after resume-/);
  expect((await web.seen()).filter(({ last }) => last !== undefined)).toMatchObject([{ method: "GET" }]);
});

test("100 MB of JSON, and 100 MB of one event, are refused by their size", async () => {
  for (const tool of ["big-json", "big-event"]) {
    const result = await thread.call("good", tool);
    expect(result, tool).toMatchObject({ code: "MCP_TOO_LARGE", message: expect.stringContaining("The server good ") });
  }
});

test("a call that is never answered ends at its deadline, and its exchange with it", async () => {
  expect(codeOf(await thread.call("good", "hang", {}, 300))).toBe("MCP_TIMEOUT");
});

test("a server that refuses with 401 again and again needs a login, and is asked only a few times", async () => {
  await web.seen();
  const name = await open("/closed");
  expect(thread.facts(name)).toMatchObject({ state: "needs-login", code: "MCP_NEEDS_LOGIN" });
  expect(thread.facts(name)?.why).toContain(`gantry mcp login ${name}`);
  expect((await web.seen()).filter(({ url }) => url === "/closed").length).toBeLessThanOrEqual(3);
  expect(codeOf(await thread.call(name, "echo"))).toBe("MCP_NEEDS_LOGIN");
});

test("a ready server that answers 401 to a call needs a login from then on", async () => {
  const name = await open("/good");
  expect(codeOf(await thread.call(name, "revoked"))).toBe("MCP_NEEDS_LOGIN");
  expect(await thread.state(name, "needs-login")).toMatchObject({ code: "MCP_NEEDS_LOGIN", restarts: 0 });
});

test("an error of the server, and an address where nobody is, are MCP_HTTP_FAILED", async () => {
  const broken = await open("/broken");
  expect(thread.facts(broken)).toMatchObject({
    state: "failed",
    code: "MCP_HTTP_FAILED",
    why: expect.stringContaining("it hurts"),
  });
  thread.open({ name: "nobody", transport: address(`http://127.0.0.1:${await closedPort()}/mcp`) });
  expect(await thread.state("nobody", "failed")).toMatchObject({
    code: "MCP_HTTP_FAILED",
    why: expect.stringContaining("ECONNREFUSED"),
  });
});

test("a server that never answers fails at the end of its time", async () => {
  expect(thread.facts(await open("/silent", { startTimeoutMs: 500 }))).toMatchObject({ code: "MCP_START_TIMEOUT" });
});

test("a stream that ends at once and asks to be opened again at once is opened at a bounded rate", async () => {
  await web.seen();
  const name = await open("/spins");
  for (let calls = 0; calls < 20; calls++) expect(textOf(await thread.call(name, "echo", { text: "x" }))).toBe("x");
  expect((await web.seen()).filter(({ method }) => method === "GET").length).toBeLessThan(200);
  thread.send({ type: "close", server: name });
  await thread.state(name, "stopped");
});

test("a server that floods its stream is held back, then ended with MCP_FLOOD", async () => {
  const name = await open("/floods");
  expect(textOf(await thread.call("good", "echo", { text: "meanwhile" }))).toBe("meanwhile");
  expect(await thread.state(name, "failed")).toMatchObject({ code: "MCP_FLOOD" });
});

test("a header or an address that cannot be sent is told without its value", async () => {
  for (const [name, transport, why] of [
    [
      "header",
      address(web.url("/good"), { headers: { "x-key": "hush\nhush" } }),
      "its header x-key has letters that no header may have",
    ],
    ["user", address("http://me:hush@127.0.0.1/"), "its url has a user name or a password in it"],
    ["file", address("file:///hush"), "its url begins with file:"],
    ["none", address("hush"), "its url is no address"],
  ] as const) {
    thread.open({ name, transport });
    const facts = await thread.state(name, "failed");
    expect(facts).toMatchObject({
      code: "MCP_START_FAILED",
      why: expect.stringContaining(`The server ${name} cannot be reached: ${why}`),
    });
    expect(facts.why).not.toContain("hush");
  }
});

test("a session that the server has forgotten is begun again", async () => {
  const name = await open("/good");
  expect(codeOf(await thread.call(name, "forget"))).toBe("MCP_DISCONNECTED");
  await thread.until("facts", ({ facts }) => facts.name === name && facts.state === "ready" && facts.restarts === 1);
  expect(textOf(await thread.call(name, "echo", { text: "again" }))).toBe("again");
});

test("the end of a connection ends its session", async () => {
  const name = await open("/good", { headers: { "x-key": "mine" } });
  await web.seen();
  thread.send({ type: "close", server: name });
  await thread.state(name, "stopped");
  expect(await web.seen()).toMatchObject([{ method: "DELETE", key: "mine" }]);
});

test("the user's proxy is used, and not for those that NO_PROXY names", async () => {
  const asked: string[] = [];
  const proxy = http.createServer().on("connect", ({ url = "" }, socket) => {
    asked.push(url);
    const target = net.connect(Number(new URL(web.url("/")).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    target.on("error", () => socket.destroy());
    socket.on("error", () => target.destroy());
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, "127.0.0.1", resolve);
  });
  const { port } = proxy.address() as AddressInfo;
  const own = startThread({ netEnv: { HTTP_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: "127.0.0.1" } });
  own.open({ name: "direct", transport: address(web.url("/good")) });
  own.open({ name: "through", transport: address("http://mcp.test/good") });
  await Promise.all([own.state("direct", "ready"), own.state("through", "ready")]);
  expect(new Set(asked)).toEqual(new Set(["mcp.test:80"]));
  await own.close();
  proxy.closeAllConnections();
  proxy.close();
});
