import { afterAll, beforeAll, expect, test } from "vitest";
import { ProbeGuest } from "../support/probe-plugin.ts";

let guest: ProbeGuest;
beforeAll(async () => {
  guest = await ProbeGuest.start();
});
afterAll(() => guest[Symbol.asyncDispose]());

const absent = [
  ...["process", "require", "module", "Buffer", "global", "fetch", "WebAssembly", "SharedArrayBuffer", "Atomics"],
  ...["Worker", "MessageChannel", "BroadcastChannel", "Blob", "ReadableStream", "navigator", "Compartment", "lockdown"],
  ...["WeakRef", "FinalizationRegistry", "__dirname", "setUnref"],
];

test.each(absent)("%s is not there", async (name) => {
  expect(await guest.run(`return typeof ${name} + typeof globalThis[${JSON.stringify(name)}]`)).toBe("undefinedundefined");
});

const ways: [string, string][] = [
  ["Function", `return Function("return typeof process + typeof require")()`],
  ["indirect eval", `return (0, eval)("typeof process + typeof require")`],
  ["this of a function", `return (function () { return typeof this })() + (0, eval)("typeof this.process")`],
  [
    "a global's global",
    `return Object.getOwnPropertyNames(globalThis).filter((n) => /process|require|global$/.test(n)).join() + "undefinedundefined"`,
  ],
];

test.each(ways)("%s leads to nothing of the process", async (_, code) => {
  expect(String(await guest.run(code))).toMatch(/^undefinedundefined$/);
});

const refused: [string, string][] = [
  ["the constructor of an async function", `return (async () => {}).constructor("return 1")()`],
  ["the constructor of a generator", `return (function* () {}).constructor("return 1")()`],
  ["the constructor of an async generator", `return (async function* () {}).constructor("return 1")()`],
  ["the constructor of a timer function", `return setTimeout.constructor("return this")()`],
  ["the constructor of an effect", `return ctx.fs.read.constructor("return this")()`],
  ["the constructor behind the signal", `return ctx.signal.constructor.constructor("return this")()`],
  ["the constructor behind a promise of ours", `return ctx.fs.read("x").constructor.constructor("return this")()`],
  [
    "the constructor behind an error of ours",
    `try { await ctx.fs.read("x") } catch (e) { return e.constructor.constructor("return this")() }`,
  ],
  ["an import expression", `return (0, eval)("im" + "port('node:fs')")`],
  ["a change of a shared prototype", `"use strict"; Object.prototype.evil = 1`],
  ["a change of Uint8Array", `"use strict"; Uint8Array.prototype.fill = 1`],
  ["a change of the context", `"use strict"; ctx.fs.read = 1`],
  ["a change of the signal", `"use strict"; ctx.signal.aborted = true`],
  ["a change of URL", `"use strict"; URL.prototype.toString = 1`],
  [
    "a change of our error's class",
    `"use strict"; try { await ctx.fs.read("x") } catch (e) { Object.getPrototypeOf(e).name2 = 1 }`,
  ],
  ["a made-up signal", `return new AbortSignal()`],
];

test.each(refused)("%s is refused", async (_, code) => {
  await expect(guest.run(code)).rejects.toMatchObject({
    message: expect.stringMatching(
      /not a valid constructor|import expression|read.only|not extensible|only a getter|Illegal constructor|Cannot|frozen/i,
    ),
  });
});

test("every object in the global scope is frozen through and through", async () => {
  const found = await guest.run(`
    const known = new Set(Reflect.ownKeys(globalThis));
    const loose = [];
    const seen = new Set([globalThis]);
    const walk = (value, way) => {
      if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
      seen.add(value);
      if (!Object.isFrozen(value)) loose.push(way);
      walk(Object.getPrototypeOf(value), way + ".__proto__");
      for (const key of Reflect.ownKeys(value)) {
        const { value: member, get, set } = Object.getOwnPropertyDescriptor(value, key);
        for (const part of [member, get, set]) walk(part, way + "." + String(key));
      }
    };
    for (const key of known) walk(globalThis[key], String(key));
    walk(ctx.fs, "fs"); walk(ctx.signal, "signal"); walk(ctx.net, "net");
    return { content: "", data: { loose, count: seen.size } };
  `);
  expect(found).toMatchObject({ data: { loose: [] } });
  expect((found as { data: { count: number } }).data.count).toBeGreaterThan(500);
});

