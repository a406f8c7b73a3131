/** The package as npm would publish it, packed once: installed, imported, written against, and its JSON Schema. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packCopy } from "../../scripts/check/package.ts";
import { runNode } from "../../scripts/check/program.ts";
import { createPlace } from "../config/place.ts";

const root = join(import.meta.dirname, "../..");
const { findNpm } = createRequire(import.meta.url)("../../scripts/setup/packages.cjs") as { findNpm(): string };
const run = promisify(execFile);

let folder: string;
let place: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-pack-"));
  place = join(folder, "place");
  await mkdir(place);
  await installOffline(await packCopy(root, folder));
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test("the package, installed in an empty folder, is a working gantry", async () => {
  const gantry = join(place, "node_modules/.bin/gantry");
  const env = { ...process.env, HOME: folder, GANTRY_HOME: join(folder, "home") };
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  expect((await run(gantry, ["--version"], { cwd: place, env })).stdout.trim()).toBe(version);
  const { stdout } = await run(gantry, ["tools", "list", "--json"], { cwd: place, env });
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, kind: "tools.list" });
  expect(stdout).toContain('"Read"');
});

test.each(["gantry", "gantry/plugin", "gantry/errors", "gantry/events", "gantry/testing"])(
  "%s offers all its names to ES modules and to require",
  async (name) => {
    const script = `import * as module from "${name}"; import { createRequire } from "node:module";
    const { default: _, "module.exports": __, ...names } = module;
    console.log(JSON.stringify([Object.keys(names).sort(), Object.keys(createRequire(import.meta.url)("${name}")).sort()]));`;
    await writeFile(join(place, "probe.mjs"), script);
    const [imported, required] = JSON.parse((await run(process.execPath, ["probe.mjs"], { cwd: place })).stdout) as string[][];
    expect(imported).toEqual(required);
    expect(imported).not.toEqual([]);
  },
);

test("its declarations are enough to write a plugin against", async () => {
  const plugin = `import { definePlugin, defineTool } from "gantry/plugin";
    import { GantryError, hasCode } from "gantry/errors";
    import { createRuntime } from "gantry";
    import { z } from "zod";
    export const tool = defineTool({ name: "Hello", description: "", effect: "reads", input: () => z.strictObject({ name: z.string() }),
      execute: ({ name }, ctx) => (ctx.signal.aborted ? "" : name.toUpperCase()) });
    export const plugin = definePlugin({ name: "hello", description: "", tools: [tool] });
    export const all = [GantryError, hasCode, createRuntime];`;
  await writeFile(join(place, "plugin.ts"), plugin);
  await writeFile(join(place, "package.json"), '{"type":"module"}');
  const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
  const tsc = [
    join(root, "node_modules/typescript-7/bin/tsc"),
    "--noEmit",
    "--strict",
    "--target",
    "es2024",
    "--module",
    "nodenext",
    ...types,
  ];
  expect(await runNode([...tsc, "plugin.ts"], place)).toMatchObject({ exitCode: 0, output: "" });
});

/** Taken from the package as it is published, and held against the loader's own answer. */
describe("the JSON Schema that editors use", () => {
  let isValid: ValidateFunction;
  beforeAll(async () => {
    const installed = join(place, "node_modules/gantry");
    const { exports } = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as {
      exports: Record<string, string>;
    };
    const schema = await readFile(join(installed, exports["./config.schema.json"] ?? ""), "utf8");
    isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(JSON.parse(schema) as object);
  });

  const command = { type: "command", command: "./check.sh", timeout: 10, onFailure: "block" };

  test.each<[string, object, boolean]>([
    ["the empty config", {}, true],
    [
      "the example of the docs",
      {
        $schema: "./node_modules/gantry/dist/config.schema.json",
        model: "anthropic/claude-sonnet-5",
        permissions: {
          mode: "workspace-write",
          allow: ["Read", "Bash(npm test:*)"],
          tests: [{ call: "Bash(git push origin main)", expect: "ask" }],
        },
        hooks: {
          PreToolUse: [{ matcher: "Bash", hooks: [command] }],
          Stop: [{ hooks: [{ type: "http", url: "http://x/y" }] }],
          PostToolUse: [{ hooks: [{ type: "mcp_tool", server: "docs", tool: "note", input: { of: ["a"] } }] }],
        },
        mcpServers: { docs: { command: "docs-server" } },
        limits: { maxTurns: 20, maxCostUsd: 5 },
        sandbox: { shell: "auto" },
        policy: { edits: "ask" },
        claudeSettings: ["user"],
        env: { A: "b" },
      },
      true,
    ],
    ["an unknown key", { modle: "a/b" }, false],
    ["a wrong value", { limits: { maxTurns: "many" } }, false],
    ["hooks as a list", { hooks: [{ hooks: [command] }] }, false],
    ["a handler without its wrapper", { hooks: { Stop: [command] } }, false],
    ["an unknown word of the sandbox", { sandbox: { shell: "always" } }, false],
    ["a test without what it expects", { permissions: { tests: [{ call: "Read" }] } }, false],
  ])("%s", async (_name, config, valid) => {
    expect([isValid(config), isValid.errors]).toEqual([valid, valid ? null : expect.any(Array)]);
    const user = createPlace();
    user.writeUser("config.json", config);
    expect((await user.load()).problems.length === 0).toBe(valid);
  });

  test.each<[string, object]>([
    ["a hook on an event that is none", { hooks: { PreTolUse: [{ hooks: [command] }] } }],
    ["a hook of a type that is none", { hooks: { Stop: [{ hooks: [{ type: "comand", command: "x" }] }] } }],
    ["a field of a hook that is none", { hooks: { Stop: [{ hooks: [{ ...command, timout: 5 }] }] } }],
  ])("an editor also sees %s", (_name, config) => {
    expect(isValid(config)).toBe(false);
  });
});

/** Its own dependencies come from this checkout, so that the test needs no network. */
async function installOffline(tarball: string): Promise<void> {
  const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const platform = `@vscode/ripgrep-${process.platform}-${process.arch}`;
  const local = [...Object.keys(dependencies), platform].map((name) => [name, `file:${join(root, "node_modules", name)}`]);
  const manifest = { private: true, dependencies: { ...Object.fromEntries(local), gantry: `file:${tarball}` } };
  await writeFile(join(place, "package.json"), JSON.stringify(manifest));
  const args = [findNpm(), "install", "--ignore-scripts", "--offline", "--no-audit", "--no-fund"];
  const { exitCode, output } = await runNode(args, place);
  if (exitCode !== 0) throw new Error(`npm install failed:\n${output}`);
}
