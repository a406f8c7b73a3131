/** What one server sends within its thread: bounded before it is parsed, kept in little, checked at little cost. */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import { createEventGuard } from "../../plugins/mcp/thread/event-guard.ts";
import type { Fault } from "../../plugins/mcp/thread/fault.ts";
import { guardBody } from "../../plugins/mcp/thread/guarded-body.ts";
import { largeTurn } from "../../plugins/mcp/thread/large-turn.ts";
import { createLineSplitter } from "../../plugins/mcp/thread/line-splitter.ts";
import { readList } from "../../plugins/mcp/thread/lists.ts";
import { createPartCounter, excessOf, maxParts } from "../../plugins/mcp/thread/message-bulk.ts";
import { createMessageFlow } from "../../plugins/mcp/thread/message-flow.ts";
import { boundParts } from "../../plugins/mcp/thread/message-parts.ts";
import { refreshPause } from "../../plugins/mcp/thread/news.ts";
import { createOutputChecks } from "../../plugins/mcp/thread/output-check.ts";
import { createRateGate, shareOf } from "../../plugins/mcp/thread/rate-gate.ts";

const bulk = (count: number): string => `[${"[],".repeat(count)}1]`;
const fault = (code: string) => expect.objectContaining({ code });

function flowWith(gate = createRateGate(2000)) {
  const messages: JSONRPCMessage[] = [];
  const problems: string[] = [];
  const pump = createMessageFlow({
    ...{ server: "s", perSecond: 2000, floodMs: 1000, gate, pause: () => undefined, resume: () => undefined },
    onMessage: (message) => messages.push(message),
    onProblem: (text) => problems.push(text),
    onFault: (why) => problems.push(why.message),
  });
  return { messages, problems, pump };
}

function guardWith(gate = createRateGate(2000)) {
  return createEventGuard({ server: "s", maxEventBytes: 16 * 1024 * 1024, gate, floodMs: 0 });
}

test("parts of a message are counted outside of its texts, in whatever pieces it comes", () => {
  const text = Buffer.from('{"a,[{":"x\\",[{\\\\","b":[1,{}]}');
  expect(createPartCounter().count(text)).toBe(5);
  const counter = createPartCounter();
  let parts = 0;
  for (const byte of text) parts = counter.count(Uint8Array.of(byte));
  expect(parts).toBe(5);
  expect(excessOf(Buffer.from(bulk(maxParts / 2 + 1)))).toBe(maxParts + 1);
  expect(excessOf(Buffer.from(`["${"[,{".repeat(maxParts)}"]`))).toBeUndefined();
  // A quote before the end of a line hides nothing of the next.
  expect(createPartCounter().count(Buffer.from('event: "\ndata: [1,2]\n'))).toBe(2);
});

test("an answer of too many parts ends its own request with MCP_TOO_LARGE and is never parsed; the next is taken", async () => {
  const { messages, problems, pump } = flowWith();
  const line = (text: string): void => pump.add([Buffer.from(text)]);
  line(`{"jsonrpc":"2.0","id":7,"result":{"x":${bulk(maxParts)}}}`);
  line(`{"result":{"x":${bulk(maxParts)}},"id":8,"jsonrpc":"2.0"}`);
  line(`{"jsonrpc":"2.0","method":"notifications/message","params":{"data":${bulk(maxParts)}}}`);
  line(`[${Array(201).fill('{"jsonrpc":"2.0","method":"a"}').join(",")}]`);
  line('{"jsonrpc":"2.0","id":9,"result":{}}');
  await pump.drained();
  expect(messages).toEqual([
    expect.objectContaining({ id: 7, error: expect.objectContaining({ data: fault("MCP_TOO_LARGE") }) }),
    expect.objectContaining({ id: 8, error: expect.objectContaining({ data: fault("MCP_TOO_LARGE") }) }),
    expect.objectContaining({ id: 9, result: {} }),
  ]);
  expect(problems[0]).toMatch(/^The server s sent a message of \d+ parts and more: over 250000\.$/);
});

test("the answer of an HTTP server and an event of its stream have the same bound on parts", async () => {
  const faults: (Fault | undefined)[] = [];
  const about = { server: "s", maxBytes: 16 * 1024 * 1024, guard: guardWith() };
  const body = guardBody(new Response(bulk(maxParts)), { ...about, onEnd: (_resumable, why) => faults.push(why) });
  await expect(body.text()).rejects.toEqual(fault("MCP_TOO_LARGE"));
  expect(faults).toEqual([fault("MCP_TOO_LARGE")]);
  const batch = guardBody(new Response(` ${bulk(5000)}`), { ...about, onEnd: () => undefined });
  await expect(batch.text()).rejects.toEqual(fault("MCP_TOO_LARGE"));
  await expect(guardWith().pass(Buffer.from(`event: "\ndata: ${bulk(maxParts)}\n\n`))).rejects.toEqual(fault("MCP_TOO_LARGE"));
});

test("events end with every kind of line end, and each takes its turn", async () => {
  for (const end of ["\n", "\r", "\r\n"]) {
    const guard = guardWith();
    const stream = Buffer.from(`id: 1${end}data: a${end}${end}data: b${end}${end}data: half`);
    const passed: Buffer[] = [];
    for (const byte of stream) passed.push(await guard.pass(Uint8Array.of(byte)));
    expect(Buffer.concat(passed).toString()).toBe(`id: 1${end}data: a${end}${end}data: b${end}${end}`);
    expect(guard.hasIds).toBe(true);
    const gate = createRateGate(2, () => 0);
    await expect(guardWith(gate).pass(Buffer.from(`data: a${end}${end}`.repeat(3)))).rejects.toEqual(fault("MCP_FLOOD"));
  }
});

