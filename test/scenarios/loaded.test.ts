/** What a run loads: nothing of hooks, of rules or of a sandbox where none is configured. Told by the sources of each loaded chunk. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bench } from "../support/cli.ts";
import { buildWith, type SecondBuild } from "../support/second-build.ts";

const recorder = path.join(import.meta.dirname, "../support/loaded-files.cjs");
const outputs: Metafile["outputs"] = {};
let built: SecondBuild;
beforeAll(async () => {
  built = await buildWith([
    { name: "metafile", setup: ({ onEnd }) => onEnd(({ metafile }) => void Object.assign(outputs, metafile?.outputs)) },
  ]);
});
afterAll(() => built.remove());

const read = { call: { name: "Read", input: { file_path: "a.txt" } } };
const bash = (command: string): unknown => ({ call: { name: "Bash", input: { command } } });

/** The sources in all chunks that `gantry run go` has loaded by its end. */
async function loadedBy(steps: readonly unknown[], config?: object): Promise<string[]> {
  const place = await bench([...steps, { say: "Done." }], { "a.txt": "alpha\n" });
  if (config) {
    await mkdir(path.join(place.home, ".config/gantry"), { recursive: true });
    await writeFile(path.join(place.home, ".config/gantry/config.json"), JSON.stringify(config));
  }
  const list = path.join(place.home, "loaded");
  const env = { NODE_OPTIONS: `--require ${recorder}`, LOADED_FILES: list };
  const { exit, stderr } = await place.gantry(["run", "go"], { launcher: built.launcher, env });
  expect([exit, stderr]).toEqual([0, expect.any(String)]);
  const chunks = new Set(
    (await readFile(list, "utf8"))
      .trimEnd()
      .split("\n")
      .map((file) => path.basename(file)),
  );
  expect(chunks).toContain("cli.cjs");
  const made = Object.entries(outputs).filter(([name]) => chunks.has(path.basename(name)));
  return [...new Set(made.flatMap(([, { inputs }]) => Object.keys(inputs)))];
}

const ofHooks =
  /^core\/(?:config-hooks\/|session-hooks|contract\/hook-)|^workers\/hook-|^plugins\/(?:hooks|permissions|policy)\//;
const ofShells = /\bunbash\b|^core\/permission\/shell-parse/;
const ofSandbox = /sandbox-runtime|^workers\/sandbox(?!-messages)/;
const packages = /node_modules\/(?:zod|unbash|cosmiconfig|js-yaml|jsonc-parser|ignore|@anthropic-ai\/sandbox-runtime)\//;

const found = (sources: readonly string[], ...what: RegExp[]): string[] =>
  sources.filter((source) => what.some((pattern) => pattern.test(source)));

// The rules themselves are one chunk with what decides about files and modes, and are loaded with every session.
test.each([
  ["no call", []],
  ["a read", [read]],
  ["a plain shell line", [bash("ls")]],
])("without any config a run with %s loads nothing of hooks, shell parsing, schemas or a sandbox", async (_name, steps) => {
  expect(found(await loadedBy(steps), ofHooks, ofShells, ofSandbox, packages)).toEqual([]);
});

test("a config with rules loads the parser of JSON, and nothing of hooks or of shell lines", async () => {
  const loaded = await loadedBy([read], { permissions: { deny: ["Bash(rm:*)"] } });
  expect(found(loaded, ofHooks, ofShells, ofSandbox)).toEqual([]);
  expect(found(loaded, /node_modules\/jsonc-parser\//)).not.toEqual([]);
});

test("a config with a hook loads what runs it, and a line that is not plain the parser of lines", async () => {
  const hooks = { Stop: [{ hooks: [{ type: "command", command: "true" }] }] };
  const loaded = await loadedBy([bash("for name in a.txt; do cat $name; done")], { hooks, permissions: { allow: ["Bash"] } });
  expect(loaded).toEqual(expect.arrayContaining(["core/config-hooks/run.ts", "core/config-hooks/taps.ts"]));
  expect(found(loaded, ofShells)).not.toEqual([]);
  expect(found(loaded, ofSandbox)).toEqual([]);
});
