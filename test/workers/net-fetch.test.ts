import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import type { Json } from "../../core/contract/messages.ts";
import { type BrokerBench, refusal, startBroker } from "../support/broker.ts";
import { certificate } from "../support/certificate.ts";

const open: (Server | BrokerBench)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) {
    if ("broker" in one) await one.close();
    else await new Promise((resolve) => one.close(resolve).closeAllConnections());
  }
});

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

async function serve(answer: (response: ServerResponse, seen: Seen) => void): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      answer(response, one);
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, seen };
}

async function start(scopes: string[], names: Record<string, string[]> = {}): Promise<BrokerBench> {
  const resolve = async (host: string) => {
    const addresses = names[host];
    if (addresses === undefined) throw new Error(`getaddrinfo ENOTFOUND ${host}`);
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  const bench = await startBroker({ edge: { resolve, ca: certificate.cert } });
  open.push(bench);
  bench.grant({ "net.fetch": scopes });
  return bench;
}

interface Head {
  status: number;
  headers: Record<string, string>;
  url: string;
  handle: string;
}

async function fetchText(
  bench: BrokerBench,
  url: string,
  request: { [key: string]: Json } = {},
): Promise<Head & { text: string }> {
  const head = (await bench.ask("net.fetch", url, request)) as unknown as Head;
  return { ...head, text: (await body(bench, head.handle)).toString() };
}

async function body(bench: BrokerBench, handle: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = (await bench.ask("net.read", handle)) as { $bytes: string } | null;
    if (piece === null) return Buffer.concat(pieces);
    pieces.push(Buffer.from(piece.$bytes, "base64"));
  }
}

test("a granted host is asked, and its answer read piece by piece", async () => {
  const whole = "x".repeat(700_000);
  const { port, seen } = await serve((response) =>
    response.writeHead(201, { "x-one": "a", "set-cookie": ["b=1", "c=2"] }).end(whole),
  );
  const bench = await start([`localhost:${port}`], { localhost: ["127.0.0.1"] });
  const reply = await fetchText(bench, `http://localhost:${port}/a?b=c#d`, {
    method: "POST",
    headers: { "Content-Type": "text/plain", authorization: "Bearer t" },
    body: { $bytes: Buffer.from("é").toString("base64") },
  });
  expect(reply).toMatchObject({
    status: 201,
    url: `http://localhost:${port}/a?b=c`,
    headers: { "x-one": "a", "set-cookie": "b=1, c=2" },
  });
  expect(reply.text).toBe(whole);
  expect(seen).toMatchObject([
    { method: "POST", url: "/a?b=c", body: "é", headers: { authorization: "Bearer t", "content-type": "text/plain" } },
  ]);
  expect((await refusal(bench.ask("net.read", reply.handle))).code).toBe("HANDLE_UNKNOWN");
  expect(bench.records).toContain("net.fetch");
});

test.each([
  "http://127.0.0.1:PORT/",
  "http://2130706433:PORT/",
  "http://0x7f.1:PORT/",
  "http://0177.0.0.1:PORT/",
  "http://127.1:PORT/",
  "http://[::1]:PORT/",
  "http://[::ffff:127.0.0.1]:PORT/",
  "http://0.0.0.0:PORT/",
  "http://localhost:PORT/",
  "http://localhost.:PORT/",
  "http://LOCALHOST:PORT/",
  "http://ｌｏｃａｌｈｏｓｔ:PORT/",
  "http://127。0。0。1:PORT/",
  "http://rebound.example:PORT/",
  "http://mixed.example:PORT/",
])("any public host is not this machine, spelled as %s", async (spelled) => {
  const { port, seen } = await serve((response) => response.end("secret"));
  const bench = await start([`*:${port}`], {
    localhost: ["127.0.0.1"],
    "rebound.example": ["127.0.0.1"],
    "mixed.example": ["93.184.216.34", "127.0.0.1"],
  });
  const { code, message } = await refusal(bench.ask("net.fetch", spelled.replace("PORT", String(port))));
  expect(code).toBe("NET_DENIED");
  expect(message).toMatch(/loopback|unspecified|mapped/);
  expect(seen).toEqual([]);
  expect(bench.refusals).toHaveLength(1);
});

