/** Attacks on memory, CPU and patience: the guest pays for them, the core does not, and the user is told. */
import type { Attack } from "./attack.ts";

export interface ExhaustionAttack extends Attack {
  /** The call is cancelled after its first second. */
  cancelled?: true;
  timeoutMs?: number;
}

const one = (name: string, tries: string, call: string, more: Partial<ExhaustionAttack> = {}): ExhaustionAttack => ({
  ...{
    name,
    class: "exhaustion",
    tries,
    holds: "the guest ends or the call fails with a code; the core stays small and quick",
    call,
  },
  ...more,
});
const memory = (name: string, tries: string, call: string, more: Partial<ExhaustionAttack> = {}): ExhaustionAttack =>
  one(name, tries, `const kept = []; globalThis.kept = kept; ${call}`, more);
/** The CPU that it may take is lower still: it is what the machine that runs these pays for each. */
const loop = (name: string, tries: string, call: string, more: Partial<ExhaustionAttack> = {}): ExhaustionAttack =>
  one(name, tries, call, { timeoutMs: 60_000, limits: { cpuSeconds: 0.5 }, ...more });

export const ofMemory: readonly ExhaustionAttack[] = [
  memory("heap", "fills the heap with arrays", `for (;;) kept.push(new Array(1e5).fill({}));`),
  memory("objects", "fills the heap with small objects", `for (;;) kept.push({ a: kept.length, b: [kept.length] });`),
  memory(
    "one huge array",
    "fills one array of 500 million numbers",
    `kept.push(new Array(5e8).fill(0.5)); return kept[0].length;`,
  ),
  memory(
    "array by length",
    "makes an array of the greatest length and joins it",
    `return new Array(2 ** 32 - 1).join("xx").length;`,
  ),
  memory(
    "array from",
    "makes an array from a length of four billion",
    `return Array.from({ length: 4e9 }, (_, i) => ({ i })).length;`,
  ),
  memory(
    "spread",
    "spreads a generator without end",
    `return [...(function* () { for (let i = 0; ; i++) yield { i }; })()].length;`,
  ),
  memory(
    "buffers",
    "fills memory with buffers, which the heap's cap does not count",
    `for (;;) kept.push(new Uint8Array(16 * 1024 * 1024).fill(1));`,
  ),
  memory(
    "one huge buffer",
    "makes one buffer of 8 GiB, and then smaller ones until one is given",
    `for (let size = 8 * 2 ** 30; ; size /= 2) { try { kept.push(new Uint8Array(size).fill(7)); } catch {} if (size < 1024) size = 2 ** 30; }`,
  ),
  memory(
    "resizable buffer",
    "grows a resizable buffer page by page",
    `const buffer = new ArrayBuffer(0, { maxByteLength: 4 * 2 ** 30 }); for (let size = 2 ** 22; size <= 4 * 2 ** 30; size += 2 ** 22) { buffer.resize(size); new Uint8Array(buffer).fill(1, size - 2 ** 22); kept.push(buffer); } for (;;) kept.push(new Uint8Array(2 ** 24).fill(1));`,
  ),
  memory(
    "repeat",
    "makes texts by repeat, and flattens them",
    `for (let i = 0; ; i++) { const text = ("x" + i).repeat(2 ** 24); text.charCodeAt(text.length - 1); kept.push(text); text.indexOf("zz"); }`,
  ),
  memory(
    "join",
    "joins long lists of long texts",
    `for (let i = 0; ; i++) kept.push(new Array(2 ** 20).fill("some text " + i).join(i));`,
  ),
  memory(
    "padEnd",
    "pads texts to hundreds of millions of characters",
    `for (let i = 0; ; i++) { const text = "x".padEnd(2 ** 28 + i, "ab"); kept.push(text, text.toUpperCase()); }`,
  ),
  memory(
    "split",
    "splits a long text by an expression with groups",
    `for (;;) kept.push("ab".repeat(2 ** 22).split(/(a)|(b)/));`,
  ),
  memory(
    "replace",
    "replaces each character by the whole text",
    `for (let text = "xxxxxxxx"; ; ) { text = text.replace(/x/g, "$\`x$'"); kept.push(text); if (text.length > 2 ** 26) text = "xxxxxxxx"; }`,
  ),
  memory(
    "doubling text",
    "doubles a text until the engine refuses, again and again",
    `for (;;) { try { let text = "x" + kept.length; for (;;) { text += text; if (text.length > 2 ** 22) kept.push([...text]); } } catch {} }`,
  ),
  memory(
    "maps and sets",
    "fills a map and a set",
    `const map = new Map(); kept.push(map); for (let i = 0; ; i++) map.set({ i }, new Set([i]));`,
    {},
  ),
  memory(
    "closures",
    "keeps closures over large arrays",
    `for (;;) { const big = new Array(1e5).fill(Math.random()); kept.push(() => big); }`,
  ),
  memory("big numbers", "keeps BigInts of megabytes", `for (let i = 1n; ; i++) kept.push((1n << 24_000_000n) + i);`),
  memory(
    "clones",
    "clones a large value without end",
    `const value = new Array(1e6).fill({ a: 1 }); for (;;) kept.push(structuredClone(value));`,
  ),
  memory(
    "encoded text",
    "encodes long texts without end",
    `const text = "x".repeat(2 ** 24); const coder = new TextEncoder(); for (;;) kept.push(coder.encode(text));`,
  ),
  memory(
    "waiting promises",
    "keeps promises that wait for each other",
    `const never = new Promise(() => 0); for (;;) kept.push(never.then(() => kept.length));`,
  ),
  memory(
    "patient heap",
    "fills the heap slowly, between turns of its loop",
    `for (;;) { kept.push(new Array(1e6).fill({})); await new Promise((done) => setTimeout(done, 1)); }`,
  ),
  memory(
    "patient buffers",
    "fills memory with buffers slowly, between turns of its loop",
    `for (;;) { kept.push(new Uint8Array(2 ** 24).fill(1)); await new Promise((done) => setTimeout(done, 1)); }`,
  ),
  memory(
    "catches all",
    "catches every error of memory and goes on",
    `for (;;) { try { for (;;) kept.push(new Array(1e6).fill({}), "x".repeat(2 ** 29 - 25)); } catch { kept.length = 0; } }`,
  ),
];

