/** How much an install takes in: bounds of what is fetched, of what is bundled, and of the time for each. */

export const maxFetchedBytes = 200 * 1_048_576;
export const maxFetchedFiles = 20_000;
export const maxBundleBytes = 5 * 1_048_576;
export const maxSourceBytes = 64 * 1_048_576;
export const maxSourceFiles = 20_000;
/** Of gantry.json and package.json. */
export const maxManifestBytes = 1_048_576;

export const fetchTimeoutMs = 300_000;
export const bundleTimeoutMs = 60_000;
/** What one process of the bundler may hold, where the system counts it. */
export const bundlerMemoryKiB = 2 * 1_048_576;

export function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
