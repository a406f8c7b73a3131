/** Big outputs that are kept beside the log: whole, and bounded together. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createKeptOutputs } from "../../core/session/kept-output.ts";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "gantry-kept-")), "output");
});
afterEach(() => rm(join(folder, ".."), { recursive: true }));

const names = async (): Promise<string[]> => (await readdir(folder)).map((name) => name.replace(/-[^-]*$/, "")).sort();

test("an output is kept whole in a file of the user alone, whatever its call is named", async () => {
  const { file, removed } = await createKeptOutputs(folder).keep("../a/b c", "é\n");
  expect({ removed, text: await readFile(file, "utf8"), folder: join(file, "..") }).toEqual({
    removed: 0,
    text: "é\n",
    folder,
  });
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(basename(file)).toMatch(/^___a_b_c-\w+\.txt$/);
});

test("beyond the bound the oldest go, side by side too, and how many is told", async () => {
  const { keep } = createKeptOutputs(folder, 10);
  const kept = await Promise.all(["a", "b", "c"].map((call) => keep(call, "12345")));
  expect(kept.map(({ removed }) => removed)).toEqual([0, 0, 1]);
  expect(await names()).toEqual(["b", "c"]);
  expect((await keep("large", "1234567890123")).removed).toBe(2);
  expect(await names()).toEqual(["large"]);
});

test("those of an earlier run count, oldest first; what shells write is left alone", async () => {
  await mkdir(folder);
  for (const [name, age] of [
    ["new-1.txt", 10],
    ["old-1.txt", 20],
    ["bash-0a1-1.txt", 30],
  ] as const) {
    await writeFile(join(folder, name), "12345");
    await utimes(join(folder, name), 1_000_000 - age, 1_000_000 - age);
  }
  expect((await createKeptOutputs(folder, 10).keep("a", "1")).removed).toBe(1);
  expect(await names()).toEqual(["a", "bash-0a1", "new"]);
});