export const ofTime: readonly ExhaustionAttack[] = [
  loop("loop", "loops for ever", `for (;;);`),
  loop("loop that catches", "loops for ever and catches all", `for (;;) { try { JSON.parse("{"); } catch {} }`),
  loop("expression", "runs an expression that backtracks for ever", `return /^(a+)+$/.test("a".repeat(64) + "!");`),
  loop("BigInt", "multiplies BigInts for ever", `let n = 3n; for (let i = 0; i < 40; i++) n **= 2n; return String(n).length;`),
  loop("digits", "writes a huge BigInt in digits", `return (1n << 50_000_000n).toString().length;`),
  loop("comparator", "sorts with a comparator that does not end", `return [3, 1, 2].sort(() => { for (;;); });`),
  loop(
    "JSON",
    "parses and writes the same long text for ever",
    `const text = JSON.stringify(new Array(1e5).fill({ a: [1] })); for (;;) JSON.stringify(JSON.parse(text));`,
  ),
  loop("getter in the answer", "answers with a getter that does not end", `return { get content() { for (;;); } };`),
  loop("toJSON in the answer", "answers with a toJSON that does not end", `return { toJSON() { for (;;); } };`),
  loop(
    "argument",
    "asks with an argument whose getter does not end",
    `return await ctx.fs.list({ pattern: "*", get limit() { for (;;); } });`,
  ),
  loop(
    "proxy in the answer",
    "answers with a proxy whose keys do not end",
    `return new Proxy({}, { ownKeys: () => { for (;;); } });`,
  ),
  loop("microtasks", "never leaves the microtasks", `for (;;) await null;`),
  loop(
    "microtask chain",
    "queues a microtask from each microtask",
    `await new Promise(() => { const again = () => Promise.resolve().then(again); again(); });`,
  ),
  loop(
    "busy timers",
    "works in short timers without a rest",
    `await new Promise(() => setInterval(() => { const end = Date.now() + 200; while (Date.now() < end); }, 1));`,
  ),
  loop(
    "normalise",
    "folds and compares long texts for ever",
    `const text = "\\u00e9\\u0301".repeat(1e6); for (;;) text.normalize("NFKD").localeCompare(text);`,
  ),
  loop(
    "dates",
    "formats dates for ever",
    `for (let i = 0; ; i++) new Intl.DateTimeFormat("de", { dateStyle: "full" }).format(i);`,
  ),
  one("recursion", "recurses without end", `const dive = () => dive() + 1; return dive();`, { ends: ["TOOL_FAILED"] }),
  one(
    "recursion that catches",
    "recurses from each overflow again",
    `const dive = (n) => { try { dive(n + 1); } catch { dive(n + 1); } }; dive(0);`,
    { timeoutMs: 60_000 },
  ),
];