test("bytes and work are a part of what may come in a second", () => {
  let at = 0;
  const gate = createRateGate(1000, () => at);
  expect(gate.take().isTaken).toBe(true);
  gate.charge(shareOf(64 * 1024 * 1024, 504));
  expect(gate.take()).toEqual({ isTaken: false, waitMs: 2002 });
  at = 2003;
  expect(gate.take().isTaken).toBe(true);
  expect(shareOf(100, 1)).toBeLessThan(1 / 100_000);
});

test("a line in pieces of one byte is kept as one piece", () => {
  const splitter = createLineSplitter(100_000);
  const piece = Buffer.from("x");
  for (let at = 0; at < 90_000; at++) splitter.push(piece);
  const [line] = splitter.push(Buffer.from("\r\n"));
  expect(line).toHaveLength(90_000);
  // Room for twice as much at most, where each piece would need a hundred times its byte.
  expect(line?.buffer.byteLength).toBeLessThan(200_000);
});

test("large messages are taken one after another", async () => {
  const end = await largeTurn();
  let isSecond = false;
  const second = largeTurn().then((endSecond) => {
    isSecond = true;
    endSecond();
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSecond).toBe(false);
  end();
  await second;
});

function listOf(page: (at: number) => object): Promise<unknown[]> & { problems: string[] } {
  const problems: string[] = [];
  let at = 0;
  const client = { request: async () => page(at++) } as unknown as Client;
  const signal = new AbortController().signal;
  const list = readList(client, "tools/list", { signal, timeoutMs: 1000, onProblem: (text) => problems.push(text) });
  return Object.assign(list, { problems });
}

test("of a list's pages only what is read is kept, at most 8 Mi characters, and no page is named by a megabyte", async () => {
  const lean = listOf(() => ({ tools: [{ name: "a", _meta: { x: "x".repeat(1e6) }, icons: [1] }, [[]]] }));
  expect(await lean).toEqual([{ name: "a" }, undefined]);
  const fat = listOf((at) => ({ tools: [{ name: `t${at}`, description: "d".repeat(3e6) }], nextCursor: `c${at}` }));
  expect(await fat).toHaveLength(2);
  expect(fat.problems).toEqual(["Its tools/list has more than 8388608 characters; the rest is left out."]);
  const odd = listOf((at) => ({ tools: [{ name: `t${at}` }], nextCursor: `${at}`.repeat(1e6) }));
  expect(await odd).toHaveLength(1);
  expect(odd.problems).toEqual([expect.stringContaining("the list ends there")]);
});

test("what the SDK looks into part by part is bounded, and what it passes on is not", () => {
  const transport = {} as Transport;
  boundParts(transport, "s");
  const many = Array.from({ length: 2001 }, () => 1);
  const answer = { jsonrpc: "2.0", id: 1, result: { content: many } } as JSONRPCMessage;
  transport.onmessage?.(answer);
  expect(answer).toEqual({ jsonrpc: "2.0", id: 1, error: expect.objectContaining({ data: fault("MCP_TOO_LARGE") }) });
  const asked = { jsonrpc: "2.0", id: 1, method: "sampling/createMessage", params: { messages: many } } as JSONRPCMessage;
  transport.onmessage?.(asked);
  expect(asked).toMatchObject({ params: {} });
  const structure = { jsonrpc: "2.0", id: 2, result: { content: [], structuredContent: { many } } } as JSONRPCMessage;
  transport.onmessage?.(structure);
  expect(structure).toHaveProperty("result.structuredContent.many");
});

test("an output schema is compiled at its first result, kept while it does not change, and bounded", () => {
  const outputs = createOutputChecks();
  const problems: string[] = [];
  const make = (schema: object) => outputs.make(schema, (why) => problems.push(why));
  const schema = { type: "object", properties: { a: { type: "array", uniqueItems: true, items: { type: "number" } } } };
  const first = make(schema);
  outputs.endRound();
  expect(make(structuredClone(schema))).toBe(first);
  const check = first.ok ? first.check : undefined;
  expect(check?.({ a: [1, 1] })).toBeUndefined();
  expect(check?.({ a: ["x", "y"] })).toBe("data/a/0 must be number");
  // What cannot be compiled is found where it is needed.
  const odd = make({ type: "object", properties: { a: { type: "no such type" } } });
  expect(problems).toEqual([]);
  expect(odd.ok && odd.check({ a: 1 })).toBeUndefined();
  expect(problems).toEqual([expect.stringContaining("no such type")]);
  // A promise that fails would end the thread.
  const late = make({ $async: true, type: "object", required: ["a"] });
  expect(late.ok && late.check({})).toContain("must have required property");
  const wide = { type: "object", properties: { a: { enum: Array.from({ length: 1200 }, (_, at) => at) } } };
  expect(make(wide)).toEqual({ ok: false, why: expect.stringContaining("more than 1000 parts") });
  const long = { type: "object", properties: { a: { const: "x".repeat(17_000) } } };
  expect(make(long)).toEqual({ ok: false, why: expect.stringContaining("more than 16384") });
});

test("lists are read again the later the more they cost", () => {
  expect([0, 10, 100, 1e6].map(refreshPause)).toEqual([500, 500, 2000, 60_000]);
});
