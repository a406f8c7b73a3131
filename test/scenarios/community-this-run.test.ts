/** `run --plugin DIR`: a folder is bundled for one run, with the user's answer, and nothing of it stays. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Bench, bench, resultTexts } from "../support/cli.ts";
import { installPlugin } from "../support/community.ts";

const call = (name: string, input: object = {}): unknown => ({ call: { name, input } });
const done = { say: "Done." };

interface Author {
  tool?: string;
  body?: string;
  permissions?: object;
  more?: string;
}

function folderOf(name: string, { tool = "One", body = `return "fresh";`, permissions = {}, more = "" }: Author = {}) {
  return {
    [`${name}/package.json`]: JSON.stringify({ name, version: "1.0.0", type: "module", main: "index.js" }),
    [`${name}/index.js`]: `export default { name: "${name}", description: "One.", permissions: ${JSON.stringify(permissions)}, ${more}
      tools: [{ name: "${tool}", description: "One.", effect: "reads", input: () => ({ type: "object" }), async execute(input, ctx) { ${body} } }] };`,
  };
}

const readsNotes = {
  body: `return String((await ctx.fs.read("notes/a.txt")).bytes.length);`,
  permissions: { "fs.read": ["./notes/**"] },
};
const files = { "notes/a.txt": "12345", ...folderOf("one", readsNotes) };

async function leftIn({ home }: Bench): Promise<string[]> {
  const store = path.join(home, ".local/share/gantry/plugins");
  return existsSync(store)
    ? (await readdir(store, { recursive: true })).filter((name) => !/^(?:staging|\.lock)$/.test(name))
    : [];
}

test("without a terminal it ends with exit 3 and the flags to type, and with those it runs; nothing of it stays", async () => {
  const place = await bench([call("One"), done], files);
  const refused = await place.run("go", ["--plugin", "one"]);
  expect(refused.exit).toBe(3);
  expect(refused.json.error).toMatchObject({
    code: "PLUGIN_CONSENT_REQUIRED",
    message: expect.stringMatching(
      /may read files.*notes[\s\S]*add: --grant fs\.read='\.\/notes\/\*\*'$|add: --grant 'fs\.read=\.\/notes\/\*\*'$/,
    ),
  });
  expect(place.model.requests).toEqual([]);
  const { exit } = await place.run("go", ["--plugin", "one", "--grant", "fs.read=./notes/**"]);
  expect(exit).toBe(0);
  expect(resultTexts(place.model)).toEqual(["5"]);
  expect(await leftIn(place)).toEqual([]);
});

test("a grant that is wider gives what is asked for and no more, and what nobody asks for is said", async () => {
  const body = `return await ctx.fs.read("other.txt").then(() => "read", (error) => error.code);`;
  const place = await bench([call("One"), done], { ...folderOf("one", { ...readsNotes, body }), "other.txt": "x" });
  const { stderr } = await place.run("go", ["--plugin", "one", "--grant", "fs.read=./**", "--grant", "user.ask"]);
  expect(resultTexts(place.model)).toEqual(["PERMISSION_DENIED"]);
  expect(stderr).toContain("no --plugin asks for user.ask");
});

test("several can be given; what is missing of each is told at once, and two of one name are refused", async () => {
  const place = await bench([call("One"), call("Two"), done], {
    ...files,
    ...folderOf("two", { tool: "Two", permissions: { "user.ask": true } }),
  });
  const both = ["--plugin", "one", "--plugin", "two"];
  const { json } = await place.run("go", both);
  expect(json.error?.message).toMatch(/one 1\.0\.0[\s\S]*two 1\.0\.0[\s\S]*fs\.read[\s\S]*user\.ask$/);
  expect((await place.run("go", [...both, "--grant", "fs.read=./notes/**", "--grant", "user.ask"])).exit).toBe(0);
  expect(resultTexts(place.model)).toEqual(["fresh"]);
  const twice = await place.run("go", ["--plugin", "one", "--plugin", "./one"]);
  expect(twice.json.error).toMatchObject({ code: "NAME_TAKEN" });
});

test("it stands in the place of an installed plugin of its name, with a storage of its own", async () => {
  const body = `const before = await ctx.storage.get("seen"); await ctx.storage.set("seen", true); return "fresh " + (before === undefined);`;
  const place = await bench([call("One"), done], folderOf("one", { body, permissions: { storage: "1MiB" } }));
  const old = `plugin({ name: "one", description: "", tools: [{ name: "One", description: "", effect: "reads",
    input: () => ({ type: "object" }), async execute(input, ctx) { await ctx.storage.set("seen", true); return "old"; } }] });`;
  await installPlugin(place, { name: "one", source: old, tools: [{ name: "One" }], grants: { storage: "1MiB" } });
  await place.run("go");
  expect(resultTexts(place.model)).toEqual(["old"]);
  const again = await bench([call("One"), done]);
  await place.run("go", ["--plugin", "one", "--grant", "storage=1MiB"], { env: { ANTHROPIC_BASE_URL: again.model.url } });
  expect(resultTexts(again.model)).toEqual(["fresh true"]);
});

test("who said yes to the very bytes before is not asked again, and holds what was given then", async () => {
  const place = await bench([call("One"), done], files);
  const flags = ["--grant", "fs.read=./notes/**"];
  expect(await place.gantry(["plugins", "install", "one", ...flags])).toMatchObject({ exit: 0 });
  expect((await place.run("go", ["--plugin", "one"])).exit).toBe(0);
  expect(resultTexts(place.model)).toEqual(["5"]);
});

test("options of the config are its options; a config that switches it off, and a name of others, end the run", async () => {
  const place = await bench([call("One"), done], {
    ...folderOf("one", { body: "return JSON.stringify(ctx.options);", more: `options: () => ({ type: "object" }),` }),
    ...folderOf("files"),
    ...folderOf("thief", { tool: "Read" }),
  });
  await place.run("go", ["--plugin", "one", "--set", 'plugins=[["one", {"options": {"depth": 3}, "required": true}]]']);
  expect(resultTexts(place.model)).toEqual(['{"depth":3}']);
  const off = await place.run("go", ["--plugin", "one", "--set", 'plugins=[["one", {"enabled": false}]]']);
  expect(off.json.error).toMatchObject({ code: "PLUGIN_STOPPED", message: expect.stringContaining("disabled") });
  for (const name of ["files", "thief"])
    expect((await place.run("go", ["--plugin", name])).json.error).toMatchObject({ code: "NAME_TAKEN" });
});

test("a folder that is no plugin, and flags that do not go together, start nothing", async () => {
  const place = await bench([], { "empty/a.txt": "" });
  expect((await place.run("go", ["--plugin", "empty"])).json.error).toMatchObject({ code: expect.stringMatching(/^PLUGIN_/) });
  for (const flags of [
    ["--grant", "user.ask"],
    ["--plugin", "empty", "--no-plugins"],
  ])
    expect(await place.run("go", flags)).toMatchObject({ exit: 2, json: { error: { code: "USAGE_INVALID" } } });
  expect((await place.run("go", ["--plugin", "empty", "--grant", "fs.raed=./**"])).json.error).toMatchObject({
    code: "GRANT_INVALID",
    message: expect.stringContaining("fs.read"),
  });
  expect(await leftIn(place)).toEqual([]);
});
