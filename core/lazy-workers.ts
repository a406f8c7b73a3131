/** Threads and child processes of a runtime, made when the first call needs them. */
import path from "node:path";
import { builtinPlugins } from "../config/defaults.ts";
import type { Pool } from "../workers/pool.ts";
import type { Processes } from "../workers/processes.ts";
import type { Execute } from "./contract/execution.ts";
import type { ToolManifest } from "./contract/manifest.ts";
import { distFolder } from "./dist-folder.ts";

const maxThreads = 4;

export interface LazyWorkers {
  execute(plugin: string, tool: ToolManifest): Execute;
  processes(): Promise<Processes>;
  /** SANDBOX_UNAVAILABLE, and then nothing is left running. */
  requireSandbox(): Promise<void>;
  /** One file effect of a guest, or of a built-in's part in the core, in a thread. */
  fileEffect: Pool["fileEffect"];
  /** Starts the first thread, which begins to load the plugin; resolves when it is on its way. */
  warm(plugin: string | undefined): Promise<void>;
  close(): Promise<void>;
}

export function lazyWorkers({ env }: { env: Readonly<Record<string, string | undefined>> }): LazyWorkers {
  let pool: Promise<Pool> | undefined;
  let processes: Promise<Processes> | undefined;
  const openProcesses = (): Promise<Processes> =>
    (processes ??= import("../workers/processes.ts").then(({ createProcesses }) =>
      createProcesses({ env, sandboxHost: path.join(distFolder, "sandbox-host.cjs") }),
    ));
  const openPool = (): Promise<Pool> => (pool ??= startPool());

  async function startPool(): Promise<Pool> {
    const { createPool } = await import("../workers/pool.ts");
    return createPool({
      threads: maxThreads,
      grants: new Map(builtinPlugins.map((plugin) => [plugin.name, plugin.grants])),
      home: env["HOME"] ?? "/",
      filename: path.join(distFolder, "tool-thread.cjs"),
      spawnFile: async (...call) => await (await openProcesses()).spawnFile(...call),
    });
  }

  return {
    execute: (plugin, tool) => async (execution) => await (await openPool()).execute(plugin, tool)(execution),
    processes: openProcesses,
    fileEffect: async (...effect) => await (await openPool()).fileEffect(...effect),
    async requireSandbox() {
      const table = await openProcesses();
      await table.requireSandbox().catch((error) => table.close().then(() => Promise.reject(error)));
    },
    warm: async (plugin) => await (await openPool()).warm(plugin),
    async close() {
      await (await pool)?.close();
      await (await processes)?.close();
    },
  };
}