test("a name that is granted opens no private address that it leads to; the address itself does", async () => {
  const { port } = await serve((response) => response.end("inside"));
  const bench = await start([`api.example:${port}`], { "api.example": ["127.0.0.1"] });
  expect((await refusal(bench.ask("net.fetch", `http://api.example:${port}/`))).message).toContain(
    `only a grant of 127.0.0.1:${port} opens`,
  );
  bench.grant({ "net.fetch": [`api.example:${port}`, `127.0.0.1:${port}`] });
  expect((await fetchText(bench, `http://api.example:${port}/`)).text).toBe("inside");
});

test.each([
  ["https://api.example.com/", "a granted host without a port is https alone", ["api.example.com"], true],
  ["http://api.example.com/", "and not http", ["api.example.com"], false],
  ["http://api.example.com/", "which a scope names", ["http://api.example.com"], true],
  ["https://api.example.com:8443/", "no other port", ["api.example.com"], false],
  ["https://evil-example.com/", "a suffix is a whole label", ["*.example.com"], false],
  ["https://example.com.evil/", "and at the end", ["*.example.com"], false],
  ["https://example.com/", "below is not itself", ["*.example.com"], false],
  ["https://a.b.example.com/", "below is anything below", ["*.example.com"], true],
  ["https://user:pw@api.example.com/", "no user", ["api.example.com"], false],
  ["ftp://api.example.com/", "no other scheme", ["*"], false],
  ["file:///etc/passwd", "no file", ["*"], false],
  ["https://api.example.com./", "a dot at the end is the same host", ["api.example.com"], true],
  ["https://bücher.example/", "in either alphabet", ["xn--bcher-kva.example"], true],
])("%s: %s", async (url, _why, scopes, isCovered) => {
  const bench = await start(scopes as string[]);
  const { code } = await refusal(bench.ask("net.fetch", url));
  // No such host is known to the resolver: what was covered fails there.
  expect(code).toBe(isCovered ? "NET_FAILED" : "NET_DENIED");
});

test("a method in front of the scope is the only one", async () => {
  const { port } = await serve((response) => response.end("ok"));
  const bench = await start([`GET 127.0.0.1:${port}`]);
  expect((await fetchText(bench, `http://127.0.0.1:${port}/`)).text).toBe("ok");
  const { code } = await refusal(bench.ask("net.fetch", `http://127.0.0.1:${port}/`, { method: "DELETE" }));
  expect(code).toBe("NET_DENIED");
});

test("each redirect is judged as a request of its own, and takes no credentials to another host", async () => {
  const inner = await serve((response) => response.end("inner"));
  const outer = await serve((response, { url }) => response.writeHead(302, { location: url.slice(1) }).end());
  const bench = await start([`127.0.0.1:${outer.port}`, `localhost:${inner.port}`], { localhost: ["127.0.0.1"] });
  const at = (target: string): string => `http://127.0.0.1:${outer.port}/${target}`;
  const denied = await refusal(bench.ask("net.fetch", at(`http://127.0.0.1:${inner.port}/`)));
  expect(denied.code).toBe("NET_DENIED");
  expect((await refusal(bench.ask("net.fetch", at("file:///etc/passwd")))).code).toBe("NET_DENIED");
  expect(inner.seen).toEqual([]);
  const reply = await fetchText(bench, at(`http://localhost:${inner.port}/x`), {
    method: "POST",
    body: "b",
    headers: { authorization: "s", cookie: "s", "x-api-key": "s", accept: "a/b" },
  });
  expect(reply).toMatchObject({ text: "inner", url: `http://localhost:${inner.port}/x` });
  const [{ headers, method } = { headers: {}, method: "" }] = inner.seen;
  expect(method).toBe("GET");
  expect(headers).toMatchObject({ accept: "a/b" });
  expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(["authorization"]));
  expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(["cookie"]));
  expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(["x-api-key"]));
});

