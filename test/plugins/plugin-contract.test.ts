import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type PluginUnderTest, startPlugin } from "gantry/testing";
import { builtinPlugins } from "../../config/defaults.ts";
import { codeOf } from "../../core/contract/errors.ts";
import type { PluginManifest } from "../../core/contract/manifest.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { builtInManifests } from "../../scripts/build/manifests.ts";
import { createPool, type Pool } from "../../workers/pool.ts";
import { createProcesses } from "../../workers/processes.ts";
import { type PluginSubject, pluginContract } from "./plugin-contract.ts";

const root = path.join(import.meta.dirname, "../..");
const dist = path.join(root, "dist");

/** A built-in's tools run in a thread of the pool; its manifest is the one of the build, its contributions are of its sources. */
async function startBuiltin(manifest: PluginManifest): Promise<PluginSubject> {
  const workspace = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-contract-")));
  const processes = createProcesses({ env: process.env });
  const shells = processes.shells({ outputDir: path.join(workspace, ".output") });
  const grants = new Map(builtinPlugins.map((plugin) => [plugin.name, plugin.grants]));
  const filename = path.join(dist, "tool-thread.cjs");
  const pool: Pool = createPool({ threads: 1, grants, home: workspace, filename, spawnFile: processes.spawnFile });
  const call = async (tool: string, input: JsonObject, signal: AbortSignal, timeoutMs: number) => {
    try {
      return await pool.execute(manifest.name, { name: tool, refines: true })({
        ...{ callId: "call", input, cwd: workspace, timeoutMs, signal, onProgress: () => undefined },
        reach: { workspace, roots: [workspace], approved: [], hidden: [] },
        coreEffects: { shells, lastRead: async () => undefined, askUser: undefined },
      });
    } catch (error) {
      const code = codeOf(error);
      return { isError: true, ...(code === undefined ? {} : { code }) };
    }
  };
  return {
    manifest,
    async contributes() {
      const now = (await builtInManifests(root, root)).find(({ name }) => name === manifest.name);
      if (now === undefined) throw new Error(`plugins/${manifest.name} is gone`);
      return now.contributes;
    },
    callTool: (tool, input, { signal }) => call(tool, input, signal, 30_000),
    // A call whose time is over and that does not listen takes its thread with it.
    async crash() {
      const [tool] = manifest.contributes.tools;
      if (tool !== undefined) await call(tool.name, { "not a field": 1 }, new AbortController().signal, 1);
    },
    async close() {
      await pool.close();
      await processes.close();
      await rm(workspace, { recursive: true, force: true });
    },
  };
}

async function startCommunity(folder: string): Promise<PluginSubject> {
  const plugin: PluginUnderTest = await startPlugin({ folder });
  const file = path.join(folder, "gantry.json");
  const stored = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as PluginManifest) : plugin.manifest;
  return {
    manifest: stored,
    contributes: async () => plugin.manifest.contributes,
    callTool: (name, input, options) => plugin.callTool(name, input, options),
    crash: () => plugin.kill(),
    close: () => plugin.close(),
  };
}

for (const manifest of JSON.parse(readFileSync(path.join(dist, "manifests.json"), "utf8")) as PluginManifest[])
  pluginContract(`built-in ${manifest.name}`, () => startBuiltin(manifest));

const examples = path.join(root, "examples");
for (const name of readdirSync(examples)) pluginContract(`examples/${name}`, () => startCommunity(path.join(examples, name)));

pluginContract("the starter", () => startCommunity(path.join(root, "core/plugin-kit/starter")));
