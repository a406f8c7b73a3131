/** What a bundle with the stand-ins for the web globals loads for a whole request, seen from inside a real process. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { type ModelServer, startModelServer } from "gantry/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Headers as LeanHeaders } from "../../plugins/anthropic/undici-free-globals.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const program = `(async () => {
const { default: plugin } = await import("./plugins/anthropic/index.ts");
const options = { signal: new AbortController().signal, env: process.env, settings: {}, cwd: "/" };
const request = { model: "claude-x", system: "s", tools: [], messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }] };
const answers = [];
for (const _ of [1, 2]) for await (const event of plugin.providers[0].stream(request, options)) if (event.type === "answer") answers.push(event.answer.content);
const undici = process.moduleLoadList.filter((name) => /undici/.test(name));
console.log(JSON.stringify({ answers, undici }));
})()`;

let folder = "";
let server: ModelServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-bundle-"));
  server = await startModelServer({ script: { steps: [] } });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function bundle(inject: string[]): Promise<string> {
  const outfile = join(folder, `bundle-${inject.length}.cjs`);
  await build({
    absWorkingDir: root,
    stdin: { contents: program, resolveDir: root },
    outfile,
    inject,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    mainFields: ["module", "main"],
    alias: { "gantry/plugin": join(root, "core/contract/plugin.ts"), "gantry/errors": join(root, "core/contract/errors.ts") },
    minify: true,
    logLevel: "error",
  });
  return outfile;
}

async function play(file: string): Promise<{ answers: unknown; undici: string[] }> {
  server.plays([{ say: "one" }, { say: "two" }]);
  const { stdout } = await run(process.execPath, [file], {
    env: { PATH: process.env["PATH"], ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "k" },
  });
  return JSON.parse(stdout) as { answers: unknown; undici: string[] };
}

test("a bundle with the stand-ins plays two requests and loads no undici; one without them does", async () => {
  const lean = await play(await bundle([join(root, "plugins/anthropic/undici-free-globals.ts")]));
  expect(lean.answers).toEqual([[{ type: "text", text: "one" }], [{ type: "text", text: "two" }]]);
  expect(lean.undici).toEqual([]);
  expect((await play(await bundle([]))).undici).not.toEqual([]);
});

test("loading the plugin's index loads nothing of the SDK", async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["plugins/anthropic/index.ts"],
    outdir: join(folder, "split"),
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    metafile: true,
    alias: { "gantry/plugin": join(root, "core/contract/plugin.ts"), "gantry/errors": join(root, "core/contract/errors.ts") },
  });
  const entry = Object.values(metafile.outputs).find((output) => output.entryPoint === "plugins/anthropic/index.ts");
  const statics = entry?.imports.filter((edge) => edge.kind === "import-statement").map((edge) => edge.path) ?? [];
  const inputs = statics.flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}));
  expect([...Object.keys(entry?.inputs ?? {}), ...inputs].filter((input) => input.includes("node_modules"))).toEqual([]);
});

test("the stand-in for Headers answers as the real one", () => {
  const outcomes = [Headers, LeanHeaders].map((Made) => {
    const headers = new Made([["A-b", "1"]]);
    headers.append("a-B", "2");
    headers.set("X", "3");
    headers.append("Y", "4");
    headers.delete("y");
    const visited: string[] = [];
    headers.forEach((value, name) => void visited.push(`${name}=${value}`));
    const copy = new Made([...headers]);
    return [
      headers.get("A-B"),
      headers.get("none"),
      headers.has("x"),
      [...copy].sort(),
      [...copy.keys()].sort(),
      [...copy.values()].sort(),
      visited.sort(),
    ];
  });
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(new LeanHeaders({ "Content-Type": "a" }).get("content-type")).toBe("a");
});
