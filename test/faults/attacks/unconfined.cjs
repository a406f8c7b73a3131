/**
 * The proof that an attack is one: a bare thread that evaluates the same source with a ctx of real objects. Speaks JSON texts: `["load", id, source]`, `["call", id, tool, input]`; answers `["result" | "error", id, value]`.
 */
const { parentPort, workerData } = require("node:worker_threads");
const { execFile } = require("node:child_process");
const { readFileSync, readdirSync, writeFileSync } = require("node:fs");
const { resolve } = require("node:path");

// As a thread has them that is made from a text.
Object.assign(globalThis, { require, module });
const tools = new Map();
const inside = (path) => resolve(workerData.workspace, /^(?:~\/)?(.*)$/s.exec(path)[1]);
const stored = new Map();
const ctx = {
  callId: "1",
  cwd: workerData.workspace,
  workspace: workerData.workspace,
  signal: new AbortController().signal,
  options: {},
  fs: {
    read: async (path) => ({ path, bytes: Buffer.from(readFileSync(inside(path), "utf8")), mode: 0o644 }),
    list: async ({ path = "." }) => ({ paths: readdirSync(inside(path)), total: 1 }),
    write: async (path, content) => writeFileSync(inside(path), content),
  },
  net: { fetch: (url, init) => fetch(url, init) },
  process: { exec: (argv) => new Promise((done) => execFile(argv[0], argv.slice(1), (_, stdout) => done({ stdout }))) },
  secrets: { read: async (name) => process.env[name] },
  storage: { get: async (key) => stored.get(key), set: async (key, value) => void stored.set(key, value) },
  session: { events: async () => [], lastRead: async () => undefined },
  // biome-ignore lint/suspicious/noConsole: the console's inspection is one of the ways out.
  log: (text) => console.log(text),
  progress: () => undefined,
};

async function answer([kind, , what, input]) {
  if (kind === "call") return await tools.get(what).execute(input, ctx);
  // biome-ignore lint/security/noGlobalEval: that it is evaluated without a wall around it is the point.
  // biome-ignore lint/complexity/noCommaOperator: an indirect one, of the global scope.
  const run = (0, eval)(what);
  await run((plugin) => {
    for (const tool of plugin.tools) tools.set(tool.name, tool);
  });
  return "loaded";
}

parentPort.on("message", async (text) => {
  const frame = JSON.parse(text);
  try {
    parentPort.postMessage(JSON.stringify(["result", frame[1], await answer(frame)]));
  } catch (error) {
    parentPort.postMessage(JSON.stringify(["error", frame[1], String(error)]));
  }
});
