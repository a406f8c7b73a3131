import { expect, test } from "vitest";
import { pluginBody } from "../support/plugin-bundle.ts";
import { RawGuest } from "../support/raw-guest.ts";

const zodPlugin = `
  import { definePlugin, defineTool, defineCommand, defineTap, defineProvider } from "gantry/plugin";
  import { GantryError, hasCode } from "gantry/errors";
  import { z } from "zod";

  export default definePlugin({
    name: "notes",
    description: "Notes.",
    permissions: { "fs.read": ["./notes/**"] },
    options: () => z.strictObject({ folder: z.string().default("notes"), max: z.number().int().optional() }),
    tools: [
      defineTool({
        name: "NoteRead",
        description: "Reads a note.",
        effect: "reads",
        timeoutMs: 5000,
        input: () => z.strictObject({ name: z.string().min(2).refine((name) => !name.includes("/"), "is a path"), times: z.number().default(1) }),
        async execute({ name, times }, ctx) {
          const { bytes } = await ctx.fs.read(ctx.options.folder + "/" + name);
          return { content: new TextDecoder().decode(bytes).repeat(times), data: { cwd: ctx.cwd, workspace: ctx.workspace, callId: ctx.callId } };
        },
      }),
      defineTool({
        name: "Catch",
        description: "Catches.",
        effect: "reads",
        input: () => z.object({}),
        async execute(_, ctx) {
          try {
            await ctx.secrets.read("X");
          } catch (error) {
            return JSON.stringify({ has: hasCode(error, "PERMISSION_DENIED"), isError: error instanceof Error, message: error.message, detail: error.detail });
          }
        },
      }),
      defineTool({ name: "Throw", description: "Throws.", effect: "reads", input: () => z.object({}), execute() {
        throw new GantryError("FILE_NOT_FOUND", "no such note", { detail: { near: ["a"] } });
      } }),
    ],
    commands: [defineCommand({ id: "notes list", summary: "Lists.", async run({ args }, ctx) {
      ctx.print("one");
      ctx.say("aside");
      ctx.warn("careful");
      return { data: { args, json: ctx.json, columns: ctx.terminal.columns }, text: "done" };
    } })],
    taps: [
      defineTap({ on: "turn.end", kind: "observe", run() {} }),
      defineTap({ on: "tool.approve", kind: "judge", tools: ["Bash"], stage: -1, name: "guard", run: (call) => ({ verdict: "deny", reason: call.tool }) }),
    ],
    providers: [defineProvider({
      name: "toy",
      async *stream(request, { settings }) {
        yield { type: "text", text: request.model + settings.mark };
        yield { type: "answer", answer: {} };
      },
      contextWindow: (model) => model.length * 1000,
    })],
  });
`;

async function notes(options: { [key: string]: string | number } = {}): Promise<RawGuest> {
  const guest = new RawGuest();
  await guest.load(await pluginBody(zodPlugin), options);
  return guest;
}

test("a guest says hello with its protocol before it knows a plugin", async () => {
  await using guest = new RawGuest();
  expect(await guest.frame(() => true)).toEqual(["hello", { protocol: 1, node: process.version, tier: "realm+process" }]);
});

test("a load is answered with what the plugin contributes, sorted, with JSON Schemas of its own schemas", async () => {
  await using guest = new RawGuest();
  const found = await guest.load(await pluginBody(zodPlugin), null);
  expect(found).toMatchObject({
    name: "notes",
    description: "Notes.",
    permissions: { "fs.read": ["./notes/**"] },
    optionsSchema: { properties: { folder: { default: "notes", type: "string" } }, additionalProperties: false },
    contributes: {
      commands: [{ id: "notes list", summary: "Lists.", args: [], flags: [], examples: [] }],
      taps: [
        { on: "turn.end", kind: "observe", name: "turn.end", stage: 0 },
        { on: "tool.approve", kind: "judge", name: "guard", tools: ["Bash"], stage: -1 },
      ],
      providers: ["toy"],
    },
  });
  expect(found.contributes.tools.map(({ name }) => name)).toEqual(["Catch", "NoteRead", "Throw"]);
  const [, read] = found.contributes.tools;
  expect(read).toMatchObject({ effect: "reads", timeoutMs: 5000, inputSchema: { type: "object", required: ["name"] } });
});

