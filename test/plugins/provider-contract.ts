/**
 * What every provider keeps: one suite, run on each. A subject is started with a script, which it plays at the far side
 * of whatever the provider does to reach its model.
 */
import type { Message, ModelEvent, ModelRequest, ProviderDefinition, ProviderOptions } from "gantry/plugin";
import { afterEach, describe, expect, test } from "vitest";

export interface ProviderSubject {
  provider: ProviderDefinition;
  model: string;
  options: Omit<ProviderOptions, "signal">;
  /** Requests that reached the far side; undefined where it cannot be counted. */
  requestCount?(): number;
  close(): Promise<void>;
}

export type StartSubject = (steps: unknown[]) => Promise<ProviderSubject>;

const hello: Message = { role: "user", content: [{ type: "text", text: "hello" }] };
const readTool = {
  name: "Read",
  description: "Reads a file.",
  inputSchema: { type: "object", properties: { file_path: { type: "string" } } },
};

export function requestOf(model: string, messages: readonly Message[] = [hello]): ModelRequest {
  return { model, system: "You are brief.", messages, tools: [readTool] };
}

export async function collect(
  subject: ProviderSubject,
  messages?: readonly Message[],
  signal?: AbortSignal,
): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  const options = { ...subject.options, signal: signal ?? new AbortController().signal };
  for await (const event of subject.provider.stream(requestOf(subject.model, messages), options)) events.push(event);
  return events;
}

export function answerIn(events: readonly ModelEvent[]): Extract<ModelEvent, { type: "answer" }>["answer"] {
  const last = events.at(-1);
  if (last?.type !== "answer") throw new Error(`the last event is ${JSON.stringify(last)}, not an answer`);
  return last.answer;
}

/** What a stream threw. */
export async function failureOf(
  run: Promise<unknown>,
): Promise<{ code: string; message: string; detail: Record<string, unknown> }> {
  try {
    await run;
  } catch (error) {
    return error as { code: string; message: string; detail: Record<string, unknown> };
  }
  throw new Error("nothing was thrown");
}

const statuses: [fail: object, code: string, detail: object][] = [
  [{ status: 400, message: "messages: at least one is required" }, "PROVIDER_REJECTED", { status: 400, retryable: false }],
  [{ status: 400, message: "prompt is too long: 210000 tokens > 200000 maximum" }, "CONTEXT_TOO_LARGE", { retryable: false }],
  [{ status: 401 }, "PROVIDER_AUTH", { status: 401, retryable: false }],
  [{ status: 403 }, "PROVIDER_AUTH", { status: 403, retryable: false }],
  [{ status: 404, message: "model: no-such-model" }, "PROVIDER_REJECTED", { status: 404, retryable: false }],
  [{ status: 408 }, "PROVIDER_OVERLOADED", { status: 408, retryable: true }],
  [{ status: 409 }, "PROVIDER_OVERLOADED", { status: 409, retryable: true }],
  [{ status: 413 }, "CONTEXT_TOO_LARGE", { status: 413, retryable: false }],
  [{ status: 429, retryAfter: 3 }, "PROVIDER_RATE_LIMITED", { status: 429, retryAfterMs: 3000, retryable: true }],
  [{ status: 500 }, "PROVIDER_OVERLOADED", { status: 500, retryable: true }],
  [{ status: 502 }, "PROVIDER_OVERLOADED", { status: 502, retryable: true }],
  [{ status: 503 }, "PROVIDER_OVERLOADED", { status: 503, retryable: true }],
  [{ status: 504 }, "PROVIDER_OVERLOADED", { status: 504, retryable: true }],
  [{ status: 529 }, "PROVIDER_OVERLOADED", { status: 529, retryable: true }],
  [{ event: "overloaded_error" }, "PROVIDER_OVERLOADED", { retryable: true }],
  [{ event: "rate_limit_error" }, "PROVIDER_RATE_LIMITED", { retryable: true }],
  [{ event: "api_error" }, "PROVIDER_OVERLOADED", { retryable: true }],
  [{ event: "authentication_error" }, "PROVIDER_AUTH", { retryable: false }],
  [{ event: "invalid_request_error" }, "PROVIDER_REJECTED", { retryable: false }],
  [{ cut: "start" }, "PROVIDER_UNREACHABLE", { retryable: true }],
  [{ cut: "text" }, "PROVIDER_STREAM_CUT", { retryable: true }],
  [{ cut: "tool_json" }, "PROVIDER_STREAM_CUT", { retryable: true }],
];

