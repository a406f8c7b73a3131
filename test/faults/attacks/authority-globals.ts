/** Authority by name and by constructor: what a plugin finds in its globals, and what makes code in the host's. */
import type { Attack } from "./attack.ts";

const one = (name: string, tries: string, call: string, more: Partial<Attack> = {}): Attack => ({
  ...{ name, class: "authority", tries, holds: "no host object is reached", call },
  ...more,
});

export const globals: readonly Attack[] = [
  one("process", "reads the global process", `return prove(globalThis.process);`),
  one("require", "calls the CommonJS loader", `return prove(globalThis.require?.("node:fs"));`),
  one(
    "module",
    "climbs from the module object to its loader",
    `return prove(globalThis.module?.constructor?._load?.("node:fs"));`,
  ),
  one("sloppy this", "takes the global object as this of a sloppy function", `return prove((function () { return this; })());`),
  one("top-level this", "takes this of the bundle's own function", `return prove(self);`, { top: "const self = this;" }),
  one("global", "uses Node's own name of the global object", `return prove(globalThis.global);`),
  one(
    "prototype of global",
    "climbs from the prototype of the global object",
    `return first([climb(Object.getPrototypeOf(globalThis)), climb(globalThis)]);`,
  ),
  one(
    "every global",
    "climbs from every value of the global object",
    `return first(Reflect.ownKeys(globalThis).flatMap((key) => {
       const value = tried(() => globalThis[key]);
       return [tried(() => prove(value)), climb(value)];
     }));`,
  ),
  one(
    "environment",
    "reads the environment",
    `const { env } = globalThis.process ?? {}; return env?.CANARY ? "GOT " + env.CANARY : "nothing";`,
  ),
  one(
    "cwd",
    "reads the working folder and the command line",
    `const p = Function("return globalThis.process")(); return p ? "GOT " + p.cwd() + p.argv0 + p.execArgv : "nothing";`,
  ),
  one("builtin", "asks the process for a builtin module", `return prove(globalThis.process?.getBuiltinModule?.("fs"));`),
  one(
    "binding",
    "asks the process for an internal binding",
    `return globalThis.process?.binding?.("fs") ? "GOT binding" : "nothing";`,
  ),
  one(
    "fetch",
    "opens a connection with the global fetch",
    `return globalThis.fetch ? "GOT " + (await fetch(input.url)).status : "nothing";`,
  ),
  one(
    "websocket",
    "opens a connection with the global WebSocket",
    `if (!globalThis.WebSocket) return "nothing";
     await new Promise((done) => { const socket = new WebSocket(input.url.replace("http", "ws")); socket.onerror = socket.onopen = done; });
     return "GOT a connection";`,
  ),
  one(
    "navigator",
    "climbs from navigator and performance",
    `return first([climb(globalThis.navigator), climb(globalThis.performance), globalThis.performance?.nodeTiming ? "GOT timing" : "nothing"]);`,
  ),
  one(
    "message channel",
    "makes ports of its own",
    `return globalThis.MessageChannel ? prove(new MessageChannel().port1) : "nothing";`,
  ),
  one(
    "broadcast",
    "speaks to other threads over a broadcast channel",
    `return globalThis.BroadcastChannel ? prove(new BroadcastChannel("x")) : "nothing";`,
  ),
  one(
    "wasm",
    "compiles and runs WebAssembly, whose memory nobody counts",
    `return typeof WebAssembly === "object" && WebAssembly.Memory && new WebAssembly.Memory({ initial: 1 }).buffer.byteLength === 65536 ? "GOT wasm" : "nothing";`,
  ),
  one(
    "shared memory",
    "makes shared memory and waits on it with Atomics",
    `return typeof SharedArrayBuffer === "function" && typeof Atomics === "object" && Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1) === "timed-out" ? "GOT a blocking wait" : "nothing";`,
  ),
  one(
    "weak references",
    "watches what the host collects",
    `return typeof FinalizationRegistry === "function" && typeof WeakRef === "function" && new WeakRef(ctx).deref() === ctx ? "GOT a view of the collector" : "nothing";`,
  ),
];

export const constructors: readonly Attack[] = [
  one("Function", "makes code with Function", `return prove(Function("return globalThis")());`),
  one(
    "new Function",
    "hides code in the list of parameters",
    `return prove(new Function("power = globalThis", "return power")());`,
  ),
  one("indirect eval", "makes code with an indirect eval", `return prove((0, eval)("globalThis"));`),
  one(
    "direct eval",
    "makes code with a direct eval, in the scope of whoever wraps it",
    `return prove(eval("typeof process === 'object' ? process : this"));`,
  ),
  one(
    "AsyncFunction",
    "makes code with the constructor of async functions",
    `return prove(await (async () => {}).constructor("return globalThis")());`,
  ),
  one(
    "GeneratorFunction",
    "makes code with the constructor of generators",
    `return prove((function* () {}).constructor("yield globalThis")().next().value);`,
  ),
  one(
    "AsyncGeneratorFunction",
    "makes code with the constructor of async generators",
    `return prove((await (async function* () {}).constructor("yield globalThis")().next()).value);`,
  ),
  one(
    "Reflect.construct",
    "constructs Function by reflection",
    `return prove(Reflect.construct(Function, ["return globalThis"])());`,
  ),
  one(
    "class of Function",
    "inherits from Function",
    `class Code extends Function { constructor(text) { super(text); } } return prove(new Code("return globalThis")());`,
  ),
  one(
    "constructor of a literal",
    "climbs from literals",
    `return first([climb({}), climb([]), climb(/x/), climb(""), climb(0), climb(() => 0), climb(Symbol())]);`,
  ),
  one(
    "constructor of input",
    "climbs from the tool's input",
    `return first([climb(input), climb(Object.values(input)), climb(input.canary)]);`,
  ),
  one("constructor of ctx", "climbs from ctx", `return climb(ctx);`),
  one(
    "constructor of effects",
    "climbs from each member of ctx and from each of their methods",
    `return first(Reflect.ownKeys(ctx).flatMap((key) => {
       const part = ctx[key];
       return [climb(part), ...(part && typeof part === "object" ? Reflect.ownKeys(part).map((name) => tried(() => climb(part[name]))) : [])];
     }));`,
  ),
  one(
    "constructor of signal",
    "climbs from ctx.signal, and makes signals of its class",
    `return first([climb(ctx.signal), tried(() => climb(ctx.signal.constructor.abort().reason))]);`,
  ),
  one(
    "constructor of a promise",
    "climbs from the promise of an effect",
    `const p = ctx.fs.read("notes.txt"); await p; return first([climb(p), climb(p.then)]);`,
  ),
  one(
    "constructor of an answer",
    "climbs from what an effect hands back",
    `const read = await ctx.fs.read("notes.txt"); return first([climb(read), climb(read.bytes), climb(read.bytes.buffer)]);`,
  ),
  one(
    "constructor of a list",
    "climbs from arrays that an effect hands back",
    `const { paths } = await ctx.fs.list({ pattern: "*", limit: 10 }); return first([climb(paths), climb(paths[Symbol.iterator]()), climb(paths.map)]);`,
  ),
  one(
    "constructor of iterators",
    "climbs from iterators and their prototypes",
    `return first([climb([].values()), climb(new Map().entries()), climb("a".matchAll(/a/g)), climb((async function* () {})())]);`,
  ),
];
