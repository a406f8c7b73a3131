/** What crosses from the MCP thread to the core, which takes it in on its main thread: bounded, once, and what is left out is said. */
import { PassThrough } from "node:stream";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import type { McpCatalog, McpTool } from "../../core/contract/mcp.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { Facts } from "../../core/mcp/facts.ts";
import { outcomeOf } from "../../core/mcp/outcome.ts";
import { createCatalogChanges } from "../../plugins/mcp/thread/catalog-changes.ts";
import { promptMessagesOf, samplingMessagesOf } from "../../plugins/mcp/thread/contents.ts";
import { withinRoom } from "../../plugins/mcp/thread/list-room.ts";
import { createOutputChecks } from "../../plugins/mcp/thread/output-check.ts";
import { keepStderrTail } from "../../plugins/mcp/thread/stderr-tail.ts";
import { toolResultOf } from "../../plugins/mcp/thread/tool-result.ts";
import { shapeTools } from "../../plugins/mcp/thread/tool-shape.ts";

const MiB = 1024 * 1024;
const texts = (content: { type: string; text?: string }[]): string[] => content.map(({ text = "" }) => text);
const wide = (size: number): JsonObject => ({ a: [Array.from({ length: size }, (_, at) => `x,"${at}`)] });

test("a large structure crosses as its JSON in lines, cut where it is too long, and as no structure", () => {
  const large = toolResultOf([], wide(40_000));
  expect(large.structuredContent).toBeUndefined();
  const [json = "", said] = texts(large.content);
  expect(JSON.parse(json)).toEqual(wide(40_000));
  expect(Math.max(...json.split("\n").map((line) => line.length))).toBeLessThan(130);
  expect(said).toMatch(/^\[structured content of \d+ characters is kept as text alone: at most 262144 /);
  const [cut = ""] = texts(toolResultOf([], wide(500_000)).content);
  expect(cut).toMatch(/\n\[cut: \d+ characters in all, the first 4194304 are kept\]$/);
  expect(cut.length).toBeLessThan(4 * MiB + 100);
});

test("a small structure crosses as it is, with its JSON where the server gave no text; the core makes none", () => {
  const small = toolResultOf([], { celsius: 3 });
  expect(small).toEqual({ content: [{ type: "text", text: '{\n "celsius": 3\n}' }], structuredContent: { celsius: 3 } });
  const structuredContent = { toJSON: () => expect.unreachable("the core writes no JSON of it") } as unknown as JsonObject;
  expect(outcomeOf("one", { ...small, structuredContent, isError: false }).data).toBe(structuredContent);
  const worded = toolResultOf([{ type: "text", text: "three" }], wide(40_000));
  expect(texts(worded.content)).toEqual(["three", expect.stringContaining("characters is left out: at most 262144")]);
});

test("of a result's parts 1,000 cross, of its texts together 4 Mi characters, of its images 5 MiB", () => {
  const many = toolResultOf(Array<CallToolResult["content"][number]>(5000).fill({ type: "text", text: "" }), undefined);
  expect(many.content).toHaveLength(1001);
  expect(many.content.at(-1)).toMatchObject({ text: "[4000 more parts are left out: at most 1000 are taken]" });
  const long = { type: "text" as const, text: "x".repeat(3 * MiB) };
  const [whole, cut] = texts(toolResultOf([long, long], undefined).content);
  expect([whole?.length, cut?.length]).toEqual([3 * MiB, expect.any(Number)]);
  expect(cut?.slice(MiB)).toBe("\n[cut: 3145728 characters in all, the first 1048576 are kept]");
  const image = { type: "image" as const, data: "A".repeat(4 * MiB), mimeType: "image/png" };
  const audio = { type: "audio" as const, data: "AAAA", mimeType: "audio/wav" };
  const { content } = toolResultOf([image, image, audio], undefined);
  expect(content[1]).toEqual({ type: "image", data: "", mimeType: "image/png", bytes: 3 * MiB });
  const [first, ...others] = outcomeOf("one", { content, isError: false }).content;
  expect(first?.type).toBe("image");
  expect(others).toEqual([
    { type: "text", text: "[image: image/png, 3145728 bytes, not shown: the images of one result may have 5 MiB in all]" },
    { type: "text", text: "[audio: audio/wav, 3 bytes, not shown]" },
  ]);
});

test("a prompt of many messages is cut, and a sampling request that is too large is none", () => {
  const message = { role: "user" as const, content: { type: "text" as const, text: "a" } };
  expect(promptMessagesOf(Array<typeof message>(1001).fill(message)).at(-1)).toMatchObject({
    content: { text: "[1 more parts are left out: at most 1000 are taken]" },
  });
  expect(samplingMessagesOf(Array<typeof message>(1001).fill(message))).toBeUndefined();
  const image = { type: "image" as const, data: "A".repeat(8 * MiB), mimeType: "image/png" };
  expect(samplingMessagesOf([{ role: "user", content: image }])).toBeUndefined();
  expect(samplingMessagesOf([message])).toEqual([message]);
});

test("tools whose definitions need more than 2 Mi characters are left out, and how many is said", async () => {
  const problems: string[] = [];
  const tool = (at: number) => ({
    name: `t${at}`,
    inputSchema: { type: "object", title: "x".repeat(1000), default: "d".repeat(60_000) },
  });
  const { tools } = await shapeTools(
    Array.from({ length: 50 }, (_, at) => tool(at)),
    { globs: { deny: [] }, outputs: createOutputChecks(), onProblem: (text) => problems.push(text) },
  );
  expect(tools.length).toBeGreaterThan(30);
  expect(JSON.stringify(tools).length).toBeLessThan(2.1 * MiB);
  expect(problems).toEqual([`${50 - tools.length} of its tools are left out: all together may have 2097152 characters.`]);
  const told: string[] = [];
  expect(withinRoom([{ a: 1 }, { b: 2 }], { what: "prompts", maxChars: 8, onProblem: (text) => told.push(text) })).toEqual([
    { a: 1 },
  ]);
  expect(told).toHaveLength(1);
});

test("a list that has not changed is not sent again, until the core has dropped it", () => {
  const changes = createCatalogChanges();
  const catalog: McpCatalog = { tools: [], prompts: [], resources: [], templates: [] };
  expect(changes.since(catalog)).toEqual(catalog);
  expect(changes.since({ ...catalog })).toBeUndefined();
  const prompts = [{ name: "p", description: "", arguments: [] }];
  expect(changes.since({ ...catalog, prompts })).toEqual({ prompts });
  changes.forget();
  expect(changes.since(catalog)).toEqual(catalog);
});

test("lists that did not come stay as they were in the core, with the problems of the tools", () => {
  const facts = new Facts({ servers: [], waiting: [{ name: "one", source: "s", what: "w" }], disabled: [] });
  const tool: McpTool = { name: "t", description: "", inputSchema: {}, hasOutputSchema: false, annotations: {} };
  facts.changeCatalog("one", { tools: [tool] }, ["odd"]);
  facts.changeCatalog("one", { resources: [] });
  expect(facts.catalog("one")?.tools).toEqual([tool]);
  expect(facts.find("one")?.problems).toEqual(["odd"]);
  facts.dropCatalog("one");
  expect([facts.catalog("one"), facts.find("one")?.problems]).toEqual([undefined, []]);
});

test("of what a child wrote on stderr the last 20 lines are shown, whatever came before them", async () => {
  const shown = async (text: string): Promise<string[]> => {
    const stream = new PassThrough();
    const tail = keepStderrTail(stream, 64 * 1024);
    stream.write(text);
    await new Promise<void>((resolve) => setImmediate(resolve));
    const lines = tail.lines();
    tail.stop();
    return lines;
  };
  expect(await shown("a\n".repeat(40_000))).toEqual(Array(20).fill("a"));
  expect(await shown(`${"long ".repeat(9_000)}\n\nlast\n`)).toEqual(["last"]);
  const [only] = await shown("é".repeat(30_000));
  expect(only).toMatch(/^é+…$/);
  expect(await shown("one\n\u001b[31mtwo\u001b[0m\n")).toEqual(["one", "two"]);
});
