/** Authority through what goes wrong: errors of the host, their stacks, call sites, and what the engine keeps of callers. */
import type { Attack } from "./attack.ts";

const one = (name: string, tries: string, call: string, more: Partial<Attack> = {}): Attack => ({
  ...{ name, class: "authority", tries, holds: "no error carries a host object or a place of the host", call },
  ...more,
});

const caught = `const thrown = async (act) => { try { await act(); } catch (error) { return error; } };`;
/** A place in the host: a file of this machine, or a module of Node.js. */
const place = String.raw`const placed = (text) => (/node:|file:\/\/|\/[\w.-]+\/[\w./-]+\.[cm]?[jt]s/.test(String(text)) ? "GOT " + text : "nothing");`;

export const errors: readonly Attack[] = [
  one(
    "error of an effect",
    "climbs from the error of an effect",
    `const error = await thrown(() => ctx.fs.read("missing.txt")); return first([climb(error), prove(error.cause), climb(error.cause)]);`,
    { top: caught },
  ),
  one(
    "stack of an effect",
    "reads places of the host in the stack of an effect's error",
    `const error = await thrown(() => ctx.fs.read("missing.txt")); return placed(error.stack);`,
    { top: caught + place },
  ),
  one("stack", "reads places of the host in a stack of its own", `return placed(new Error("x").stack);`, { top: place }),
  one(
    "prepareStackTrace",
    "takes call sites by Error.prepareStackTrace",
    `Error.prepareStackTrace = (_, sites) => sites; const sites = new Error().stack;
     return typeof sites?.[0]?.getFileName === "function" ? "GOT sites " + sites.map((site) => site.getFunctionName()) : "nothing";`,
  ),
  one(
    "captureStackTrace",
    "takes call sites by Error.captureStackTrace",
    `const target = {}; Error.prepareStackTrace = (_, sites) => sites; Error.captureStackTrace?.(target);
     return typeof target.stack?.[0]?.getThis === "function" ? "GOT sites" : "nothing";`,
  ),
  one(
    "later errors",
    "leaves a prepareStackTrace behind for errors of the host",
    `let seen = "nothing"; Error.prepareStackTrace = (error, sites) => { seen = "GOT " + sites.length + " sites"; return ""; };
     const error = await thrown(() => ctx.fs.read("missing.txt")); void error.stack; return seen;`,
    { top: caught },
  ),
  one(
    "stack limit",
    "raises the limit of stacks to see all callers",
    `Error.stackTraceLimit = Infinity; return placed((function deep(n) { return n ? deep(n - 1) : new Error().stack; })(20));`,
    { top: place },
  ),
  one(
    "overflow",
    "exhausts the stack so that the host's own code throws, and climbs from that error",
    `let last; const dive = () => { try { dive(); } catch { try { ctx.log("x"); } catch (error) { last = error; } } }; dive();
     const error = last ?? (await thrown(() => { const f = () => f(); f(); })); return first([climb(error), prove(error)]);`,
    { top: caught },
  ),
  one(
    "clone error",
    "climbs from the error of a clone that fails",
    `const error = await thrown(() => structuredClone(() => 0)); return climb(error);`,
    { top: caught },
  ),
  one(
    "error of a wrong argument",
    "climbs from the error of a host function that was called wrongly",
    `const error = await thrown(() => new URL("no url")); return first([climb(error), climb(error.input)]);`,
    { top: caught },
  ),
  one(
    "aggregate",
    "climbs from the errors of Promise.any",
    `const error = await thrown(() => Promise.any([ctx.fs.read("a.none"), ctx.fs.read("b.none")])); return first([climb(error), climb(error.errors?.[0])]);`,
    { top: caught },
  ),
  one(
    "caller",
    "climbs from the function that called it",
    `function inner() { return inner.caller; } const caller = tried(() => inner()); return typeof caller === "function" ? climb(caller) : "nothing";`,
  ),
  one("callee", "climbs from arguments.callee", `return (function () { return tried(() => climb(arguments.callee)); })();`),
  one(
    "regexp statics",
    "reads what the last match of the host was made on",
    `await ctx.fs.read("notes.txt"); const held = RegExp.input; return typeof held === "string" && held.length > 0 ? "GOT " + held : "nothing";`,
  ),
  one(
    "with",
    "escapes a scope by with and Symbol.unscopables",
    `return tried(() => prove(Function("scope", "with (scope) { return process; }")({ [Symbol.unscopables]: { process: true } })));`,
  ),
  one(
    "unscopables of the global",
    "hides the scope's own names by Symbol.unscopables",
    `globalThis[Symbol.unscopables] = { globalThis: true, process: true }; return tried(() => prove(process));`,
  ),
];
