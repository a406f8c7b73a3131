/** Bundles a plugin's folder as install does, with processes of the test's own. */
import { type Bundle, bundlePlugin } from "../../core/install/bundle.ts";
import { createProgramRuns } from "../../workers/program-run.ts";

/** A mark of no core: nothing is searched by it, the reaper only ends groups. */
const runs = createProgramRuns({ path: process.env["PATH"] ?? "/usr/bin:/bin", mark: `test-${process.pid}` });

export const runProgram = runs.run;

export function bundleFolder(folder: string, signal: AbortSignal = AbortSignal.timeout(60_000)): Promise<Bundle> {
  return bundlePlugin({ folder, run: runProgram, signal });
}
