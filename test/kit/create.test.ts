import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createPlugin } from "../../core/plugin-kit/create.ts";

let place = "";
beforeEach(async () => {
  place = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-create-")));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
});

const files = [
  ".gitignore",
  "README.md",
  "package.json",
  "src/count.ts",
  "src/index.ts",
  "src/judge.ts",
  "test/plugin.test.ts",
  "tsconfig.json",
];

describe("createPlugin", () => {
  test("writes a starter under the plugin's own names, and nothing beside it", async () => {
    const folder = path.join(place, "deep/till-helper");
    expect(await createPlugin({ name: "till-helper", folder })).toEqual({ folder, files });
    const written = await Promise.all(files.map((file) => readFile(path.join(folder, file), "utf8")));
    expect(written.join("\n")).not.toMatch(/starter|StarterPlugin/i);
    expect(await readFile(path.join(folder, "src/count.ts"), "utf8")).toContain('name: "TillHelperCount"');
    expect(await readdir(path.dirname(folder))).toEqual(["till-helper"]);
  });

  test("takes an empty folder", async () => {
    const folder = path.join(place, "empty");
    await mkdir(folder);
    expect((await createPlugin({ name: "a", folder })).files).toEqual(files);
  });

  test("overwrites nothing, and says what is there", async () => {
    const folder = path.join(place, "used");
    await mkdir(folder);
    await writeFile(path.join(folder, "mine.txt"), "mine");
    await expect(createPlugin({ name: "a", folder })).rejects.toMatchObject({
      code: "PLUGIN_EXISTS",
      message: `${folder} is not empty: it has mine.txt; nothing was written`,
    });
    expect(await readdir(place)).toEqual(["used"]);
    expect(await readFile(path.join(folder, "mine.txt"), "utf8")).toBe("mine");
  });

  test("writes neither over a file nor through a link", async () => {
    await writeFile(path.join(place, "file"), "");
    await symlink(place, path.join(place, "link"));
    await expect(createPlugin({ name: "a", folder: path.join(place, "file") })).rejects.toMatchObject({
      code: "PLUGIN_EXISTS",
    });
    await expect(createPlugin({ name: "a", folder: path.join(place, "link") })).rejects.toThrow("is a symbolic link");
  });

  test("refuses a name before it touches the disk", async () => {
    await expect(createPlugin({ name: "My Plugin", folder: path.join(place, "x/y") })).rejects.toThrow(
      "Did you mean my-plugin?",
    );
    expect(await readdir(place)).toEqual([]);
  });
});

test("docs/plugins.md shows the starter's tool and judge as they are written", async () => {
  const folder = path.join(place, "till-helper");
  await createPlugin({ name: "till-helper", folder });
  const page = await readFile(path.join(import.meta.dirname, "../../docs/plugins.md"), "utf8");
  const shown = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
  expect(shown.length).toBeGreaterThan(1);
  const written = await Promise.all(["count", "judge"].map((name) => readFile(path.join(folder, `src/${name}.ts`), "utf8")));
  for (const code of shown) expect(written.join("\n")).toContain(code.trim());
});
