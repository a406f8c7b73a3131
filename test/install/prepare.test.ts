import { afterEach, expect, test } from "vitest";
import type { Contributions } from "../../core/contract/guest.ts";
import { type PreparedPlugin, preparePlugin } from "../../core/install/prepare.ts";
import { loadInRealm } from "../support/bare-realm.ts";
import { runProgram } from "../support/bundle-folder.ts";
import { createFolder, type TestFolder } from "../support/plugin-folder.ts";

const folders: TestFolder[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((one) => one.remove()));
});

const tool = {
  name: "NoteAdd",
  description: "Adds a note.",
  inputSchema: { type: "object" },
  effect: "writes",
  timeoutMs: 500,
};
const contributes = {
  tools: [tool],
  commands: [
    {
      id: "notes list",
      summary: "Lists notes.",
      args: [],
      flags: [{ name: "all", type: "boolean", summary: "All." }],
      examples: [],
    },
  ],
  taps: [
    { on: "tool.approve", kind: "judge", name: "guard", tools: ["Bash", "Write"], stage: 0 },
    { on: "turn.end", kind: "observe", name: "turn.end", stage: 0 },
  ],
  providers: [],
};
const permissions = { "fs.write": ["./notes/**"], "hook.tap": ["tool.approve:Bash,Write", "turn.end"] };
const plugin = { name: "notes", description: "Keeps notes.", permissions, contributes };
const manifest = { name: "notes", version: "1.2.0", engines: { gantry: ">=0.1" }, main: "index.js", permissions, contributes };

const own = { name: "notes", version: "1.2.0", type: "module" };

async function prepared(
  files: { plugin?: object; manifest?: object | string; own?: object; code?: string; reserved?: string[] } = {},
): Promise<PreparedPlugin> {
  const { manifest: file } = files;
  const created = await createFolder({
    "package.json": JSON.stringify(files.own ?? own),
    "index.js": files.code ?? `export default ${JSON.stringify(files.plugin ?? plugin)};`,
    ...(file === undefined ? {} : { "gantry.json": typeof file === "string" ? file : JSON.stringify(file, null, 2) }),
  });
  folders.push(created);
  return preparePlugin({
    ...{
      folder: created.folder,
      run: runProgram,
      signal: AbortSignal.timeout(30_000),
      gantryVersion: "0.1.4",
      reserved: files.reserved ?? [],
    },
    // A realm without the frames around it: what a plugin contributes, as data.
    describe: async ({ source }) => (await loadInRealm(source)) as unknown as Contributions,
  });
}

async function linesOf(made: Promise<unknown>, code: string): Promise<string[]> {
  const error: unknown = await made.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  return (error as Error).message
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
}

test("without a gantry.json the manifest is what the plugin contributes", async () => {
  const made = await prepared({ own: { ...own, peerDependencies: { gantry: "^0.1" } } });
  expect(made).toMatchObject({ wasWritten: true, problems: [], sha512: expect.stringMatching(/^[0-9a-f]{128}$/) });
  expect(made.manifest).toEqual({ ...plugin, version: "1.2.0", engines: { gantry: "^0.1" }, main: "index.js" });
  expect(JSON.parse(made.manifestText)).toEqual(made.manifest);
  expect((await prepared()).manifest.engines).toEqual({ gantry: ">=0.1.4" });
});

test("a gantry.json that says the same, or less of each part, is taken; the stored manifest says all", async () => {
  const less = {
    ...manifest,
    contributes: {
      tools: [{ name: "NoteAdd", effect: "writes" }],
      commands: [{ id: "notes list" }],
      taps: [{ on: "turn.end" }, { on: "tool.approve", tools: ["Bash", "Write"] }],
    },
  };
  const [whole, part] = [await prepared({ manifest }), await prepared({ manifest: less })];
  expect(whole).toMatchObject({ wasWritten: false, manifest: { contributes } });
  expect(part.manifestText).toBe(whole.manifestText);
});

test("every difference between gantry.json and the plugin is named with its line", async () => {
  const wrong = {
    ...manifest,
    permissions: { "fs.write": ["./**"], "net.fetch": ["example.com"] },
    contributes: {
      tools: [
        { name: "NoteAd", effect: "reads" },
        { name: "NoteAdd", effect: "reads", timeoutMs: 500 },
      ],
      commands: [],
      taps: [{ on: "tool.approve", tools: ["Bash"] }],
      providers: ["mine"],
    },
  };
  expect(await linesOf(prepared({ manifest: wrong }), "PLUGIN_MANIFEST_DIFFERS")).toEqual([
    'gantry.json:8: the plugin asks for hook.tap ["tool.approve:Bash,Write","turn.end"], which is not declared',
    'gantry.json:9: fs.write is ["./**"] here and ["./notes/**"] in the plugin',
    "gantry.json:12: net.fetch is declared, and the plugin does not ask for it",
    "gantry.json:18: NoteAd is declared, and the plugin does not contribute it. Did you mean NoteAdd?",
    'gantry.json:24: NoteAdd: effect is "reads" here and "writes" in the plugin',
    "gantry.json:28: the plugin contributes notes list, which is not declared",
    "gantry.json:29: the plugin contributes a tap on turn.end, which is not declared",
    'gantry.json:32: the tap on tool.approve: tools is ["Bash"] here and ["Bash","Write"] in the plugin',
    "gantry.json:38: mine is declared, and the plugin does not contribute it.",
  ]);
});