export const ofPatience: readonly ExhaustionAttack[] = [
  one("no answer", "never answers", `await new Promise(() => 0);`, { timeoutMs: 1_500, ends: ["TOOL_TIMEOUT"] }),
  one(
    "refuses to be cancelled",
    "goes on after its call was cancelled",
    `const hold = () => setTimeout(hold, 5); hold(); await new Promise(() => 0);`,
    { cancelled: true, ends: ["TOOL_INTERRUPTED"] },
  ),
  one(
    "loops when cancelled",
    "starts a loop when it is cancelled",
    `ctx.signal.addEventListener("abort", () => { for (;;); }); await new Promise(() => 0);`,
    { cancelled: true, ends: ["TOOL_INTERRUPTED", "GUEST_HUNG", "GUEST_CPU"] },
  ),
  one(
    "answers when cancelled",
    "answers a call after it was cancelled",
    `return await new Promise((done) => ctx.signal.addEventListener("abort", () => setTimeout(() => done("late"), 100)));`,
    { cancelled: true },
  ),
  one("timers", "sets a million timers", `for (let i = 0; i < 1e6; i++) setTimeout(() => 0, 1e6); return "nothing";`),
  one(
    "intervals",
    "leaves ten thousand intervals behind",
    `for (let i = 0; i < 1e4; i++) setInterval(() => 0, 1); return "nothing";`,
  ),
  one(
    "store",
    "fills its storage",
    `try { for (let i = 0; i < 200; i++) await ctx.storage.set("key" + i, "x".repeat(10_000)); return "GOT 2 MB in 64 KiB"; } catch (error) { return error.code; }`,
  ),
  one(
    "store at once",
    "fills its storage with requests side by side",
    `await Promise.allSettled(Array.from({ length: 50 }, (_, i) => ctx.storage.set("key" + i, "x".repeat(10_000)))); const keys = await ctx.storage.keys(); return keys.length > 6 ? "GOT " + keys.length + " keys" : "nothing";`,
  ),
  one(
    "many long reads",
    "reads a file of a megabyte two hundred times at once",
    `const all = await Promise.allSettled(Array.from({ length: 200 }, () => ctx.fs.read("large.txt"))); return all.length === 200 ? "nothing" : "GOT";`,
    { timeoutMs: 20_000, limits: { rssMiB: 224 } },
  ),
  one(
    "many reads of the longest",
    "keeps 64 reads of a file of 9.5 MB under way, three times over",
    `const name = "longest-" + Math.random() + ".bin"; await ctx.fs.write(name, "x".repeat(9.5e6), { expect: null }); let read = 0; await Promise.all(Array.from({ length: 64 }, async () => { for (let i = 0; i < 3; i++) { const { bytes } = await ctx.fs.read(name); if (bytes.length === 9.5e6 && bytes[9.5e6 - 1] === 120) read++; } })); return read;`,
    {
      timeoutMs: 120_000,
      grants: { "fs.read": ["./**"], "fs.write": ["./**"] },
      limits: { rssMiB: 512, cpuSeconds: 60 },
    },
  ),
  one("loads for ever", "loops while it is loaded", "", { top: "for (;;);", echoes: false }),
  one("never loads", "waits for ever while it is loaded", "", {
    top: "await new Promise(() => 0);",
    echoes: false,
    timeoutMs: 3_000,
  }),
  one("fails to load", "throws while it is loaded, each time", "", { top: `throw new Error("again");`, echoes: false }),
  one("fills memory when loaded", "fills memory while it is loaded, each time", "", {
    top: `const kept = []; for (;;) kept.push(new Uint8Array(2 ** 24).fill(1));`,
    echoes: false,
  }),
];

export const exhaustion: readonly ExhaustionAttack[] = [...ofMemory, ...ofTime, ...ofPatience];