export function providerContract(name: string, start: StartSubject): void {
  describe(`${name}: the contract of every provider`, () => {
    let subject: ProviderSubject | undefined;
    const play = async (...steps: unknown[]): Promise<ProviderSubject> => {
      subject = await start(steps);
      return subject;
    };
    afterEach(async () => {
      await subject?.close();
      subject = undefined;
    });

    answers(play);
    failures(play);
    cancels(play);
  });
}

type Play = (...steps: unknown[]) => Promise<ProviderSubject>;

function answers(play: Play): void {
  test("text comes in fragments, in order, and one answer is last", async () => {
    const usage = { inputTokens: 11, outputTokens: 8, cacheReadTokens: 5, cacheWriteTokens: 7 };
    const playing = await play({ say: "Hello there, reader.", chunks: 3, usage });
    const events = await collect(playing);
    expect(events.map((event) => event.type)).toEqual(["text", "text", "text", "answer"]);
    expect(events.map((event) => (event.type === "text" ? event.text : "")).join("")).toBe("Hello there, reader.");
    expect(answerIn(events)).toEqual({
      content: [{ type: "text", text: "Hello there, reader." }],
      stop: "end_turn",
      usage,
      model: playing.model,
    });
  });

  test("text and several calls keep their order, and inputs are assembled from fragments", async () => {
    const input = { file_path: 'ä/b "c".txt', limit: 3, nested: { list: [1, null, "x"] } };
    const playing = await play({
      say: "Two.",
      calls: [
        { id: "one", name: "Read", input },
        { id: "two", name: "Glob" },
      ],
      chunks: 7,
    });
    const events = await collect(playing);
    expect(events.filter((event) => event.type === "tool_start")).toEqual([
      { type: "tool_start", callId: "one", name: "Read" },
      { type: "tool_start", callId: "two", name: "Glob" },
    ]);
    const json = events.map((event) => (event.type === "tool_input" && event.callId === "one" ? event.json : "")).join("");
    expect(JSON.parse(json)).toEqual(input);
    expect(answerIn(events)).toMatchObject({
      stop: "tool_use",
      content: [
        { type: "text", text: "Two." },
        { type: "tool_call", callId: "one", name: "Read", input },
        { type: "tool_call", callId: "two", name: "Glob", input: {} },
      ],
    });
  });

  test("call ids of one player are unique", async () => {
    const playing = await play({ calls: [{ name: "Read" }, { name: "Read" }] }, { call: { name: "Read" } });
    const first = answerIn(await collect(playing)).content;
    const second = answerIn(await collect(playing)).content;
    const ids = [...first, ...second].map((block) => (block.type === "tool_call" ? block.callId : ""));
    expect(new Set(ids).size).toBe(3);
  });

  test("reasoning is streamed, kept with its signature, and hidden reasoning is kept too", async () => {
    const playing = await play({ thinking: [{ text: "Hm, hm.", signature: "sig-1" }, { redacted: "AAEC" }], say: "Yes." });
    const events = await collect(playing);
    expect(events.map((event) => (event.type === "thinking" ? event.text : "")).join("")).toBe("Hm, hm.");
    expect(answerIn(events).content).toEqual([
      { type: "thinking", text: "Hm, hm.", signature: "sig-1" },
      { type: "thinking", text: "", data: "AAEC" },
      { type: "text", text: "Yes." },
    ]);
  });

  test("an input that is not a JSON object is marked malformed, with its text", async () => {
    const calls = [
      { id: "a", name: "Read", rawInput: '{"file_path": "a' },
      { id: "b", name: "Read", rawInput: "[1]" },
      { id: "c", name: "Read", input: { file_path: "c" } },
    ];
    const { content, stop } = answerIn(await collect(await play({ calls })));
    expect(stop).toBe("tool_use");
    expect(content).toEqual([
      { type: "tool_call", callId: "a", name: "Read", input: {}, malformed: '{"file_path": "a' },
      { type: "tool_call", callId: "b", name: "Read", input: {}, malformed: "[1]" },
      { type: "tool_call", callId: "c", name: "Read", input: { file_path: "c" } },
    ]);
  });

  test("a call in which the token limit fell is marked malformed even where its JSON parses; earlier ones are whole", async () => {
    const calls = [
      { id: "a", name: "Read", input: { file_path: "a" } },
      { id: "b", name: "Write", input: { file_path: "b" } },
    ];
    const { content, stop } = answerIn(await collect(await play({ calls, stopReason: "max_tokens" })));
    expect(stop).toBe("max_tokens");
    expect(content).toEqual([
      { type: "tool_call", callId: "a", name: "Read", input: { file_path: "a" } },
      { type: "tool_call", callId: "b", name: "Write", input: {}, malformed: '{"file_path":"b"}', cut: true },
    ]);
  });

  test("every stop of a model is one of ours", async () => {
    const stops = { stop_sequence: "end_turn", pause_turn: "end_turn", refusal: "refusal", max_tokens: "max_tokens" };
    const playing = await play(...Object.keys(stops).map((stopReason) => ({ say: "x", stopReason })));
    for (const expected of Object.values(stops)) expect(answerIn(await collect(playing)).stop).toBe(expected);
  });

  test("results, errors and images reach the model", async () => {
    const playing = await play(
      {
        expect: {
          toolResults: [
            { name: "Read", contains: "line one", isError: false },
            { name: "Grep", equals: "no such file", isError: true },
          ],
        },
      },
      { say: "seen" },
    );
    const messages: Message[] = [
      hello,
      {
        role: "assistant",
        content: [
          { type: "tool_call", callId: "r", name: "Read", input: {} },
          { type: "tool_call", callId: "g", name: "Grep", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            callId: "r",
            isError: false,
            content: [
              { type: "text", text: "1\tline one" },
              { type: "image", mediaType: "image/png", data: "iVBORw0KGgo=" },
            ],
          },
          { type: "tool_result", callId: "g", isError: true, content: [{ type: "text", text: "no such file" }] },
        ],
      },
    ];
    expect(answerIn(await collect(playing, messages)).content).toEqual([{ type: "text", text: "seen" }]);
  });

  test("a megabyte in ten thousand fragments arrives whole", async () => {
    const events = await collect(await play({ textBytes: 1_000_000, deltas: 10_000 }));
    expect(events.filter((event) => event.type === "text")).toHaveLength(10_000);
    const [block] = answerIn(events).content;
    expect(block?.type === "text" && block.text.length).toBe(1_000_000);
  });

  test("the window of a model is a positive number of tokens", async () => {
    const playing = await play({ say: "x" });
    expect(playing.provider.contextWindow(playing.model, {})).toBeGreaterThan(0);
  });
}