test("redirects end, and with 0 the redirect itself is the answer", async () => {
  const { port } = await serve((response) => response.writeHead(307, { location: "/again" }).end());
  const bench = await start([`127.0.0.1:${port}`]);
  const { code, message } = await refusal(bench.ask("net.fetch", `http://127.0.0.1:${port}/`));
  expect({ code, message }).toMatchObject({ code: "NET_FAILED", message: expect.stringContaining("more than 5 redirects") });
  expect(await fetchText(bench, `http://127.0.0.1:${port}/`, { maxRedirects: 0 })).toMatchObject({ status: 307 });
});

test.each([
  ["Host", "evil"],
  ["connection", "upgrade"],
  ["Transfer-Encoding", "chunked"],
  ["content-length", "5"],
  ["proxy-authorization", "x"],
  ["x-one", "a\r\nx-two: b"],
  ["x one", "a"],
  ["", "a"],
])("the header %j: %j is not sent", async (name, value) => {
  const { port, seen } = await serve((response) => response.end());
  const bench = await start([`127.0.0.1:${port}`]);
  const { code } = await refusal(bench.ask("net.fetch", `http://127.0.0.1:${port}/`, { headers: { [name]: value } }));
  expect(code).toBe("REQUEST_INVALID");
  expect(seen).toEqual([]);
});

test.each([
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
  ["deflate", deflateSync],
] as const)("an answer in %s is decoded, and counted as it is decoded", async (coding, encode) => {
  const { port } = await serve((response) =>
    response.writeHead(200, { "content-encoding": coding }).end(encode("a".repeat(3_000_000))),
  );
  const bench = await start([`127.0.0.1:${port}`]);
  const url = `http://127.0.0.1:${port}/`;
  const reply = await fetchText(bench, url, { maxBytes: 3_000_000 });
  expect(reply.text).toHaveLength(3_000_000);
  expect(reply.headers).not.toHaveProperty("content-encoding");
  expect((await refusal(fetchText(bench, url))).code).toBe("NET_TOO_LARGE");
});

test("a body that is longer than asked for is NET_TOO_LARGE, announced or not", async () => {
  const { port } = await serve((response, { url }) => {
    if (url === "/told") response.writeHead(200, { "content-length": 2_000_000 });
    response.write("a".repeat(1_000_000));
    response.end("a".repeat(1_000_000));
  });
  const bench = await start([`127.0.0.1:${port}`]);
  expect((await refusal(bench.ask("net.fetch", `http://127.0.0.1:${port}/told`))).code).toBe("NET_TOO_LARGE");
  expect((await refusal(fetchText(bench, `http://127.0.0.1:${port}/`))).code).toBe("NET_TOO_LARGE");
});

test("a server that answers nothing, or not all, is NET_TIMEOUT", async () => {
  const { port } = await serve((response, { url }) => {
    if (url === "/some") response.writeHead(200).write("a");
  });
  const bench = await start([`127.0.0.1:${port}`]);
  expect((await refusal(bench.ask("net.fetch", `http://127.0.0.1:${port}/`, { timeoutMs: 50 }))).code).toBe("NET_TIMEOUT");
  expect((await refusal(fetchText(bench, `http://127.0.0.1:${port}/some`, { timeoutMs: 200 }))).code).toBe("NET_TIMEOUT");
});

test("a body ends with its call", async () => {
  const ended = Promise.withResolvers<void>();
  const { port } = await serve((response) => {
    response.on("close", ended.resolve);
    response.writeHead(200).write("a");
  });
  const bench = await start([`127.0.0.1:${port}`]);
  const { call, ask } = bench.newCall();
  const { handle } = (await ask("net.fetch", `http://127.0.0.1:${port}/`)) as unknown as Head;
  expect(await ask("net.read", handle)).toEqual({ $bytes: "YQ==" });
  const reading = refusal(ask("net.read", handle));
  expect((await refusal(ask("net.read", handle))).code).toBe("REQUEST_INVALID");
  bench.broker.endCall(call);
  expect((await reading).code).toBe("CALL_ENDED");
  await ended.promise;
  expect((await refusal(ask("net.read", handle))).code).toBe("CALL_ENDED");
  expect((await refusal(bench.ask("net.read", handle))).code).toBe("HANDLE_UNKNOWN");
});

