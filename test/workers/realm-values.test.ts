import { afterAll, beforeAll, expect, test } from "vitest";
import { maxValueChars } from "../../core/contract/frames.ts";
import { ProbeGuest } from "../support/probe-plugin.ts";

let guest: ProbeGuest;
beforeAll(async () => {
  guest = await ProbeGuest.start();
});
afterAll(() => guest[Symbol.asyncDispose]());

const copied: [string, string, unknown][] = [
  ["a getter", `return { get a() { return 1 } }`, { a: 1 }],
  ["toJSON", `return { d: new Date(0), x: { toJSON: () => ({ y: 1 }) } }`, { d: "1970-01-01T00:00:00.000Z", x: { y: 1 } }],
  ["a proxy", `return new Proxy({ a: 1 }, {})`, { a: 1 }],
  ["a thenable", `return { then(resolve) { resolve({ a: 2 }) } }`, { a: 2 }],
  [
    "functions, symbols and undefined",
    `return { f() {}, s: Symbol("x"), u: undefined, list: [() => 1, undefined] }`,
    { list: [null, null] },
  ],
  ["numbers that JSON does not know", `return [NaN, Infinity, -0]`, [null, null, 0]],
  ["a sparse array", `const a = []; a[2] = 1; return a`, [null, null, 1]],
  ["a member named __proto__", `return JSON.parse('{"__proto__":{"x":1},"a":1}')`, { a: 1 }],
  ["nothing", ``, null],
  ["class instances", `return new (class { constructor() { this.a = 1 } get b() { return 2 } })()`, { a: 1 }],
];

test.each(copied)("%s crosses as plain data", async (_, code, value) => {
  expect(await guest.run(code)).toEqual(value);
});

const refused: [string, string, RegExp][] = [
  ["a BigInt", `return { a: [1n] }`, /a\.0 is a BigInt/],
  ["a circle", `const a = {}; a.a = a; return a`, /deeper than 64 levels, or in a circle/],
  ["a deep value", `let a = {}; for (let i = 0; i < 1e5; i++) a = { a }; return a`, /deeper than 64 levels/],
  ["toJSON without an end", `const a = { toJSON() { return { a } } }; return a`, /deeper than 64 levels/],
  ["a huge value", `return "x".repeat(${maxValueChars} + 1)`, /longer than|characters/],
  ["a huge array", `return { length: 1, ...{} , list: new Array(2 ** 32 - 1) }`, /longer than/],
  ["a value that escapes make huge", `return "\\u0000".repeat(${maxValueChars} / 4)`, /characters/],
  ["a proxy that lies about its keys", `return new Proxy({}, { ownKeys() { throw new Error("no keys") } })`, /no keys/],
  ["a getter that throws", `return { get a() { throw new Error("not yours") } }`, /not yours/],
  ["the name kept for bytes", `return { $bytes: "AAAA" }`, /\$bytes has a name that is kept/],
  ["bytes in a result", `return { a: new Uint8Array(3) }`, /a holds bytes/],
];

test.each(refused)("%s is an error of the call, and the guest lives on", async (_, code, message) => {
  await expect(guest.run(code)).rejects.toMatchObject({ code: "TOOL_FAILED", message: expect.stringMatching(message) });
  expect(await guest.run("return 'alive'")).toBe("alive");
});

const thrown: [string, string, { code: string; message: string }][] = [
  ["an error", `throw new TypeError("bad")`, { code: "TOOL_FAILED", message: "TypeError: bad" }],
  ["a text", `throw "text"`, { code: "TOOL_FAILED", message: "text" }],
  ["undefined", `throw undefined`, { code: "TOOL_FAILED", message: "undefined" }],
  ["a code of the table", `throw { code: "FILE_NOT_FOUND", message: "gone" }`, { code: "FILE_NOT_FOUND", message: "gone" }],
  ["a code of no table", `throw { code: "constructor", message: "odd" }`, { code: "TOOL_FAILED", message: "odd" }],
  [
    "an error that cannot be read",
    `throw new Proxy({}, { get() { throw 1 } })`,
    { code: "TOOL_FAILED", message: "It failed, and its error cannot be read." },
  ],
  ["an empty error", `throw new Error()`, { code: "TOOL_FAILED", message: "It failed without a message." }],
  ["no prototype", `throw Object.create(null)`, { code: "TOOL_FAILED", message: "It failed, and its error cannot be read." }],
];