function failures(play: Play): void {
  test.each(statuses)("%j is %s with %j, and is not retried", async (fail, code, detail) => {
    const playing = await play({ fail }, { say: "the next request is answered" });
    const failure = await failureOf(collect(playing));
    expect(failure).toMatchObject({ code, detail });
    if (playing.requestCount !== undefined) expect(playing.requestCount()).toBe(1);
    expect(answerIn(await collect(playing)).stop).toBe("end_turn");
  });

  test("a stream cut in a tool's input yields no answer and no call", async () => {
    const playing = await play({
      say: "So:",
      call: { name: "Write", input: { content: "x".repeat(500) } },
      fail: { cut: "tool_json" },
    });
    const seen: string[] = [];
    const options = { ...playing.options, signal: new AbortController().signal };
    const run = (async () => {
      for await (const event of playing.provider.stream(requestOf(playing.model), options)) seen.push(event.type);
    })();
    expect(await failureOf(run)).toMatchObject({ code: "PROVIDER_STREAM_CUT", detail: { retryable: true } });
    expect(seen).toContain("tool_start");
    expect(seen).not.toContain("answer");
  });

  test("a stream that ends in order but too early is cut", async () => {
    const playing = await play({ say: "almost", fail: { cut: "end" } });
    expect(await failureOf(collect(playing))).toMatchObject({ code: "PROVIDER_STREAM_CUT", detail: { retryable: true } });
  });
}

function cancels(play: Play): void {
  test("an aborted signal stops the request before it starts", async () => {
    const playing = await play({ say: "never" });
    const failure = await failureOf(collect(playing, undefined, AbortSignal.abort(new Error("stopped by the test"))));
    expect(failure.message).toBe("stopped by the test");
    if (playing.requestCount !== undefined) expect(playing.requestCount()).toBe(0);
  });

  test("an abort ends a request that is never answered, by throwing the signal's reason", async () => {
    const playing = await play({ hang: true });
    const controller = new AbortController();
    const run = failureOf(collect(playing, undefined, controller.signal));
    setImmediate(() => controller.abort(new Error("stopped by the test")));
    expect((await run).message).toBe("stopped by the test");
  });

  test("an abort in the middle of a stream ends it, by throwing the signal's reason", async () => {
    const playing = await play({ textBytes: 2_000_000, deltas: 5_000 });
    const controller = new AbortController();
    const seen: string[] = [];
    const run = (async () => {
      for await (const event of playing.provider.stream(requestOf(playing.model), {
        ...playing.options,
        signal: controller.signal,
      })) {
        seen.push(event.type);
        controller.abort(new Error("stopped by the test"));
      }
    })();
    expect((await failureOf(run)).message).toBe("stopped by the test");
    expect(seen).not.toContain("answer");
  });
}
