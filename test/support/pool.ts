/** A real pool with the fixtures' thread, a real process table, and calls to them. */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { CoreEffects, Execute, SessionShells, ToolExecution } from "../../core/contract/execution.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import type { Grants } from "../../core/contract/permissions.ts";
import { publicModules } from "../../scripts/build/bundles.ts";
import { createPool, type Pool, type PoolOptions } from "../../workers/pool.ts";
import { createProcesses, type Processes } from "../../workers/processes.ts";

const root = join(import.meta.dirname, "../..");

export interface TestPool {
  pool: Pool;
  processes: Processes;
  shells: SessionShells;
  /** A temporary workspace, real path. */
  workspace: string;
  progress: string[];
  call(tool: string, input?: JsonObject, options?: Partial<ToolExecution> & { plugin?: string }): ReturnType<Execute>;
  close(): Promise<void>;
}

/** Bundles the fixtures' thread as the build bundles the product's. */
export async function bundleThread(outfile: string): Promise<void> {
  await build({
    ...{ entryPoints: [join(root, "test/support/fixture-thread.ts")], outfile, bundle: true, platform: "node", format: "cjs" },
    ...{
      target: "node22",
      alias: publicModules(root),
      logLevel: "error",
      external: ["@vscode/ripgrep"],
      mainFields: ["module", "main"],
    },
  });
}

export async function startPool(
  options: Partial<PoolOptions> & { held?: Record<string, Grants>; coreEffects?: Partial<CoreEffects> } = {},
): Promise<TestPool> {
  const workspace = await realpath(await mkdtemp(join(tmpdir(), "gantry-pool-")));
  const filename = join(workspace, ".thread", "tool-thread.cjs");
  await bundleThread(filename);
  const processes = createProcesses({ env: process.env });
  const shells = processes.shells({ outputDir: join(workspace, ".output") });
  const { held = {}, coreEffects, ...rest } = options;
  const grants = new Map<string, Grants>(Object.entries({ faults: {}, process: { "process.run": ["*"] }, ...held }));
  const pool = createPool({ threads: 2, grants, home: workspace, filename, spawnFile: processes.spawnFile, ...rest });
  const progress: string[] = [];
  let calls = 0;

  return {
    ...{ pool, processes, shells, workspace, progress },
    call(tool, input = {}, { plugin = "faults", ...execution } = {}) {
      return pool.execute(plugin, { name: tool, refines: true })({
        ...{ callId: `call-${++calls}`, input, cwd: workspace, timeoutMs: 30_000, signal: new AbortController().signal },
        reach: { workspace, roots: [workspace], approved: [], hidden: [] },
        coreEffects: { shells, lastRead: async () => undefined, askUser: undefined, ...coreEffects },
        onProgress: (text) => progress.push(text),
        ...execution,
      });
    },
    async close() {
      await pool.close();
      await processes.close();
      await rm(workspace, { recursive: true, force: true });
    },
  };
}
