/** Files that people write for the parity plugin: every problem at once, each with its line; nothing unseen is followed. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { readDataFile } from "../../plugins/parity/file/data-file.ts";
import { inventoryJsonSchema, readInventory } from "../../plugins/parity/inventory/format.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-data-file-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const entries = z.strictObject({
  list: z.array(
    z.union([
      z.strictObject({ say: z.string() }),
      z.strictObject({ call: z.strictObject({ name: z.string(), input: z.looseObject({}) }) }),
      z.string(),
    ]),
  ),
});

async function written(name: string, text: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

/** The error's text, with the file's name for its path. */
async function toldAbout(text: string | Uint8Array, schema: z.ZodType = entries): Promise<string> {
  const file = await written("data.yaml", text);
  const error = await readDataFile(file, { schema, code: "SCENARIO_INVALID" }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "SCENARIO_INVALID" });
  return (error as Error).message.replaceAll(file, "data.yaml");
}

test("an inventory that is wrong in many ways is told of each with its line and the nearest name", async () => {
  const file = await written(
    "inventory.yaml",
    `format: gantry-inventory/1
system: { name: x, version: 2 }
abuot: hm
parts:
  tools:
    - name: a
      source: s
      sumary: q
      status: shalow
    - name: a
      source: "red \\e[31m"
    - { source: s }
    - 5
  Tools: []
`,
  );
  await expect(readInventory(file)).rejects.toMatchObject({
    code: "INVENTORY_INVALID",
    message: `${file} has 8 problems:
${file}:2: system.version: expected string, received number; it is 2
${file}:3: abuot: "abuot" is no key here. Did you mean about?
${file}:8: parts.tools[0].sumary: "sumary" is no key here. Did you mean summary?
${file}:9: parts.tools[0].status: "shalow" is none of real, shallow, declared-only. Did you mean shallow?
${file}:11: parts.tools[1].source: a text in one line, without control characters; it is "red \\u001b[31m"
${file}:12: parts.tools[2].name: is missing
${file}:13: parts.tools[3]: expected object, received number; it is 5
${file}:14: parts.Tools: "Tools" is no name here: lower-case words with hyphens`,
  });
});

test("an inventory comes sorted by name, and its lines are those of the file; the same name twice is refused", async () => {
  const text = '{ "format": "gantry-inventory/1", "system": { "name": "x", "version": "1" }, "parts": { "tools": [\n';
  const file = await written("inventory.json", `${text}{ "name": "b", "source": "s" },\n{ "name": "B", "source": "s" } ] } }`);
  const { value, lineOf } = await readInventory(file);
  expect(value.parts["tools"]?.map(({ name }) => name)).toEqual(["B", "b"]);
  expect([lineOf(["parts", "tools", 0, "name"]), lineOf(["parts", "tools", 1]), lineOf(["parts", "none"])]).toEqual([3, 2, 1]);
  const twice = await written("twice.json", `${text}{ "name": "b", "source": "s" },\n{ "name": "b", "source": "s" } ] } }`);
  await expect(readInventory(twice)).rejects.toThrow(`${twice}:3: parts.tools[1].name: "b" is there twice`);
});

test("a wrong entry of several forms is told of the form that was meant", async () => {
  expect(await toldAbout("list:\n  - { sya: hello }\n  - { call: { nme: Read, input: {} } }\n  - 5\n  - { say: 5 }\n")).toBe(
    `data.yaml has 5 problems:
data.yaml:2: list[0].sya: "sya" is no key here. Did you mean say?
data.yaml:3: list[1].call.name: is missing
data.yaml:3: list[1].call.nme: "nme" is no key here. Did you mean name?
data.yaml:4: list[2]: expected object or string; it is 5
data.yaml:5: list[3].say: expected string, received number; it is 5`,
  );
});

test("a wrong key is told the nearest of its place, else that of the whole format, else what there is", async () => {
  const schema = z.strictObject({ first: z.strictObject({ exit: z.number().optional(), stdout: z.string().optional() }) });
  const file = await written("keys.yaml", "first: { exti: 1, first: 2, stdni: 3, wholly: 4 }\n");
  await expect(readDataFile(file, { schema, code: "SCENARIO_INVALID", keys: ["first", "stdin"] })).rejects.toThrow(
    `${file} has 4 problems:
${file}:1: first.exti: "exti" is no key here. Did you mean exit?
${file}:1: first.first: "first" is no key here. It belongs to another place. There are exit, stdout.
${file}:1: first.stdni: "stdni" is no key here. Did you mean stdin?
${file}:1: first.wholly: "wholly" is no key here. There are exit, stdout.`,
  );
});

test("aliases, tags of one's own, keys given twice, keys that are no text and a second document are refused", async () => {
  expect(await toldAbout("a: 1\na: 2\nb: &x [1]\nc: *x\nd: !foo 3\n? [k]\n: 3\n")).toBe(`data.yaml has 4 problems:
data.yaml:2: the key "a" is there twice, first in line 1
data.yaml:4: aliases (*name) are not followed
data.yaml:5: Unresolved tag: !foo
data.yaml:6: a key is a plain text`);
  expect(await toldAbout("list: []\n---\nlist: []\n")).toContain("data.yaml:2: ");
});

test("files of no sense end soon: empty, too deep, too large, not text, not a file, not there", async () => {
  expect(await toldAbout("")).toBe("data.yaml:1: the file is empty");
  expect(await toldAbout("[".repeat(3_000_000))).toBe("data.yaml:1: more than 64 levels inside each other");
  expect(await toldAbout("#".repeat(4 * 1024 * 1024 + 1))).toBe("data.yaml is larger than 4 MiB, the most that is read");
  expect(await toldAbout(Uint8Array.of(0xff, 0xfe))).toBe("data.yaml is not UTF-8 text");
  const keys = Array.from({ length: 5000 }, (_, index) => `k${index}: x\n`).join("");
  const many = (await toldAbout(keys)).split("\n");
  expect([many[0], many.length, many.at(-1)]).toEqual(["data.yaml has more than 50 problems:", 52, "and more"]);

  const pipe = join(folder, "pipe");
  await promisify(execFile)("mkfifo", [pipe]);
  const options = { schema: entries, code: "SCENARIO_INVALID" } as const;
  await expect(readDataFile(pipe, options)).rejects.toThrow(`${pipe} is not a file`);
  await expect(readDataFile(folder, options)).rejects.toThrow(`${folder} is not a file`);
  await written("right.yaml", "");
  await expect(readDataFile(join(folder, "rihgt.yaml"), options)).rejects.toThrow("is not there. Did you mean right.yaml?");
});

test("the published schema says what the format says", () => {
  expect(inventoryJsonSchema()).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    required: ["format", "system", "parts"],
    additionalProperties: false,
  });
});