test("a call asks for its effect, is acknowledged as it outlives its first turn, and ends with its result", async () => {
  await using guest = await notes({ folder: "my" });
  // Answered after the acknowledgement: a call whose effect is answered within its first turn has none.
  guest.answer = async (method, args) => {
    await guest.frame(([kind]) => kind === "ack");
    return { bytes: { $bytes: Buffer.from(`${method} ${JSON.stringify(args)}`).toString("base64") }, size: 1 };
  };
  const id = guest.start({ part: "tool", name: "NoteRead" }, { name: "ab" });
  const result = await guest.settled(id);
  expect(result).toEqual({
    content: 'fs.read ["my/ab"]',
    data: { cwd: "/w", workspace: "/w", callId: `call-${id}` },
  });
  const kinds = guest.frames.filter(([kind]) => kind !== "ping").map(([kind]) => kind);
  expect(kinds).toEqual(["hello", "result", "request", "ack", "result"]);
});

test("a call that ends in its first turn is answered without an acknowledgement", async () => {
  await using guest = new RawGuest();
  await guest.load(
    `__gantry({ name: "x", tools: [{ name: "T", input: () => ({}), execute: async () => ({ content: "a" }) }] })`,
  );
  expect(await guest.call({ part: "tool", name: "T" })).toEqual({ content: "a" });
  expect(guest.frames.map(([kind]) => kind)).not.toContain("ack");
});

test("an input that the plugin's own schema refuses is TOOL_INPUT_INVALID with each path, and nothing runs", async () => {
  await using guest = await notes();
  const call = guest.call({ part: "tool", name: "NoteRead" }, { name: "a/b", times: "x", more: 1 });
  await expect(call).rejects.toMatchObject({ code: "TOOL_INPUT_INVALID" });
  const { message } = (await call.catch((error: unknown) => error)) as { message: string };
  expect(message).toContain("name: is a path");
  expect(message).toContain("times: ");
  expect(message).toContain("more");
  expect(guest.frames.some(([kind]) => kind === "request")).toBe(false);
});

test("options that the plugin's schema refuses fail the load with each path", async () => {
  await using guest = new RawGuest();
  const load = guest.load(await pluginBody(zodPlugin), { folder: 3, maximum: 1 });
  await expect(load).rejects.toMatchObject({ code: "PLUGIN_OPTIONS_INVALID" });
  await expect(load).rejects.toMatchObject({ message: expect.stringMatching(/notes[\s\S]*folder: [\s\S]*maximum/) });
});

test("options for a plugin that takes none are refused by name", async () => {
  await using guest = new RawGuest();
  const load = guest.load(`__gantry({ name: "bare", description: "" })`, { a: 1 });
  await expect(load).rejects.toMatchObject({
    code: "PLUGIN_OPTIONS_INVALID",
    message: "bare takes no options; the config gives a.",
  });
});

test("an effect that is refused is caught by its code in the plugin", async () => {
  await using guest = await notes();
  guest.answer = () => Promise.reject({ code: "PERMISSION_DENIED", message: "not granted", detail: { kind: "secret.read" } });
  const text = await guest.call({ part: "tool", name: "Catch" });
  expect(JSON.parse(String(text))).toEqual({
    ...{ has: true, isError: true, message: "not granted" },
    detail: { kind: "secret.read" },
  });
});

test("an error of the table that a plugin throws keeps its code and detail", async () => {
  await using guest = await notes();
  await expect(guest.call({ part: "tool", name: "Throw" })).rejects.toEqual({
    ...{ code: "FILE_NOT_FOUND", message: "no such note" },
    detail: { near: ["a"] },
  });
});

test("a command's output comes in its order, then its result", async () => {
  await using guest = await notes();
  const id = guest.start({ part: "command", id: "notes list" }, { args: { a: "1" }, flags: {} });
  const result = await guest.settled(id);
  expect(guest.chunks(id)).toEqual([{ print: "one" }, { say: "aside" }, { warn: "careful" }]);
  expect(result).toEqual({ data: { args: { a: "1" }, json: false, columns: 80 }, text: "done" });
});

