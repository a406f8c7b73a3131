/**
 * `npm run check`: everything about the sources that can be judged without running them. All checks run, and all that they
 * find is printed; the exit code is 1 if there is anything.
 */
import { join } from "node:path";
import { importProblems } from "./check/imports.ts";
import { packageProblems } from "./check/package.ts";
import { program } from "./check/program.ts";
import { stateProblems } from "./check/state.ts";

/** Returns what is wrong, one text each; nothing when all is well. */
type Check = (root: string) => Promise<string[]>;

const checks: Record<string, Check> = {
  package: packageProblems,
  types: program("node_modules/typescript-7/bin/tsc", ["-p", "."]),
  imports: importProblems,
  "dead code": program("node_modules/knip/bin/knip.js", ["--no-progress"]),
  style: program("node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "--colors=off"]),
  state: stateProblems,
  docs: program("scripts/docs.ts", ["--check"]),
};

const root = join(import.meta.dirname, "..");
const lanes = 2;
const waiting = Object.entries(checks);
let failed = 0;

await Promise.all(Array.from({ length: lanes }, work));
const count = Object.keys(checks).length;
process.stdout.write(failed === 0 ? `check: all ${count} hold\n` : `check: ${failed} of ${count} found problems\n`);
if (failed > 0) process.exitCode = 1;

async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [name, check] = next;
    const startedAt = performance.now();
    const problems = await check(root).catch((error: unknown) => [
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    ]);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write([`${problems.length === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`, ...problems, ""].join("\n"));
    if (problems.length > 0) failed += 1;
  }
}
