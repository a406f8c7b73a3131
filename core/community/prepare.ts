/** What bundling and describing a plugin needs of the runtime: programs, and guests that may do nothing. All of it starts when it is used. */
import { randomBytes } from "node:crypto";
import path from "node:path";
import type { Isolation } from "../../config/schema.ts";
import type { DescribeBundle } from "../contract/guest.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { RunProgram } from "../contract/program-run.ts";
import { distFolder } from "../dist-folder.ts";
import { lazyWorkers } from "../lazy-workers.ts";
import { version } from "../version.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** One reaper for the programs of one run, gone when the last has ended. */
export function lazyRun(env: Environment): RunProgram {
  return async (argv, request) => {
    const { createProgramRuns } = await import("../../workers/program-run.ts");
    const runs = createProgramRuns({ path: env["PATH"] ?? "/usr/bin:/bin", mark: randomBytes(8).toString("hex") });
    return await runs.run(argv, request).finally(runs.close);
  };
}

export function lazyDescribe(env: Environment, { require, ...limits }: Isolation): DescribeBundle {
  return async (bundle, options) => {
    const { describeBundle } = await import("../../workers/guests/describe.ts");
    const workers = lazyWorkers({ env });
    try {
      const { groups } = await workers.processes();
      return await describeBundle({ limits, require, groups, folder: path.join(distFolder, "guest") })(bundle, options);
    } finally {
      await workers.close();
    }
  };
}

export interface Prepared {
  manifest: PluginManifest;
  source: string;
  /** Of the source, hex. */
  sha512: string;
}

/** PLUGIN_BUILD_FAILED, PLUGIN_INVALID, PLUGIN_MANIFEST_DIFFERS, GUEST_*. */
export async function prepareFolder(
  folder: string,
  { env, isolation, signal }: { env: Environment; isolation: Isolation; signal: AbortSignal },
): Promise<Prepared> {
  const { preparePlugin } = await import("../install/prepare.ts");
  const described = lazyDescribe(env, isolation);
  return await preparePlugin({ folder, describe: described, run: lazyRun(env), signal, gantryVersion: version });
}
