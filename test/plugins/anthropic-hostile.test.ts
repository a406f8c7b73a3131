/** What a server may send that no API would: the provider answers each with a code, in bounded memory. */
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ProviderDefinition } from "gantry/plugin";
import { describe, expect, onTestFinished, test } from "vitest";
import plugin from "../../plugins/anthropic/index.ts";
import { answerIn, collect, failureOf, type ProviderSubject } from "./provider-contract.ts";

const secret = 'sk-a+b/c="d&e<f>#g%h-0123456789';
const start = { type: "message_start", message: { model: "m", usage: { input_tokens: 1, output_tokens: 1 } } };
const end = [
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
  { type: "message_stop" },
];
const opens = (block: unknown, index: unknown = 0) => ({ type: "content_block_start", index, content_block: block });
const extend = (delta: unknown, index: unknown = 0) => ({ type: "content_block_delta", index, delta });
const sse = (event: unknown): string =>
  `event: ${(event as { type?: string } | null)?.type ?? "message_start"}\ndata: ${JSON.stringify(event)}\n\n`;

async function served(answer: RequestListener): Promise<ProviderSubject & { url: string; requests(): number }> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    response.on("error", () => {});
    request.resume().on("end", () => void answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    provider: plugin.providers?.[0] as ProviderDefinition,
    model: "m",
    options: { env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: secret }, settings: {}, cwd: "/", owner: {} },
    close: async () => {},
    url,
    requests: () => requests,
  };
}

const streamed = (...events: unknown[]) =>
  served((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).end(events.map(sse).join(""));
  });

/** Writes `chunk` until the client goes or `bytes` are sent; resolves with what was sent. */
async function pour(response: ServerResponse, chunk: Buffer, bytes: number): Promise<number> {
  let sent = 0;
  while (sent < bytes && !response.destroyed) {
    sent += chunk.length;
    if (response.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        response.off("drain", go).off("close", go);
        resolve();
      };
      response.on("drain", go).on("close", go);
    });
  }
  response.end();
  return sent;
}