test("taps are called by their place; no answer is null", async () => {
  await using guest = await notes();
  expect(await guest.call({ part: "tap", place: 0 }, { turn: 1 })).toBe(null);
  expect(await guest.call({ part: "tap", place: 1 }, { tool: "Bash" })).toEqual({ verdict: "deny", reason: "Bash" });
});

test("a provider streams its events and tells its window", async () => {
  await using guest = await notes();
  const id = guest.start({ part: "stream", provider: "toy" }, { request: { model: "m" }, settings: { mark: "!" } });
  expect(await guest.settled(id)).toBe(null);
  expect(guest.chunks(id)).toEqual([
    { type: "text", text: "m!" },
    { type: "answer", answer: {} },
  ]);
  expect(await guest.call({ part: "contextWindow", provider: "toy" }, { model: "abc", settings: {} })).toBe(3000);
});

test("a part that the plugin does not have is PLUGIN_UNDECLARED with those it has", async () => {
  await using guest = await notes();
  await expect(guest.call({ part: "tool", name: "Note" })).rejects.toEqual({
    code: "PLUGIN_UNDECLARED",
    message: "notes has no tool Note; it has NoteRead, Catch, Throw.",
  });
});

const unloadable: [string, string, RegExp][] = [
  ["a bundle that is no code", "const const", /fails when it is loaded: SyntaxError/],
  ["a bundle that throws", `throw new Error("at load")`, /fails when it is loaded: at load/],
  ["a bundle that imports", `import("node:fs")`, /import expression/],
  ["a default export that is no plugin", "__gantry(3)", /definePlugin/],
  [
    "a tool without its functions",
    `__gantry({ name: "x", tools: [{ name: "T", input: 1 }] })`,
    /tools\.0\.input is no function; tools\.0\.execute/,
  ],
  [
    "a schema that cannot be made",
    `__gantry({ name: "x", tools: [{ name: "T", input() { throw new Error("no zod") }, execute() {} }] })`,
    /input of tool T: no zod/,
  ],
  ["a definition that is no data", `__gantry({ name: "x", description: 1n })`, /BigInt/],
];

test.each(unloadable)("%s is PLUGIN_INVALID with what is wrong", async (_, body, message) => {
  await using guest = new RawGuest();
  await expect(guest.load(body, null)).rejects.toMatchObject({
    code: "PLUGIN_INVALID",
    message: expect.stringMatching(message),
  });
});

test("a value longer than a part crosses in parts, both ways, with every kind of character", async () => {
  await using guest = new RawGuest();
  await guest.load(`__gantry({ name: "long", description: "", tools: [{ name: "Long", description: "", effect: "reads", input: () => ({}),
    async execute({ text }, ctx) { await ctx.storage.set("k", text); return { content: text, data: { got: await ctx.storage.get("k") } }; } }] })`);
  const text = 'é€😀"\\\u0000\ud800x'.repeat(90_000);
  const seen: unknown[] = [];
  guest.answer = (method, args) => {
    seen.push(args[1]);
    return method === "storage.get" ? text : null;
  };
  const id = guest.nextId();
  const input = JSON.stringify({ text });
  guest.sendInParts(id, input, (parts) => [
    "call",
    id,
    { target: { part: "tool", name: "Long" }, input: parts, context: { callId: "c", cwd: "/w", workspace: "/w" } },
  ]);
  const result = (await guest.settled(id)) as { content: string; data: { got: string } };
  expect(result.content === text).toBe(true);
  expect(result.data.got === text).toBe(true);
  expect(seen[0] === text).toBe(true);
});

test("a value that looks like a value in parts is data all the same", async () => {
  await using guest = new RawGuest();
  await guest.load(
    `__gantry({ name: "odd", description: "", tools: [{ name: "Odd", description: "", effect: "reads", input: () => ({}), execute: () => ({ $parts: 7 }) }] })`,
  );
  expect(await guest.call({ part: "tool", name: "Odd" })).toEqual({ $parts: 7 });
});
