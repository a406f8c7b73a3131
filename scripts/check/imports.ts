/** Who imports whom, against the rules of .dependency-cruiser.cjs. */
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { runNode } from "./program.ts";

const rooms = ["core", "workers", "plugins", "config", "test"];

interface Report {
  modules: { source: string; dependencies: unknown[] }[];
  summary: { violations: { from: string; to: string; rule: { name: string }; cycle?: { name: string }[] }[] };
}

/** What breaks a rule below `root`, and the files that were not read: a reader that sees nothing finds nothing. */
export async function importProblems(root: string): Promise<string[]> {
  const report = await cruise(root);
  const violations = report.summary.violations.map(({ from, to, rule, cycle }) => {
    const way = cycle === undefined ? to : cycle.map(({ name }) => name).join(" → ");
    return `${rule.name}: ${from} → ${way}`;
  });
  return [...(await unread(root, report)), ...violations];
}

async function cruise(root: string): Promise<Report> {
  const cruiser = join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const args = [cruiser, "--config", ".dependency-cruiser.cjs", "--output-type", "json", ...rooms];
  const { stdout, output } = await runNode(args, root);
  if (!stdout.startsWith("{")) throw new Error(`dependency-cruiser made no report:\n${output}`);
  return JSON.parse(stdout) as Report;
}

// With a TypeScript that it cannot use, dependency-cruiser lists the files, or not even those, and finds no imports in them.
async function unread(root: string, { modules }: Report): Promise<string[]> {
  const read = new Set(modules.map(({ source }) => source));
  const files: string[] = [];
  for await (const file of glob(`{${rooms.join(",")}}/**/*.ts`, { cwd: root }))
    if (!file.startsWith("test/fixtures/") && !file.startsWith("core/plugin-kit/starter/")) files.push(file);
  const imports = modules.reduce((sum, { dependencies }) => sum + dependencies.length, 0);
  return [
    ...files.filter((file) => !read.has(file)).map((file) => `not read: ${file}`),
    ...(imports < files.length ? [`not read: only ${imports} imports were found in ${files.length} files`] : []),
  ];
}