test("no error shows a stack", async () => {
  const texts = await guest.run(`
    Error.prepareStackTrace = (error, sites) => sites.map(String).join();
    const own = new Error("x").stack;
    let ours; try { await ctx.fs.read("x") } catch (error) { ours = error.stack }
    let type; try { null.x } catch (error) { type = error.stack }
    return [own, ours, type].join("|");
  `);
  expect(texts).not.toMatch(/\bat |\.cjs|\.ts|node:/);
});

test("bytes from an effect are plain, in memory of their own", async () => {
  guest.answer = () => ({ bytes: { $bytes: Buffer.from("abc").toString("base64") } });
  const facts = await guest.run(`
    const { bytes } = await ctx.fs.read("x");
    return [Object.getPrototypeOf(bytes) === Uint8Array.prototype, bytes.buffer.byteLength, bytes.length, String(bytes)].join(" ");
  `);
  expect(facts).toBe("true 3 3 97,98,99");
});

test("the host of commands is not a guest's", async () => {
  const call = guest.call({ part: "command", id: "probe" }, { args: { code: "return ctx.host.sessions" }, flags: {} });
  await expect(call).rejects.toMatchObject({
    code: "PERMISSION_DENIED",
    message: expect.stringContaining("probe may not use ctx.host"),
  });
});

const works: [string, string, string][] = [
  ["Date", `return String(new Date(Date.now()).getTime() > 1.7e12)`, "true"],
  ["Math.random", `return String(Math.random() !== Math.random())`, "true"],
  ["Intl", `return new Intl.NumberFormat("de").format(1234.5)`, "1.234,5"],
  [
    "URL",
    `const u = new URL("../c?x=1#h", "https://a.b/d/e/"); u.searchParams.append("y", "ü"); return u.href`,
    "https://a.b/d/c?x=1&y=%C3%BC#h",
  ],
  ["URLSearchParams", `return [...new URLSearchParams({ a: "1", b: "x y" })].join(";")`, "a,1;b,x y"],
  ["text coding", `return new TextDecoder().decode(new TextEncoder().encode("hé€😀"))`, "hé€😀"],
  ["base64", `return btoa("hello") + atob(" aGVs bG8 ")`, "aGVsbG8=hello"],
  ["random bytes", `return String(crypto.getRandomValues(new Uint16Array(4)).constructor === Uint16Array)`, "true"],
  ["UUIDs", `return String(/^[0-9a-f-]{36}$/.test(crypto.randomUUID()))`, "true"],
  [
    "structuredClone",
    `const a = { d: new Date(5), m: new Map([[1, new Set([2])]]), b: new Uint8Array([7]) }; a.self = a; const c = structuredClone(a); return [c.self === c, c.d.getTime(), c.m.get(1).has(2), c.b[0], c !== a].join()`,
    "true,5,true,7,true",
  ],
  [
    "timers",
    `const order = []; await new Promise((done) => { setTimeout((x) => { order.push(x); done() }, 2, "late"); setImmediate(() => order.push("soon")); queueMicrotask(() => order.push("now")); clearTimeout(setTimeout(() => order.push("never"), 0)) }); return order.join()`,
    "now,soon,late",
  ],
  [
    "AbortController",
    `const c = new AbortController(); const any = AbortSignal.any([c.signal, ctx.signal]); let n = 0; any.addEventListener("abort", () => n++, { once: true }); c.abort(); c.abort(); return [n, any.aborted, any.reason.name].join()`,
    "1,true,AbortError",
  ],
  [
    "EventTarget",
    `const t = new (class extends EventTarget {})(); let got; t.addEventListener("x", { handleEvent(e) { got = [e.type, e.target === t, e.detail].join() } }); t.dispatchEvent(new CustomEvent("x", { detail: 5 })); return got`,
    "x,true,5",
  ],
  ["floats", `return String(new Float64Array([1.5])[0] + new Float32Array([0.5])[0])`, "2"],
  ["self", `return String(self === globalThis)`, "true"],
];

test.each(works)("%s works", async (_, code, result) => {
  expect(await guest.run(code)).toBe(result);
});