test.each([
  ["another host", { "net.fetch": ["example.com"] }],
  ["nothing", {}],
])("a body stops when its host is taken back for %s", async (_, less) => {
  const ended = Promise.withResolvers<void>();
  const { port } = await serve((response) => {
    response.on("close", ended.resolve);
    response.writeHead(200).write("a");
  });
  const grants = [`127.0.0.1:${port}`];
  const bench = await start(grants);
  const { handle } = (await bench.ask("net.fetch", `http://127.0.0.1:${port}/`)) as unknown as Head;
  expect(await bench.ask("net.read", handle)).toEqual({ $bytes: "YQ==" });
  bench.grant(less);
  expect((await refusal(bench.ask("net.read", handle))).code).toBe("PERMISSION_DENIED");
  await ended.promise;
  bench.grant({ "net.fetch": grants });
  expect((await refusal(bench.ask("net.read", handle))).code).toBe("HANDLE_UNKNOWN");
});

test("what nobody reads is not fetched", async () => {
  let sent = 0;
  const { port } = await serve((response) => {
    const piece = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (sent < 64 * 1024 * 1024 && response.write(piece)) sent += piece.length;
      sent += piece.length;
      response.once("drain", more);
    };
    response.writeHead(200);
    more();
  });
  const bench = await start([`127.0.0.1:${port}`]);
  const { handle } = (await bench.ask("net.fetch", `http://127.0.0.1:${port}/`, {
    maxBytes: 16 * 1024 * 1024,
  })) as unknown as Head;
  await bench.ask("net.read", handle);
  await bench.ask("net.read", handle);
  expect(sent).toBeLessThan(32 * 1024 * 1024);
  bench.endCall();
});

test("a certificate is verified against the name", async () => {
  const server = createTlsServer({ key: certificate.key, cert: certificate.cert }, (_request, response) =>
    response.end("secure"),
  );
  open.push(server as unknown as Server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const names = { localhost: ["127.0.0.1"], "other.localhost": ["127.0.0.1"] };
  const bench = await start([`localhost:${port}`, `other.localhost:${port}`], names);
  expect((await fetchText(bench, `https://localhost:${port}/`)).text).toBe("secure");
  const { code, message } = await refusal(bench.ask("net.fetch", `https://other.localhost:${port}/`));
  expect({ code, message }).toMatchObject({ code: "NET_FAILED", message: expect.stringContaining("other.localhost") });
});

test("a proxy in the environment is not used", async () => {
  const proxy = await serve((response) => response.end("proxied"));
  const { port } = await serve((response) => response.end("direct"));
  process.env["HTTP_PROXY"] = process.env["http_proxy"] = `http://127.0.0.1:${proxy.port}`;
  try {
    const bench = await start([`127.0.0.1:${port}`]);
    expect((await fetchText(bench, `http://127.0.0.1:${port}/`)).text).toBe("direct");
    expect(proxy.seen).toEqual([]);
  } finally {
    delete process.env["HTTP_PROXY"];
    delete process.env["http_proxy"];
  }
});

test.each([
  [{ method: "CONNECT" }],
  [{ method: "TRACE" }],
  [{ method: "GET", body: "x" }],
  [{ unknown: 1 }],
  [{ timeoutMs: 0 }],
  [{ maxBytes: 1e9 }],
  [{ headers: [] }],
])("the request %j is refused before anything is sent", async (request) => {
  const bench = await start(["*"]);
  expect((await refusal(bench.ask("net.fetch", "https://example.com/", request as Json))).code).toBe("REQUEST_INVALID");
});
