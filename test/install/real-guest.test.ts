import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type PreparedPlugin, preparePlugin } from "../../core/install/prepare.ts";
import { describeBundle } from "../../workers/guests/describe.ts";
import { type Reaper, startReaper } from "../../workers/reaper.ts";
import { runProgram } from "../support/bundle-folder.ts";
import { createFolder, type TestFolder } from "../support/plugin-folder.ts";

const folders: TestFolder[] = [];
const limits = {
  ...{
    rssMiB: 512,
    heapMiB: 128,
    cpuSeconds: 10,
    pendingCalls: 64,
    requestsPerSecond: 200,
    bytesPerSecond: 8_388_608,
    timers: 1000,
  },
  ...{ logBytesPerMinute: 1_048_576, callTimeoutMs: 30_000, idleSeconds: 300 },
};
let reaper: Reaper;
beforeAll(() => {
  reaper = startReaper(`test-${process.pid}`, process.env["PATH"] ?? "/usr/bin:/bin");
});
afterAll(() => reaper.dismiss());
afterEach(async () => {
  await Promise.all(folders.splice(0).map((one) => one.remove()));
});

async function prepared(code: string, files: Record<string, string> = {}): Promise<PreparedPlugin> {
  const created = await createFolder({
    "package.json": '{"name":"notes","version":"1.0.0","type":"module"}',
    "index.ts": code,
    ...files,
  });
  folders.push(created);
  const folder = join(import.meta.dirname, "../../dist/guest");
  const describe = describeBundle({ folder, limits, require: "none", groups: reaper });
  return preparePlugin({
    folder: created.folder,
    describe,
    run: runProgram,
    signal: AbortSignal.timeout(60_000),
    gantryVersion: "0.1.0",
  });
}

const whole = `
  import { definePlugin, defineTool, defineCommand, defineTap } from "gantry/plugin";
  import * as z from "zod";
  export default definePlugin({
    name: "notes", description: "Keeps notes.",
    options: () => z.object({ folder: z.string().default("notes") }),
    permissions: { "fs.write": ["./notes/**"], "hook.tap": ["tool.approve:Bash", "turn.end"] },
    tools: [defineTool({ name: "NoteAdd", description: "Adds a note.", effect: "writes",
      input: () => z.object({ text: z.string().min(1) }), execute: async ({ text }, ctx) => { await ctx.fs.write("notes/a.md", text); return "ok"; } })],
    commands: [defineCommand({ id: "notes list", summary: "Lists notes.", run: async () => ({ data: [], text: "" }) })],
    taps: [defineTap({ on: "tool.approve", kind: "judge", tools: ["Bash"], run: () => ({ verdict: "deny", reason: "no" }) }),
      defineTap({ on: "turn.end", kind: "observe", run: () => undefined })],
  });`;

test("a plugin's manifest is what its code contributes in a guest; written down, it is found to be the same", async () => {
  const made = await prepared(whole);
  expect(made.manifest).toMatchObject({
    ...{ name: "notes", version: "1.0.0", permissions: { "fs.write": ["./notes/**"] } },
    optionsSchema: { properties: { folder: { type: "string" } } },
    contributes: {
      tools: [{ name: "NoteAdd", effect: "writes", inputSchema: { required: ["text"] } }],
      commands: [{ id: "notes list" }],
      taps: [{ on: "tool.approve", kind: "judge", tools: ["Bash"] }, { on: "turn.end" }],
    },
  });
  const again = await prepared(whole, { "gantry.json": made.manifestText });
  expect(again).toMatchObject({ wasWritten: false, manifestText: made.manifestText, sha512: made.sha512 });
  const more = made.manifestText.replace('"effect": "writes"', '"effect": "reads"');
  await expect(prepared(whole, { "gantry.json": more })).rejects.toMatchObject({
    code: "PLUGIN_MANIFEST_DIFFERS",
    message: expect.stringContaining('NoteAdd: effect is "reads" here and "writes" in the plugin'),
  });
}, 60_000);

test("a plugin that throws when it is loaded says what it threw", async () => {
  await expect(prepared("throw new Error('not on a Monday'); export default {};")).rejects.toMatchObject({
    code: "PLUGIN_INVALID",
    message: expect.stringContaining("not on a Monday"),
  });
  await expect(prepared("export default 7;")).rejects.toMatchObject({
    code: "PLUGIN_INVALID",
    message: expect.stringContaining("default export"),
  });
}, 60_000);

test("a plugin that never loads is ended, and so is one that takes the memory", async () => {
  await expect(prepared("for (;;) {} export default {};")).rejects.toMatchObject({ code: expect.stringMatching(/^GUEST_/) });
  await expect(
    prepared("const all = []; for (;;) all.push(new Array(1e6).fill(all.length)); export default all;"),
  ).rejects.toMatchObject({ code: expect.stringMatching(/^GUEST_/) });
}, 60_000);