test.each(thrown)("%s that is thrown is told by code and message", async (_, code, error) => {
  await expect(guest.run(code)).rejects.toEqual(error);
});

test("a message is at most 2,000 characters", async () => {
  const error = (await guest.run(`throw new Error("m".repeat(1e6))`).catch((caught: unknown) => caught)) as { message: string };
  expect(error.message).toHaveLength(2000);
});

test("a detail that is no small plain data is left out", async () => {
  await expect(guest.run(`throw { message: "m", detail: { a: 1n } }`)).rejects.toEqual({ code: "TOOL_FAILED", message: "m" });
});

test("an argument that cannot cross rejects the effect, in the plugin's hands", async () => {
  const asked: string[] = [];
  guest.answer = (method) => {
    asked.push(method);
    return null;
  };
  expect(await guest.run(`try { await ctx.storage.set("k", { a: 1n }) } catch (error) { return error.message }`)).toBe(
    "1.a is a BigInt, which JSON does not know; write it as a text.",
  );
  expect(asked).toEqual([]);
});

test("bytes of every kind of view cross as arguments, only the part that is viewed", async () => {
  const written: unknown[] = [];
  guest.answer = (_, args) => {
    written.push(args[1]);
    return {};
  };
  await guest.run(`
    const { buffer } = new Uint8Array([1, 2, 3, 4]);
    class Liar extends Uint8Array { get length() { return 9 } get buffer() { return null } get byteLength() { return 9 } }
    for (const bytes of [buffer, new Uint8Array(buffer, 1, 2), new DataView(buffer, 2), new Liar([7]), new Uint16Array(buffer)])
      await ctx.fs.write("x", bytes, { expect: null });
    await ctx.fs.write("x", "a text", { expect: null });
  `);
  const base64 = (...bytes: number[]): { $bytes: string } => ({ $bytes: Buffer.from(bytes).toString("base64") });
  expect(written).toEqual([base64(1, 2, 3, 4), base64(2, 3), base64(3, 4), base64(7), base64(1, 2, 3, 4), "a text"]);
});

test("a member named __proto__ in what the core sends does not reach the plugin", async () => {
  guest.answer = () => JSON.parse('{"__proto__":{"evil":1},"a":1}');
  expect(await guest.run(`return Reflect.ownKeys(await ctx.storage.get("k")).join()`)).toBe("a");
});

test("what looks like bytes in data of others stays data", async () => {
  guest.answer = () => [{ data: { $bytes: "AAAA" } }];
  expect(await guest.run(`return (await ctx.session.events())[0].data.$bytes`)).toBe("AAAA");
});

test("a body of the network is read by its handle, once", async () => {
  const pieces = ["he", "llo", undefined];
  guest.answer = (method) => {
    if (method === "net.fetch") return { status: 200, headers: { a: "b" }, url: "https://x/", handle: "h1" };
    const piece = pieces.shift();
    return piece === undefined ? null : { $bytes: Buffer.from(piece).toString("base64") };
  };
  const said = await guest.run(`
    const response = await ctx.net.fetch("https://x/", { method: "POST", body: new Uint8Array([1]) });
    const text = await response.text();
    let again; try { await response.bytes() } catch (error) { again = error.message }
    return [response.status, response.headers.a, text, again].join("|");
  `);
  expect(said).toBe("200|b|hello|The body of https://x/ was read already.");
});
