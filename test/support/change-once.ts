/** Child of the kill tests: one Write or Edit by the real tool and the real effects. argv: folder, tool, input, sha256 as read before. To be bundled (bundledFile). */
import type { Reach } from "../../core/contract/execution.ts";
import type { AnyTool, PluginDefinition, ToolDefinition } from "../../core/contract/plugin.ts";
import files from "../../plugins/files/index.ts";
import type { EffectEnv } from "../../workers/effects/effect.ts";
import * as fsRead from "../../workers/effects/fs-read.ts";
import * as fsWrite from "../../workers/effects/fs-write.ts";

const [folder = "", name = "", input = "", sha256 = ""] = process.argv.slice(2);

const reach: Reach = { workspace: folder, roots: [folder], approved: [], hidden: [] };
const signal = new AbortController().signal;
const unused = (): never => {
  throw new Error("not part of this test");
};
const env: EffectEnv = { cwd: folder, home: folder, reach, workspace: folder, signal, spawnFile: unused };

const tool = (files as PluginDefinition).tools?.find(
  (candidate: AnyTool) => candidate.name === name,
) as unknown as ToolDefinition<unknown>;
const output = await tool.execute(tool.input().parse(JSON.parse(input)), {
  ...{ callId: "call-1", cwd: folder, workspace: folder, signal, options: {} },
  ...{ progress: () => undefined, log: () => undefined },
  fs: {
    read: (path, read) => fsRead.perform({ path, ...read }, env),
    readLines: (path, window) => fsRead.perform({ path, window }, env),
    write: (path, content, { expect }) => fsWrite.perform({ path, content, expect }, env),
    list: unused,
    search: unused,
  },
  net: { fetch: unused },
  process: { exec: unused, host: unused, run: unused, start: unused, list: unused, output: unused, stop: unused },
  secrets: { read: unused },
  model: { ask: unused },
  user: { ask: unused, notify: unused },
  storage: { get: unused, set: unused, delete: unused, keys: unused },
  session: { lastRead: async () => ({ sha256 }), events: unused },
});
if (typeof output === "object" && output.isError === true) throw new Error(JSON.stringify(output.content));
