/** Authority by the text of the source: imports in disguise, comments that two parsers read differently, and ways out of the wrapper. */
import type { Attack } from "./attack.ts";

const one = (name: string, tries: string, call: string, more: Partial<Attack> = {}): Attack => ({
  ...{ name, class: "authority", tries, holds: "the source is refused, or runs without the host's loader", call },
  ...more,
});

/** Not written out, so that nothing looks for it in this file. */
const loads = "import";

export const text: readonly Attack[] = [
  one("dynamic import", "imports a module", `return prove(await ${loads}("node:fs"));`),
  one("import with a comment", "hides an import behind a comment", `return prove(await ${loads}/* x */("node:fs"));`),
  one("import with a line", "hides an import behind a line's end", `return prove(await ${loads}\n // x\n ("node:fs"));`),
  one(
    "import with a separator",
    "hides an import behind a paragraph separator",
    `return prove(await ${loads}\u2029("node:fs"));`,
  ),
  one(
    "import in eval",
    "imports in an indirect eval",
    `return prove(await (0, eval)("${loads.slice(0, 3)}" + "${loads.slice(3)}('node:fs')"));`,
  ),
  one(
    "import in Function",
    "imports in a new Function",
    `return prove(await Function("return ${loads.slice(0, 3)}" + "${loads.slice(3)}('node:fs')")());`,
  ),
  one(
    "import in a parameter",
    "imports in a default of a parameter",
    `return prove(await Function("f = ${loads.slice(0, 3)}" + "${loads.slice(3)}('node:fs')", "return f")());`,
  ),
  one(
    "import source",
    "imports the source phase of a module, which needs no evaluation",
    `const module = await ${loads}.source("data:application/wasm;base64,AGFzbQEAAAA="); return "GOT " + Object.prototype.toString.call(module);`,
  ),
  one(
    "import source in eval",
    "imports a source phase from made code",
    `const module = await (0, eval)("${loads.slice(0, 3)}" + "${loads.slice(3)} . source('data:application/wasm;base64,AGFzbQEAAAA=')"); return "GOT " + Object.prototype.toString.call(module);`,
  ),
  one(
    "import as an oracle",
    "learns from a source import's error which files the machine has",
    `try { await ${loads}.source("file:///no/such/file.wasm"); } catch (error) { return error.code === "ERR_MODULE_NOT_FOUND" ? "GOT " + error.message : "nothing"; } return "nothing";`,
  ),
  one(
    "html comment",
    "ends a line of code by a comment of HTML",
    `let power = null;\n power = globalThis <!-- ;\n return prove(power);`,
  ),
  one(
    "html comment end",
    "comments a line by the end of a comment of HTML",
    `let power = globalThis;\n--> power = null;\n return prove(power);`,
  ),
  one("hashbang", "begins made code with a hashbang", `return prove((0, eval)("#!node\\nglobalThis"));`),
  one("escaped names", "writes names with unicode escapes", `return prove(gl\\u006fbalThis.\\u0070rocess);`),
  one(
    "sloppy delete",
    "shadows and deletes names of the wrapper",
    `var globalThis_ = globalThis; delete globalThis.process_; return prove((function () { return typeof process === "object" ? process : this; })());`,
  ),
  one("out of the wrapper", "closes the wrapper's function and goes on outside of it", "", {
    source: `(async (__gantry) => {}); globalThis.leaked = typeof process === "object" ? process : this; (async (__gantry) => {
      const schema = { type: "object" }; const p = globalThis.leaked;
      const tool = (name, execute) => ({ name, description: name, input: () => schema, effect: "runs", execute });
      __gantry({ name: "attack", description: "hostile", tools: [tool("Attack", () => (p?.pid ? "GOT process" : "nothing")), tool("Echo", (input) => input.text)] });
    })`,
  }),
  one("an expression before", "runs an expression before its own function", "", {
    source: `(globalThis.leaked = typeof process === "object" ? process : this), (async (__gantry) => {
      const schema = { type: "object" }; const p = globalThis.leaked;
      const tool = (name, execute) => ({ name, description: name, input: () => schema, effect: "runs", execute });
      __gantry({ name: "attack", description: "hostile", tools: [tool("Attack", () => (p?.pid ? "GOT process" : "nothing")), tool("Echo", (input) => input.text)] });
    })`,
  }),
  one(
    "locals of the wrapper",
    "reads variables around its own function by eval",
    `const names = ["require", "module", "exports", "__filename", "port", "parentPort", "lockdown", "Compartment", "task"]; return first(names.map((name) => tried(() => { const held = eval(name); return held === undefined ? "nothing" : "GOT " + name; })));`,
  ),
  one(
    "locals by name",
    "reads variables around its own function by typeof",
    `return typeof require === "function" ? prove(require("node:fs")) : typeof lockdown === "function" && typeof harden !== "function" ? "GOT lockdown" : "nothing";`,
  ),
];
