import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, createServer as createSilentServer } from "node:net";
import { promisify } from "node:util";
import type { Message, ProviderDefinition } from "gantry/plugin";
import { type ModelServer, startModelServer } from "gantry/testing";
import { afterEach, describe, expect, test } from "vitest";
import plugin from "../../plugins/anthropic/index.ts";
import { createLeanFetch } from "../../plugins/anthropic/lean-fetch.ts";
import { answerIn, collect, failureOf, type ProviderSubject, providerContract, requestOf } from "./provider-contract.ts";

const run = promisify(execFile);
const provider = plugin.providers?.[0] as ProviderDefinition;

async function start(steps: unknown[]): Promise<ProviderSubject & { server: ModelServer }> {
  const server = await startModelServer({ script: { steps } });
  return {
    provider,
    server,
    model: "claude-sonnet-5",
    options: { env: { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "test-key" }, settings: {}, cwd: "/", owner: {} },
    requestCount: () => server.requests.length,
    close: () => server.close(),
  };
}

providerContract("anthropic", start);

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function subjectOf(...steps: unknown[]): Promise<ProviderSubject & { server: ModelServer }> {
  const subject = await start(steps);
  closing.push(subject.close);
  return subject;
}

/** A server of the test's own; `answer` gets raw requests. */
async function rawServer(answer: Parameters<typeof createServer>[1]): Promise<{ url: string; server: Server }> {
  const server = createServer(answer as never);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function at(
  subject: ProviderSubject,
  env: Record<string, string>,
  settings: ProviderSubject["options"]["settings"] = {},
): ProviderSubject {
  return { ...subject, options: { ...subject.options, env, settings, owner: {} } };
}

const text = (value: string) => ({ type: "text" as const, text: value });
const user = (value: string): Message => ({ role: "user", content: [text(value)] });

describe("anthropic: credentials", () => {
  test("a key travels as x-api-key and nothing else", async () => {
    const subject = await subjectOf({ say: "x" });
    await collect(subject);
    const { headers } = subject.server.requests[0] ?? {};
    expect(headers?.["x-api-key"]).toBe("test-key");
    expect(headers?.["authorization"]).toBeUndefined();
    expect(headers?.["anthropic-version"]).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  test("a token travels as a bearer token, and a key goes before it", async () => {
    const subject = await subjectOf({ say: "x" }, { say: "y" });
    const url = subject.server.url;
    await collect(at(subject, { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: "tok" }));
    await collect(at(subject, { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: "tok", ANTHROPIC_API_KEY: "key" }));
    const sent = subject.server.requests.map(({ headers }) => [headers["authorization"], headers["x-api-key"]]);
    expect(sent).toEqual([
      ["Bearer tok", undefined],
      [undefined, "key"],
    ]);
  });

  test("without either nothing is sent, and the error names both variables", async () => {
    const subject = await subjectOf({ say: "x" });
    const failure = await failureOf(collect(at(subject, { ANTHROPIC_BASE_URL: subject.server.url, ANTHROPIC_API_KEY: " " })));
    expect(failure.code).toBe("PROVIDER_AUTH");
    expect(failure.message).toContain("ANTHROPIC_API_KEY");
    expect(failure.message).toContain("ANTHROPIC_AUTH_TOKEN");
    expect(subject.server.requests).toEqual([]);
  });

  test("a key with a line break is refused before any request, unseen", async () => {
    const subject = await subjectOf({ say: "x" });
    const failure = await failureOf(
      collect(at(subject, { ANTHROPIC_BASE_URL: subject.server.url, ANTHROPIC_API_KEY: "se\ncret" })),
    );
    expect(failure).toMatchObject({ code: "PROVIDER_AUTH", message: expect.stringContaining("ANTHROPIC_API_KEY") });
    expect(failure.message).not.toContain("cret");
  });

  test("a key that the server echoes is not part of the message", async () => {
    const subject = await subjectOf({ fail: { status: 401, message: "invalid x-api-key: test-key" } });
    const failure = await failureOf(collect(subject));
    expect(failure.message).toContain("[secret]");
    expect(failure.message).not.toContain("test-key");
    expect(failure.detail["requestId"]).toBe("req_refused");
  });

  test("the config's base URL goes before the environment's", async () => {
    const subject = await subjectOf({ say: "x" });
    const env = { ANTHROPIC_BASE_URL: "http://127.0.0.1:9", ANTHROPIC_API_KEY: "k" };
    expect(answerIn(await collect(at(subject, env, { baseUrl: subject.server.url }))).stop).toBe("end_turn");
  });
});

describe("anthropic: requests", () => {
  test("tools, system and the two newest user messages carry the four cache markers", async () => {
    const subject = await subjectOf({ say: "x" });
    await collect(subject, [
      user("one"),
      { role: "assistant", content: [text("a")] },
      user("two"),
      { role: "assistant", content: [text("b")] },
      user("three"),
    ]);
    const body = subject.server.requests[0]?.body;
    const marker = { type: "ephemeral" };
    expect(body?.system).toEqual([{ type: "text", text: "You are brief.", cache_control: marker }]);
    expect(body?.tools?.map((tool) => tool.cache_control)).toEqual([marker]);
    expect(body?.messages).toEqual([
      { role: "user", content: [text("one")] },
      { role: "assistant", content: [text("a")] },
      { role: "user", content: [{ ...text("two"), cache_control: marker }] },
      { role: "assistant", content: [text("b")] },
      { role: "user", content: [{ ...text("three"), cache_control: marker }] },
    ]);
    expect(subject.server.requests[0]?.text.split('"cache_control"')).toHaveLength(5);
  });

  test("a message that grew since the last request is sent whole", async () => {
    const subject = await subjectOf({ say: "x" }, { say: "y" });
    const growing: Message = { role: "user", content: [text("one")] };
    await collect(subject, [growing]);
    growing.content.push(text("two"));
    await collect(subject, [growing]);
    expect(subject.server.requests[1]?.body.messages).toEqual([
      { role: "user", content: [text("one"), { ...text("two"), cache_control: { type: "ephemeral" } }] },
    ]);
  });

  test("signed and hidden reasoning is replayed unchanged, unsigned reasoning is left out", async () => {
    const subject = await subjectOf(
      { thinking: [{ text: "Hm.", signature: "s1" }, { redacted: "AA" }], say: "Yes." },
      { say: "x" },
    );
    const { content } = answerIn(await collect(subject));
    await collect(subject, [
      user("q"),
      { role: "assistant", content: [{ type: "thinking", text: "half" }, ...content] },
      user("go on"),
    ]);
    expect(subject.server.requests[1]?.body.messages[1]).toEqual({
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Hm.", signature: "s1" },
        { type: "redacted_thinking", data: "AA" },
        text("Yes."),
      ],
    });
  });

  test("results stand before text, with error flags and images; what is empty is left out", async () => {
    const subject = await subjectOf({ say: "x" });
    const image = { type: "image" as const, mediaType: "image/png", data: "iVBORw0KGgo=" };
    await collect(subject, [
      user("q"),
      { role: "assistant", content: [{ type: "tool_call", callId: "a", name: "Read", input: { p: 1 } }, text("  ")] },
      {
        role: "user",
        content: [
          text("and now"),
          { type: "tool_result", callId: "a", isError: true, content: [text("bad"), text(""), image] },
        ],
      },
      { role: "assistant", content: [text("")] },
    ]);
    expect(subject.server.requests[0]?.body.messages.slice(1)).toEqual([
      { role: "assistant", content: [{ type: "tool_use", id: "a", name: "Read", input: { p: 1 } }] },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "a",
            is_error: true,
            content: [
              text("bad"),
              { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
            ],
          },
          { ...text("and now"), cache_control: { type: "ephemeral" } },
        ],
      },
    ]);
  });

  test("the token limits and the thinking budget come from settings; the budget never takes the answer's share", async () => {
    const subject = await subjectOf({ say: "x" }, { say: "y" }, { say: "z" });
    const env = { ANTHROPIC_BASE_URL: subject.server.url, ANTHROPIC_API_KEY: "k" };
    await collect(at(subject, env));
    await collect(at(subject, env, { maxOutputTokens: 5000, thinkingBudgetTokens: 2000 }));
    await collect(at(subject, env, { maxOutputTokens: 5000, thinkingBudgetTokens: 8000 }));
    const sent = subject.server.requests.map(({ body }) => [body.max_tokens, body["thinking"]]);
    expect(sent).toEqual([
      [32_000, undefined],
      [5000, { type: "enabled", budget_tokens: 2000 }],
      [13_000, { type: "enabled", budget_tokens: 8000 }],
    ]);
    subject.server.plays([{ say: "x" }]);
    await collect({ ...at(subject, env, { maxOutputTokens: 32_000 }), model: "claude-3-5-haiku-latest" });
    expect(subject.server.requests.at(-1)?.body.max_tokens).toBe(8192);
    expect(provider.contextWindow("claude-x", { contextWindowTokens: 1_000_000 })).toBe(1_000_000);
  });
});

