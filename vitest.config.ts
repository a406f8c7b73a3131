import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

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
    pool: "forks",
    // Most tests wait for processes of their own: the default, one less than there are cores, leaves half of two idle.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
