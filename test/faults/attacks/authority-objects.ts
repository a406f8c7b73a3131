/** Authority through objects the host lends: internal symbols and ports, timers, buffers, prototypes that both sides use. */
import type { Attack } from "./attack.ts";

const one = (name: string, tries: string, call: string, more: Partial<Attack> = {}): Attack => ({
  ...{ name, class: "authority", tries, holds: "no lent object leads to one of the host, and none can be changed", call },
  ...more,
});

export const lent: readonly Attack[] = [
  one(
    "console streams",
    "climbs from console's streams to an internal port",
    `return first([prove(console._stdout), climb(console._stdout), climb(console)]);`,
  ),
  one(
    "console symbols",
    "finds internal symbols on console",
    `const keys = [console, Object.getPrototypeOf(console)].flatMap((one) => Object.getOwnPropertySymbols(one)).map(String).filter((key) => !key.includes("toStringTag"));
     return keys.length > 0 ? "GOT " + keys : "nothing";`,
  ),
  one(
    "inspect",
    "is handed the host's inspect by the custom symbol of util.inspect",
    `let got = "nothing"; const bait = { [Symbol.for("nodejs.util.inspect.custom")]: (_, __, inspect) => { got = first([climb(inspect), got]); return ""; } };
     console.log(bait); console.error("%o", bait); tried(() => ctx.log(bait)); tried(() => ctx.progress(bait)); return got;`,
  ),
  one(
    "promisify",
    "takes the host's function behind the symbol of util.promisify",
    `const key = Symbol.for("nodejs.util.promisify.custom"); return typeof setTimeout[key] === "function" ? "GOT " + climb(setTimeout[key]) : "nothing";`,
  ),
  one(
    "timer object",
    "walks from a timer to the host's list of timers",
    `const timer = setTimeout(() => 0, 1e6); const linked = timer?._idlePrev ?? timer?._idleNext; clearTimeout(timer); return linked ? "GOT list " + climb(linked) : climb(timer);`,
  ),
  one(
    "timer this",
    "takes this of a timer's function",
    `return await new Promise((done) => setTimeout(function () { done(tried(() => (this._onTimeout ? "GOT timer" : prove(this)))); }, 1));`,
  ),
  one(
    "timer functions",
    "climbs from the timer functions",
    `return first([climb(setTimeout), climb(clearTimeout), climb(globalThis.queueMicrotask), climb(globalThis.setImmediate)]);`,
  ),
  one(
    "clone",
    "climbs from what structuredClone makes",
    `return first([climb(structuredClone), climb(structuredClone({})), climb(structuredClone(new Map([[1, new Error("x")]])).get(1))]);`,
  ),
  one(
    "exotic clones",
    "clones what has a host class: views, errors, dates, expressions",
    `return first([new Uint8Array(2), new Date(), /x/g, new DataView(new ArrayBuffer(1)), new RangeError("x"), new Set([1])].map((value) => tried(() => climb(structuredClone(value)))));`,
  ),
  one(
    "URL",
    "climbs from URL and its parts",
    `const url = new URL("http://a/?b=c"); return first([climb(URL), climb(url), climb(url.searchParams), climb(URL.createObjectURL)]);`,
  ),
  one(
    "coders",
    "climbs from TextEncoder and TextDecoder",
    `const bytes = new TextEncoder().encode("a"); return first([climb(TextEncoder), climb(bytes), climb(bytes.buffer), climb(new TextDecoder())]);`,
  ),
  one(
    "crypto",
    "climbs from crypto",
    `return first([climb(crypto), climb(crypto.getRandomValues), climb(crypto.subtle), crypto.subtle ? "GOT subtle" : "nothing"]);`,
  ),
  one(
    "abort",
    "climbs from a controller of its own",
    `if (!globalThis.AbortController) return "nothing"; const c = new AbortController(); return first([climb(c), climb(c.signal), climb(AbortSignal)]);`,
  ),
  one(
    "event",
    "climbs from the event of an abort",
    `if (!globalThis.AbortController) return "nothing"; const c = new AbortController(); let got = "nothing"; c.signal.addEventListener("abort", function (event) { got = first([climb(event), climb(event?.target), climb(this)]); }); c.abort(); return got;`,
  ),
  one(
    "blobs and streams",
    "climbs from Blob and web streams",
    `if (!globalThis.Blob) return "nothing"; return first([climb(new Blob(["a"])), climb(new Blob(["a"]).stream())]);`,
  ),
  one(
    "Intl",
    "climbs from Intl",
    `return first([climb(Intl.DateTimeFormat), climb(new Intl.NumberFormat()), climb(Intl.DateTimeFormat().format)]);`,
  ),
  one(
    "pooled buffer",
    "reads beyond the bytes of a file in the buffer behind them",
    `const { bytes } = await ctx.fs.read("notes.txt"); return bytes.buffer.byteLength > bytes.byteLength ? "GOT " + (bytes.buffer.byteLength - bytes.byteLength) + " bytes of others" : "nothing";`,
  ),
  one(
    "static of bytes",
    "uses statics of the class of a file's bytes",
    `const { bytes } = await ctx.fs.read("notes.txt"); const Class = bytes.constructor; return typeof Class.allocUnsafe === "function" ? "GOT raw memory " + Class.allocUnsafe(8).length : "nothing";`,
  ),
  one(
    "walk",
    "walks everything that can be reached from ctx and the globals, prototypes and symbols included, and tries each",
    `const seen = new Set(); const queue = [ctx, input, globalThis, () => 0, async () => 0, function* () {}, async function* () {}];
     const found = [];
     while (queue.length > 0 && seen.size < 20000) {
       const at = queue.pop();
       if ((typeof at !== "object" && typeof at !== "function") || at === null || seen.has(at)) continue;
       seen.add(at);
       found.push(tried(() => prove(at)), tried(() => climb(at)));
       tried(() => queue.push(Object.getPrototypeOf(at)));
       for (const key of tried(() => Reflect.ownKeys(at)) === "nothing" ? [] : Reflect.ownKeys(at)) {
         if (typeof key === "symbol" && /^Symbol\\((k[A-Z]|nodejs|async_id|handle)/.test(String(key))) found.push("GOT " + String(key));
         const held = Object.getOwnPropertyDescriptor(at, key);
         if (held) queue.push(held.value, held.get, held.set);
       }
     }
     return first(found);`,
  ),
];

