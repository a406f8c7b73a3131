/**
 * The tables in docs/ are made from the tables in the code, between two markers; the words around them are written by
 * hand. `node scripts/docs.ts` writes them, with --check it only says which page is not current (exit 1).
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PluginManifest } from "../core/contract/manifest.ts";
import { docTables } from "./docs/tables.ts";

const root = join(import.meta.dirname, "..");
const manifests = JSON.parse(await readFile(join(root, "dist/manifests.json"), "utf8")) as PluginManifest[];
const onlyCheck = process.argv.includes("--check");

for (const [name, table] of Object.entries(await docTables(root, manifests))) {
  const page = join(root, "docs", `${name}.md`);
  const now = await readFile(page, "utf8");
  const current = withTable(now, table, page);
  if (now === current) continue;
  if (onlyCheck) {
    process.stdout.write(`docs/${name}.md is not what the code says; run node scripts/docs.ts\n`);
    process.exitCode = 1;
  } else {
    await writeFile(page, current);
    process.stdout.write(`docs/${name}.md written\n`);
  }
}

function withTable(text: string, table: string, page: string): string {
  const [start, end] = ["<!-- made by scripts/docs.ts: change the code, not this -->", "<!-- end -->"];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} lacks the lines ${start} and ${end}`);
  return `${text.slice(0, from)}${start}\n\n${table.trim()}\n\n${text.slice(to)}`;
}