test("every problem of a gantry.json's shape is named with its line and the nearest right word", async () => {
  const wrong = {
    name: "Notes!",
    version: "1.2",
    engine: {},
    engines: { gantry: "new" },
    main: "../else.js",
    permissions: { "fs.reed": ["./**"], "host.run": true },
    contributes: { tols: [], taps: [{ on: "tool.aprove" }], tools: [{ name: "a b", effect: "reads", efect: "reads" }] },
  };
  expect(await linesOf(prepared({ manifest: wrong }), "PLUGIN_INVALID")).toEqual([
    'gantry.json:2: name is "Notes!"; what fits is lower-case letters, digits and single -, a letter first',
    'gantry.json:3: version is "1.2", which is no version: 1.2.0',
    "gantry.json:4: engine is not known. Did you mean engines?",
    'gantry.json:6: engines.gantry is "new", which is no range: >=0.1, ^0.1.0',
    'gantry.json:8: main is "../else.js", which is not in the plugin\'s folder',
    'gantry.json:10: there is no permission "fs.reed". Did you mean fs.read?',
    "gantry.json:13: host.run is for the product's own commands; no community plugin can be granted it",
    "gantry.json:16: contributes.tols is not known. Did you mean tools?",
    expect.stringMatching(
      /^gantry\.json:19: contributes\.taps\.0\.on is "tool\.aprove", and can be one of \d+\. Did you mean tool\.approve\?$/,
    ),
    'gantry.json:24: contributes.tools.0.name is "a b"; what fits is letters, digits and _, at most 64',
    "gantry.json:26: contributes.tools.0.efect is not known. Did you mean effect?",
  ]);
});

test("a gantry.json that is no JSON, no object, too deep or too large is refused", async () => {
  await expect(prepared({ manifest: '{\n  "name": "notes",\n}' })).rejects.toMatchObject({
    code: "PLUGIN_INVALID",
    message: expect.stringMatching(/gantry\.json:3 is not JSON/),
  });
  await expect(prepared({ manifest: "[]" })).rejects.toMatchObject({ code: "PLUGIN_INVALID" });
  await expect(prepared({ manifest: "[".repeat(500_000) })).rejects.toMatchObject({
    code: "PLUGIN_INVALID",
    message: expect.stringContaining("nested more than 64 deep"),
  });
  await expect(prepared({ manifest: `{"name":"${"x".repeat(1_100_000)}"}` })).rejects.toMatchObject({
    code: "PLUGIN_INVALID",
    message: expect.stringContaining("at most 1048576 are read"),
  });
});

test("a plugin for another Gantry is PLUGIN_INCOMPATIBLE before anything of it is evaluated", async () => {
  await expect(prepared({ manifest: { ...manifest, engines: { gantry: "^1" } }, code: "throw 1" })).rejects.toMatchObject({
    code: "PLUGIN_INCOMPATIBLE",
    message: expect.stringContaining("is for Gantry ^1; this is 0.1.4"),
  });
});

test("versions that differ, or that nobody gives, are named", async () => {
  expect(await linesOf(prepared({ manifest, own: { ...own, version: "1.3.0" } }), "PLUGIN_INVALID")).toEqual([
    'gantry.json:3: version is 1.2.0, and "1.3.0" in package.json',
  ]);
  expect(await linesOf(prepared({ own: { name: "notes" } }), "PLUGIN_INVALID")).toEqual([
    'there is no version: write "version": "0.1.0" into package.json, or a gantry.json',
  ]);
});

test("what a plugin says of itself is checked like a file: shapes, scopes, twins and taps nobody asked for", async () => {
  const said = (change: object) => prepared({ plugin: { ...plugin, ...change } });
  expect(
    await linesOf(
      said({ contributes: { ...contributes, tools: [{ ...tool, effect: "nothing", extra: 1 }] } }),
      "PLUGIN_INVALID",
    ),
  ).toEqual([
    expect.stringMatching(/^the plugin's contributes\.tools\.0\.effect /),
    "the plugin's contributes.tools.0.extra is not known.",
  ]);
  expect(await linesOf(said({ permissions: { ...permissions, "fs.reed": ["x"] } }), "PLUGIN_INVALID")).toEqual([
    expect.stringContaining("Did you mean fs.read?"),
  ]);
  expect(await linesOf(said({ contributes: { ...contributes, tools: [tool, tool] } }), "PLUGIN_INVALID")).toEqual([
    "the plugin contributes tool NoteAdd twice",
  ]);
  expect(await linesOf(said({ permissions: {} }), "PLUGIN_INVALID")).toEqual([
    'the plugin taps tool.approve:Bash,Write and does not ask for it: permissions: { "hook.tap": ["tool.approve:Bash,Write"] }',
    'the plugin taps turn.end and does not ask for it: permissions: { "hook.tap": ["turn.end"] }',
  ]);
});

test("a name of the product's own is taken; a plugin without contributions is remarked upon; what it throws is passed on", async () => {
  await expect(prepared({ reserved: ["files", "notes"] })).rejects.toMatchObject({ code: "NAME_TAKEN" });
  const empty = {
    name: "empty",
    description: "Nothing.",
    permissions: {},
    contributes: { tools: [], commands: [], taps: [], providers: [] },
  };
  expect((await prepared({ plugin: empty })).problems).toEqual([
    "empty contributes nothing: no tool, command, tap or provider",
    "package.json calls it notes; the plugin calls itself empty, which counts",
  ]);
  await expect(prepared({ code: "throw new Error('not today'); export default {}" })).rejects.toThrow("not today");
});