export const shared: readonly Attack[] = [
  one(
    "every prototype",
    "changes any object that it can reach and did not make",
    `const seen = new Set([globalThis, input]); const queue = Reflect.ownKeys(globalThis).map((key) => tried(() => globalThis[key]));
     queue.push(ctx.fs, ctx.fs.read, ...[() => 0, async () => 0, function* () {}, async function* () {}].map(Object.getPrototypeOf), [].values(), new Map().keys(), (await ctx.fs.read("notes.txt")).constructor);
     const changed = [];
     while (queue.length > 0) {
       const at = queue.pop();
       if ((typeof at !== "object" && typeof at !== "function") || at === null || seen.has(at)) continue;
       seen.add(at);
       const isOurs = !Object.hasOwn(at, "constructor") && !Object.hasOwn(at, "prototype");
       if (!isOurs && tried(() => Reflect.defineProperty(at, "evil", { value: 1, configurable: true })) === true) changed.push(tried(() => String(at.name ?? at.constructor.name)));
       if (!isOurs) delete at.evil;
       tried(() => queue.push(Object.getPrototypeOf(at)));
       for (const key of Reflect.ownKeys(at)) { const held = Object.getOwnPropertyDescriptor(at, key); queue.push(held.value, held.get, held.set); }
     }
     return changed.length > 0 ? "GOT changed " + changed.slice(0, 9) : "nothing";`,
  ),
  one(
    "toJSON",
    "forges answers by a toJSON on Object.prototype",
    `Object.prototype.toJSON = () => "forged"; return "nothing";`,
    forges(),
  ),
  one(
    "stringify",
    "forges frames by replacing JSON.stringify",
    `const real = JSON.stringify; JSON.stringify = (frame) => real(Array.isArray(frame) ? [frame[0], frame[1], "forged"] : frame); return "nothing";`,
    forges(),
  ),
  one(
    "parse",
    "changes frames on their way in by replacing JSON.parse",
    `const real = JSON.parse; JSON.parse = (text) => real(text.replaceAll("faithful", "forged")); return "nothing";`,
    forges(),
  ),
  one(
    "array iterator",
    "changes frames by replacing the iterator of arrays",
    `const real = Array.prototype[Symbol.iterator]; Array.prototype[Symbol.iterator] = function () { return real.call(this[0] === "call" ? ["call", this[1], "Attack", {}] : this); }; return "nothing";`,
    forges(),
  ),
  one(
    "map",
    "finds the table of calls by replacing Map.prototype.get",
    `const real = Map.prototype.get; Map.prototype.get = function (key) { const found = real.call(this, key); return found?.name === "Echo" ? { ...found, execute: () => "forged" } : found; }; return "nothing";`,
    forges(),
  ),
  one(
    "promise then",
    "sees every promise of the host by replacing then",
    `Promise.prototype.then = () => "forged"; return ctx.fs.read("notes.txt").then() === "forged" ? "GOT then" : "nothing";`,
  ),
  one(
    "thenable",
    "makes every object of the host a thenable",
    `Object.prototype.then = function (done) { delete Object.prototype.then; done("forged"); }; return (await ctx.fs.read("notes.txt")) === "forged" ? "GOT every await" : "nothing";`,
  ),
  one(
    "setter",
    "catches fields as they are set, by setters on Object.prototype",
    `for (const key of ["execute", "tool", "port", "resolve"]) Object.defineProperty(Object.prototype, key, { __proto__: null, configurable: true, set() { this.caught = true; } }); const made = {}; made.port = 1; return made.caught ? "GOT a setter on all objects" : "nothing";`,
  ),
  one(
    "function apply",
    "sees the host's calls by replacing call and apply",
    `Function.prototype.apply = Function.prototype.call = function () { return "forged"; }; return (function () { return "real"; }).call() === "forged" ? "GOT call" : "nothing";`,
  ),
  one(
    "species",
    "is handed the host's arrays by Symbol.species",
    `class Trap extends Array { static get [Symbol.species]() { return Array; } } Object.defineProperty(Array, Symbol.species, { get: () => Trap, configurable: true }); return [1].map((x) => x) instanceof Trap ? "GOT species" : "nothing";`,
  ),
  one(
    "typed array",
    "changes Uint8Array for all",
    `Uint8Array.prototype.slice = () => "forged"; return new Uint8Array(1).slice() === "forged" ? "GOT Uint8Array" : "nothing";`,
  ),
  one(
    "date",
    "changes Date for all",
    `Date.now = () => 0; Date.prototype.toISOString = () => "forged"; return new Date().toISOString() === "forged" ? "GOT Date" : "nothing";`,
  ),
  one(
    "string methods",
    "changes String for all",
    `String.prototype.startsWith = () => true; String.prototype.slice = () => "forged"; return "abc".slice(1) === "forged" ? "GOT String" : "nothing";`,
  ),
  one(
    "proto of ctx",
    "changes what ctx inherits, and ctx itself, for later calls",
    `tried(() => { ctx.fs.read = () => "forged"; }); tried(() => { Object.getPrototypeOf(ctx.fs).evil = 1; }); return tried(() => ctx.fs.read()) === "forged" ? "GOT ctx" : "nothing";`,
  ),
  one(
    "proto setter",
    "changes the prototype of ctx by __proto__",
    `tried(() => { ctx.fs.__proto__ = { write: () => "forged", evil: true }; }); return ctx.fs.evil === true ? "GOT the prototype" : "nothing";`,
  ),
];

function forges(): Partial<Attack> {
  return { holds: "the plugin's next call is answered faithfully, or its guest has ended", echoes: true };
}
