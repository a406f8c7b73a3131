/**
 * The tables in docs/ are made from the tables in the code, between two markers; the words around them are written by
 * hand. docs/inventory.json is made whole. `node scripts/docs.ts` writes them, with --check it only says which is not
 * current (exit 1), of the inventory also which items.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PluginManifest } from "../core/contract/manifest.ts";
import { auditSections } from "./docs/audit.ts";
import { inventoryChanges, inventoryText } from "./docs/inventory.ts";
import { docTables } from "./docs/tables.ts";

const root = join(import.meta.dirname, "..");
const manifests = JSON.parse(await readFile(join(root, "dist/manifests.json"), "utf8")) as PluginManifest[];
const onlyCheck = process.argv.includes("--check");

for (const [name, table] of Object.entries(await docTables(root, manifests))) {
  const page = join(root, "docs", `${name}.md`);
  const now = await readFile(page, "utf8");
  await settle(`docs/${name}.md`, { now, current: withTable(now, table, page) });
}

// Only where there is somebody to make it: the product is built without the plugin too.
if (manifests.some(({ name }) => name === "parity")) {
  const now = await readFile(join(root, "docs/inventory.json"), "utf8").catch(() => "");
  await settle("docs/inventory.json", { now, current: await inventoryText(root), changes: inventoryChanges });
  const page = join(root, "docs/parity.md");
  const text = await readFile(page, "utf8");
  await settle("docs/parity.md", { now: text, current: withTable(text, await auditSections(root), page) });
}

interface Page {
  now: string;
  current: string;
  /** What is different, in lines. */
  changes?(now: string, current: string): string[];
}

async function settle(name: string, { now, current, changes = () => [] }: Page): Promise<void> {
  if (now === current) return;
  if (onlyCheck) {
    const lines = changes(now, current).map((line) => `  ${line}\n`);
    process.stdout.write(`${name} is not what the code says; run node scripts/docs.ts\n${lines.join("")}`);
    process.exitCode = 1;
    return;
  }
  await writeFile(join(root, name), current);
  process.stdout.write(`${name} written\n`);
}

function withTable(text: string, table: string, page: string): string {
  const [start, end] = ["<!-- made by scripts/docs.ts: change the code, not this -->", "<!-- end -->"];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} lacks the lines ${start} and ${end}`);
  return `${text.slice(0, from)}${start}\n\n${table.trim()}\n\n${text.slice(to)}`;
}