describe("anthropic: the network", () => {
  test("a host that refuses connections is named", async () => {
    const { url, server } = await rawServer(() => {});
    await new Promise((resolve) => server.close(resolve));
    const subject = await subjectOf();
    const failure = await failureOf(collect(at(subject, { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "k" })));
    expect(failure).toMatchObject({ code: "PROVIDER_UNREACHABLE", detail: { retryable: true } });
    expect(failure.message).toContain(new URL(url).host);
    expect(failure.message).toContain("ECONNREFUSED");
  });

  test("a base URL that is none is said so", async () => {
    const failure = await failureOf(
      collect(at(await subjectOf(), { ANTHROPIC_BASE_URL: "localhost:80", ANTHROPIC_API_KEY: "k" })),
    );
    expect(failure).toMatchObject({ code: "PROVIDER_UNREACHABLE", detail: { retryable: false } });
  });

  test("requests of one runtime share a connection", async () => {
    const subject = await subjectOf();
    const ports = new Set<number>();
    const { url } = await rawServer((request, response) => {
      ports.add(request.socket.remotePort ?? 0);
      request.resume().on("end", () => response.writeHead(503).end("busy"));
    });
    const same = at(subject, { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "k" });
    for (let index = 0; index < 3; index++) await failureOf(collect(same));
    expect(ports.size).toBe(1);
  });

  test("a redirect to another host is not followed: the key stays", async () => {
    const subject = await subjectOf({ say: "x" });
    const { url } = await rawServer((_, response) =>
      response.writeHead(307, { location: `${subject.server.url}/v1/messages` }).end(),
    );
    const failure = await failureOf(collect(at(subject, { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "k" })));
    expect(failure).toMatchObject({ code: "PROVIDER_REJECTED", detail: { status: 307, retryable: false } });
    expect(failure.message).toContain(new URL(subject.server.url).host);
    expect(subject.server.requests).toEqual([]);
  });

  test("a redirect on the same host is followed with method and body", async () => {
    const seen: string[] = [];
    const { url } = await rawServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        seen.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`);
        if (request.url === "/old") response.writeHead(308, { location: "/new" }).end();
        else response.end('{"ok":1}');
      });
    });
    const response = await createLeanFetch({ env: {} })(`${url}/old`, { method: "POST", body: "ü" });
    expect(await response.json()).toEqual({ ok: 1 });
    expect(seen).toEqual(["POST /old ü", "POST /new ü"]);
  });

  test("a proxy from the environment is used, but not for a host that NO_PROXY names", async () => {
    const subject = await subjectOf({ say: "straight" });
    const seen: string[] = [];
    const { url } = await rawServer((request, response) => {
      seen.push(request.url ?? "");
      request.resume().on("end", () => response.writeHead(503).end("from the proxy"));
    });
    const env = { ANTHROPIC_BASE_URL: subject.server.url, ANTHROPIC_API_KEY: "k", HTTP_PROXY: url };
    expect((await failureOf(collect(at(subject, env)))).message).toContain("from the proxy");
    expect(seen).toEqual([`${subject.server.url}/v1/messages`]);
    expect(answerIn(await collect(at(subject, { ...env, NO_PROXY: "127.0.0.1" }))).stop).toBe("end_turn");
  });

  test("TLS is spoken to an https base URL, and a certificate that nobody vouches for is refused", async () => {
    const [key, cert] = await Promise.all(["key", "cert"].map((name) => readFile(`test/fixtures/tls/loopback-${name}.pem`)));
    const secure = createSecureServer(
      { key, cert },
      (request, response) => void request.resume().on("end", () => response.end("[]")),
    );
    await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
    closing.push(() => new Promise((resolve) => secure.close(resolve)));
    const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
    const failure = await failureOf(collect(at(await subjectOf(), { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "k" })));
    expect(failure).toMatchObject({
      code: "PROVIDER_UNREACHABLE",
      message: expect.stringContaining("self-signed certificate"),
    });

    const program = `import { createLeanFetch } from "./plugins/anthropic/lean-fetch.ts";
      console.log(await (await createLeanFetch({ env: {} })("${url}", { method: "POST", body: "{}" })).text());`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], {
      env: { NODE_EXTRA_CA_CERTS: "test/fixtures/tls/loopback-cert.pem" },
    });
    expect(stdout).toBe("[]\n");
  });

  test("a connection that is not made in time is given up", async () => {
    const silent = createSilentServer((socket) => void socket.on("error", () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    closing.push(() => new Promise((resolve) => silent.close(resolve)));
    const port = (silent.address() as AddressInfo).port;
    const fetching = createLeanFetch({ env: {}, connectTimeoutMs: 20 })(`https://127.0.0.1:${port}`);
    expect((await failureOf(fetching)).message).toBe("no connection within 0.02 s");
  });

  test("silence in the middle of a body ends it with an error", async () => {
    const { url } = await rawServer((_, response) => response.writeHead(200).write("begun"));
    const response = await createLeanFetch({ env: {}, idleTimeoutMs: 20 })(url);
    expect((await failureOf(response.text())).message).toBe("no byte came within 0.02 s");
  });

  test("silence before the head rejects", async () => {
    const { url } = await rawServer(() => {});
    expect((await failureOf(createLeanFetch({ env: {}, idleTimeoutMs: 20 })(url))).message).toBe("no byte came within 0.02 s");
  });

  test("retry-after is understood in seconds, in milliseconds and as a date", async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    const subject = await subjectOf(
      { fail: { status: 429, retryAfter: inAnHour } },
      { fail: { status: 529, retryAfter: 0.5 } },
    );
    const dated = await failureOf(collect(subject));
    expect(dated.detail["retryAfterMs"]).toBeGreaterThan(3_500_000);
    expect(dated.detail["retryAfterMs"]).toBeLessThanOrEqual(3_600_000);
    expect((await failureOf(collect(subject))).detail["retryAfterMs"]).toBe(500);
    const { url } = await rawServer((_, response) => response.writeHead(429, { "retry-after-ms": "250" }).end("{}"));
    const failure = await failureOf(collect(at(subject, { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "k" })));
    expect(failure).toMatchObject({
      code: "PROVIDER_RATE_LIMITED",
      detail: { status: 429, retryAfterMs: 250, retryable: true },
    });
  });

  test("a page of HTML as an error is quoted and not parsed", async () => {
    const { url } = await rawServer((_, response) =>
      response.writeHead(503, { "content-type": "text/html" }).end("<h1>down</h1>"),
    );
    const failure = await failureOf(collect(at(await subjectOf(), { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "k" })));
    expect(failure).toMatchObject({ code: "PROVIDER_OVERLOADED", message: expect.stringContaining("<h1>down</h1>") });
  });

  test("no listener stays on a signal that serves many requests", async () => {
    const subject = await subjectOf(...Array.from({ length: 15 }, () => ({ say: "x" })));
    const { signal } = new AbortController();
    const warnings: unknown[] = [];
    const warn = (warning: unknown): void => void warnings.push(warning);
    process.on("warning", warn);
    for (let index = 0; index < 15; index++)
      for await (const _ of provider.stream(requestOf(subject.model), { ...subject.options, signal }));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warn);
    expect(warnings).toEqual([]);
  });
});