describe("anthropic: malformed answers", () => {
  const call = { type: "tool_use", id: "c", name: "Read", input: {} };
  const cases: [what: string, events: unknown[], says: string][] = [
    ["a block index of four billion", [start, opens({ type: "text", text: "x" }, 4_294_967_290), ...end], "4294967290"],
    ["a negative block index", [start, opens({ type: "text", text: "x" }, -1), ...end], "-1"],
    ["a block index that is no number", [start, opens({ type: "text", text: "x" }, "length"), ...end], "length"],
    ["a tool without a name", [start, opens({ ...call, name: null }), ...end], "content_block.name is null"],
    ["a tool whose name is a number", [start, opens({ ...call, name: 7 }), ...end], "content_block.name is 7"],
    ["a tool with an empty name", [start, opens({ ...call, name: "" }), ...end], 'content_block.name is ""'],
    ["a call whose id is a number", [start, opens({ ...call, id: 7 }), ...end], "content_block.id is 7"],
    ["a call without an id", [start, opens({ ...call, id: undefined }), ...end], "content_block.id is missing"],
    ["an event that is null", [start, null, ...end], "event is null"],
    ["a start without a message", [{ type: "message_start" }, ...end], "message is missing"],
    ["a block start without a block", [start, opens(undefined), ...end], "content_block is missing"],
    ["a block delta without a delta", [start, opens({ type: "text", text: "" }), extend(undefined)], "delta is missing"],
    ["a message delta without a delta", [start, { type: "message_delta" }], "delta is missing"],
    ["text that is an object", [start, opens({ type: "text", text: { a: 1 } }), ...end], "content_block.text is an object"],
    [
      "a text delta that is an object",
      [start, opens({ type: "text", text: "" }), extend({ type: "text_delta", text: {} })],
      "delta.text is an object",
    ],
    [
      "a fragment of input that is a number",
      [start, opens(call), extend({ type: "input_json_delta", partial_json: 1 })],
      "delta.partial_json is 1",
    ],
    [
      "a signature that is a list",
      [start, opens({ type: "thinking", thinking: "", signature: "" }), extend({ type: "signature_delta", signature: [] })],
      "delta.signature is a list",
    ],
    ["hidden reasoning that is no text", [start, opens({ type: "redacted_thinking", data: 1 })], "content_block.data is 1"],
  ];
  for (const [what, events, says] of cases) {
    test(`${what} is a cut stream that says so, and is not asked for again`, async () => {
      const failure = await failureOf(collect(await streamed(...events)));
      expect(failure).toMatchObject({ code: "PROVIDER_STREAM_CUT", detail: { retryable: false } });
      expect(failure.message).toContain(says);
    });
  }

  test("blocks keep the order of their indexes", async () => {
    const blocks = [opens({ type: "text", text: "b" }, 7), opens({ type: "text", text: "a" }, 2)];
    const { content } = answerIn(await collect(await streamed(start, ...blocks, ...end)));
    expect(content.map((block) => block.type === "text" && block.text)).toEqual(["a", "b"]);
  });

  test("an input nested a hundred thousand deep is a malformed call, whichever way it came", async () => {
    const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const fragments = [opens(call), extend({ type: "input_json_delta", partial_json: deep })];
    const first = answerIn(await collect(await streamed(start, ...fragments, ...end)));
    expect(first.content).toMatchObject([{ type: "tool_call", callId: "c", input: {}, malformed: deep }]);
    const whole = await served((_, response) => {
      const block = `event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c","name":"Read","input":${deep}}}\n\n`;
      response.writeHead(200, { "content-type": "text/event-stream" }).end(sse(start) + block + end.map(sse).join(""));
    });
    const { content } = answerIn(await collect(whole));
    expect(content).toMatchObject([{ type: "tool_call", callId: "c", input: {}, malformed: expect.any(String) }]);
  });

  test("an input two hundred deep is taken, one level more is not", async () => {
    const at = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    const inputs = [200, 201].map((depth) => extend({ type: "input_json_delta", partial_json: at(depth) }));
    const [taken, refused] = await Promise.all(
      inputs.map(async (fragment) => answerIn(await collect(await streamed(start, opens(call), fragment, ...end))).content[0]),
    );
    expect(taken).not.toHaveProperty("malformed");
    expect(refused).toHaveProperty("malformed");
  });

  test("a start without usage is an answer whose input is not counted", async () => {
    const { usage } = answerIn(await collect(await streamed({ type: "message_start", message: { model: "m" } }, ...end)));
    expect(usage).toMatchObject({ inputTokens: 0, outputTokens: 2 });
  });

  test("usage counts only numbers that a count can be", async () => {
    const wrong = {
      input_tokens: -5,
      output_tokens: "12",
      cache_read_input_tokens: 1e308,
      cache_creation_input_tokens: { a: 1 },
    };
    const first = { ...start, message: { ...start.message, usage: { ...wrong, input_tokens: 3 } } };
    const last = { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: wrong };
    const { usage } = answerIn(await collect(await streamed(first, last, { type: "message_stop" })));
    expect(usage).toEqual({ inputTokens: 3, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 });
  });

  test("a model's name that is no text is the requested one", async () => {
    const named = { ...start, message: { ...start.message, model: 7 } };
    expect(answerIn(await collect(await streamed(named, ...end))).model).toBe("m");
  });

  for (const body of ['{"error":{"type":7,"message":{"a":1}}}', '{"error":null}', "null", `${"[".repeat(400_000)}`, "7"])
    test(`an error whose body is ${body.slice(0, 40)} has a code`, async () => {
      const subject = await served((_, response) => void response.writeHead(400).end(body));
      expect(await failureOf(collect(subject))).toMatchObject({ code: "PROVIDER_REJECTED", detail: { retryable: false } });
    });

  test("an error nested too deeply to be printed has a code", async () => {
    const deep = `{"error":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    const subject = await served((_, response) => void response.writeHead(400).end(deep));
    expect((await failureOf(collect(subject))).code).toMatch(/^PROVIDER_/);
  });
});

describe("anthropic: endless answers", () => {
  test("a line without an end is given up after 32 MiB", async () => {
    let sent = Promise.resolve(0);
    const subject = await served((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("event: message_start\ndata: ");
      sent = pour(response, Buffer.alloc(65_536, "x"), 200 * 2 ** 20);
    });
    const failure = await failureOf(collect(subject));
    expect(failure).toMatchObject({ code: "PROVIDER_STREAM_CUT", detail: { retryable: false } });
    expect(failure.message).toContain("32 MiB");
    expect(await sent).toBeLessThan(60 * 2 ** 20);
  });

  test("an answer without an end is given up after 64 MiB", async () => {
    let sent = Promise.resolve(0);
    const subject = await served((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(sse(start));
      sent = pour(response, Buffer.from(`: ${"x".repeat(65_530)}\n\n`), 400 * 2 ** 20);
    });
    const failure = await failureOf(collect(subject));
    expect(failure).toMatchObject({ code: "PROVIDER_STREAM_CUT", detail: { retryable: false } });
    expect(failure.message).toContain("64 MiB");
    expect(await sent).toBeLessThan(100 * 2 ** 20);
  });

  test("of an error's body one MiB is read", async () => {
    let sent = Promise.resolve(0);
    const subject = await served((_, response) => {
      response.writeHead(400, { "content-type": "text/plain" });
      sent = pour(response, Buffer.alloc(65_536, "no "), 400 * 2 ** 20);
    });
    const failure = await failureOf(collect(subject));
    expect(failure).toMatchObject({ code: "PROVIDER_REJECTED", detail: { status: 400, retryable: false } });
    expect(failure.message.length).toBeLessThan(700);
    expect(await sent).toBeLessThan(30 * 2 ** 20);
  });
});

describe("anthropic: a server that is no model", () => {
  const answers: [type: string | undefined, body: string][] = [
    ["text/html; charset=utf-8", "<html>hello</html>"],
    ["application/json", '{"ok":true}'],
    ["application/json", ""],
    [undefined, ""],
    ["text/event-stream", ""],
    ["text/plain", "It works!"],
    ["text/event-stream", 'data: {"choices":[]}\n\ndata: [DONE]\n\n'],
  ];
  for (const [type, body] of answers) {
    test(`200 with ${type ?? "no type"} and ${JSON.stringify(body)} names the type and the base URL, once`, async () => {
      const subject = await served((_, response) => {
        response.writeHead(200, type === undefined ? {} : { "content-type": type }).end(body);
      });
      const failure = await failureOf(collect(subject));
      expect(failure).toMatchObject({ code: "PROVIDER_REJECTED", detail: { status: 200, retryable: false } });
      expect(failure.message).toContain(type?.split(";")[0] ?? "no content type");
      expect(failure.message).toContain(subject.url);
      expect(subject.requests()).toBe(1);
    });
  }

  test("a page that never ends is not waited for", async () => {
    const subject = await served(
      (_, response) => void response.writeHead(200, { "content-type": "text/html" }).write("<html>"),
    );
    expect(await failureOf(collect(subject))).toMatchObject({ code: "PROVIDER_REJECTED" });
  });

  test("a name and password in the base URL are not part of the message", async () => {
    const subject = await served((_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("x"));
    const env = { ...subject.options.env, ANTHROPIC_BASE_URL: subject.url.replace("//", "//me:hunter2@") };
    const failure = await failureOf(collect({ ...subject, options: { ...subject.options, env } }));
    expect(failure.message).toContain(subject.url);
    expect(failure.message).not.toContain("hunter2");
  });
});

describe("anthropic: what a server says", () => {
  const percentAll = (letters: string) => [...Buffer.from(letters)].map((byte) => `%${byte.toString(16)}`).join("");
  const forms: [string, string][] = [
    ["as it is", secret],
    ["URL-encoded", encodeURIComponent(secret)],
    ["URL-encoded in small letters", encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
    ["URL-encoded twice", encodeURIComponent(encodeURIComponent(secret))],
    ["with each letter URL-encoded", percentAll(secret)],
    ["as HTML", secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&#34;")],
    ["as JSON", JSON.stringify(secret).slice(1, -1)],
    ["with JSON's escapes for HTML", secret.replaceAll("&", "\\u0026").replaceAll("<", "\\u003c").replaceAll('"', "\\u0022")],
    ["as base64", Buffer.from(secret).toString("base64")],
    ["as base64 behind a name", Buffer.from(`user:${secret}`).toString("base64")],
    ["as base64 for URLs", Buffer.from(`u:${secret}`).toString("base64url")],
    ["with a zero-width space in it", `${secret.slice(0, 9)}\u200b${secret.slice(9)}`],
  ];
  for (const [how, echoed] of forms) {
    test(`a key echoed ${how} is not part of the error, nor of its cause`, async () => {
      for (const body of [JSON.stringify({ error: { type: "authentication_error", message: `bad: ${echoed}.` } }), echoed]) {
        const subject = await served((_, response) => void response.writeHead(401).end(body));
        const failure = await failureOf(collect(subject));
        expect(failure.code).toBe("PROVIDER_AUTH");
        expect(failure.message).toContain("[secret]");
        const all = `${failure.message} ${JSON.stringify(failure.detail)} ${String((failure as { cause?: unknown }).cause)}`;
        expect(all).not.toContain(echoed);
        expect(all).not.toContain("0123456789");
      }
    });
  }

  test("a key too short to be one is not cut out of words", async () => {
    const subject = await served((_, response) => void response.writeHead(401).end("sixty oxen"));
    const env = { ...subject.options.env, ANTHROPIC_API_KEY: "x" };
    const failure = await failureOf(collect({ ...subject, options: { ...subject.options, env } }));
    expect(failure.message).toContain("sixty oxen");
  });

  test("control characters, and what turns text around, do not get through", async () => {
    const message = "one\u001b[31m\u001b]0;title\u0007two\u0000\r\n\u202ethree\u2028four\u009b";
    const error = { error: { type: "in\u001bvalid", message } };
    const asStatus = await served((_, response) => void response.writeHead(400).end(JSON.stringify(error)));
    const asEvent = await served((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(sse(start));
      response.end(`event: error\ndata: ${JSON.stringify(error)}\n\n`);
    });
    const asShape = await streamed(start, opens({ type: "tool_use", id: "c", name: ["\u001b[2J"], input: {} }), ...end);
    for (const subject of [asStatus, asEvent, asShape]) {
      const failure = await failureOf(collect(subject));
      expect(failure.code).toMatch(/^PROVIDER_/);
      expect(failure.message).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }
    expect((await failureOf(collect(asStatus))).message).toMatch(/one.*two.*three.*four/);
  });
});
