/** Plugins that are broken without meaning harm, by the built command: for another Gantry, without a manifest, changed on disk. */
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { everyFile } from "../support/author-plugin.ts";
import { bench } from "../support/cli.ts";
import { installPlugin } from "../support/community.ts";

const index = `export default { name: "notes", description: "Notes.", commands: [{ id: "notes say", summary: "Says.", run: () => ({ data: null, text: "said" }) }] };`;
const manifest = (gantry: string): string =>
  JSON.stringify({ name: "notes", version: "1.0.0", engines: { gantry }, permissions: {} });
const own = JSON.stringify({ name: "notes", version: "1.0.0", type: "module", main: "index.js" });

test("one for another Gantry is not installed, and nothing of it is run or left", async () => {
  const place = await bench([], {
    "notes/package.json": own,
    "notes/gantry.json": manifest(">=99"),
    "notes/index.js": `throw new Error("it ran");`,
  });
  const { exit, stderr } = await place.gantry(["plugins", "install", "./notes"]);
  expect([exit, stderr]).toEqual([1, expect.stringContaining("PLUGIN_INCOMPATIBLE")]);
  expect(stderr).toContain("is for Gantry >=99; this is");
  expect(stderr).not.toContain("it ran");
  expect(await everyFile(path.join(place.home, ".local/share/gantry"))).toEqual({});
});

test("one that is given no manifest by its author has one of its own making, and works", async () => {
  const place = await bench([], { "notes/package.json": own, "notes/index.js": index });
  expect((await place.gantry(["plugins", "install", "./notes"])).exit).toBe(0);
  expect(await place.gantry(["notes", "say"])).toMatchObject({ exit: 0, stdout: "said\n", stderr: "" });
});

const source = `plugin({ name: "notes", description: "Notes.", commands: [{ id: "notes say", summary: "Says.", run: () => ({ data: null, text: "said" }) }] });`;
const notes = { name: "notes", source, commands: [{ id: "notes say" }] };

test.each([
  ["whose bytes are others", async (file: string) => await writeFile(file, `${await readFile(file, "utf8")} `)],
  ["whose bytes are gone", async (file: string) => await rm(file)],
])("one that is installed and %s does not run, and list and verify name it", async (_, change) => {
  const place = await bench([{ say: "Done." }]);
  const { bundleFile } = await installPlugin(place, notes);
  expect(await place.gantry(["notes", "say"])).toMatchObject({ exit: 0, stdout: "said\n" });
  await change(bundleFile);
  for (const args of [
    ["notes", "say"],
    ["plugins", "verify"],
  ]) {
    const { exit, stdout, stderr } = await place.gantry(args);
    expect([args, exit, `${stdout}${stderr}`]).toEqual([args, 1, expect.stringMatching(/PLUGIN_CHANGED|notes +user +CHANGED/)]);
    expect(stdout).not.toContain("said");
  }
  expect((await place.gantry(["plugins", "list"])).stdout).toContain("notes (user) is broken");
  expect((await place.run("go")).exit).toBe(0);
});
