import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// Tests start thousands of processes from the sources: what one of them has stripped of types and compiled, the next takes over.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "gantry-test-cache/sources");

/**
 * Long files go first, so that none is left for the end: without a former run Vitest knows only their sizes. Those of parity play
 * several runs at a time, and stay away from tests that look at how quick the core is.
 */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      /\/test\/(?:faults|scenarios|kit|workers|mcp)\//.test(moduleId);
    return (await super.sort(files)).sort((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}

export default defineConfig({
  resolve: {
    alias: [
      { find: /^gantry\/plugin$/, replacement: here("./core/contract/plugin.ts") },
      { find: /^gantry\/errors$/, replacement: here("./core/contract/errors.ts") },
      { find: /^gantry\/events$/, replacement: here("./core/contract/events.ts") },
      { find: /^gantry\/testing$/, replacement: here("./core/testing/index.ts") },
      { find: /^gantry$/, replacement: here("./core/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    sequence: { sequencer: LongFirst },
    pool: "forks",
    // Most tests wait for processes of their own: the default, one less than there are cores, leaves half of two idle.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
