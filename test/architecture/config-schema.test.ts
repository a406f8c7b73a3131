/** The JSON Schema that editors use: taken from the package as it is published, and held against the loader's own answer. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packCopy } from "../../scripts/check/package.ts";
import { createPlace } from "../config/place.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;
let isValid: ValidateFunction;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-schema-"));
  const tarball = await packCopy(root, folder);
  await promisify(execFile)("tar", ["-xzf", tarball, "-C", folder]);
  const { exports } = JSON.parse(await readFile(join(folder, "package/package.json"), "utf8")) as {
    exports: Record<string, string>;
  };
  const schema = await readFile(join(folder, "package", exports["./config.schema.json"] ?? ""), "utf8");
  isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(JSON.parse(schema) as object);
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

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
      hooks: { PreToolUse: [{ matcher: "Bash", hooks: [command] }], Stop: [{ hooks: [{ type: "http", url: "http://x/y" }] }] },
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
  const place = createPlace();
  place.writeUser("config.json", config);
  expect((await place.load()).problems.length === 0).toBe(valid);
});

test.each<[string, object]>([
  ["a hook on an event that is none", { hooks: { PreTolUse: [{ hooks: [command] }] } }],
  ["a hook of a type that is none", { hooks: { Stop: [{ hooks: [{ type: "comand", command: "x" }] }] } }],
  ["a field of a hook that is none", { hooks: { Stop: [{ hooks: [{ ...command, timout: 5 }] }] } }],
])("an editor also sees %s", (_name, config) => {
  expect(isValid(config)).toBe(false);
});
