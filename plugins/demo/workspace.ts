/** The demo's sample workspace: a small JavaScript package with a real bug, and a real suite that finds it. */
import { mkdtemp, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const files: Readonly<Record<string, string>> = {
  "package.json": `{
  "name": "till",
  "version": "1.0.0",
  "private": true,
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
  "README.md": `# till

Adds up a cart. Prices are whole cents, so that nothing is lost in rounding.
`,
  "cart.js": `/** Cents a cart costs before any discount. */
export function subtotal(lines) {
  return lines.reduce((sum, line) => sum + line.cents * line.count, 0);
}

/** Cents a cart costs after a discount of \`percent\`, rounded to the nearest cent. */
export function total(lines, percent = 0) {
  const cents = subtotal(lines);
  return Math.floor(cents - (cents * percent) / 100);
}
`,
  "cart.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { subtotal, total } from "./cart.js";

const cart = [
  { name: "tea", cents: 449, count: 2 },
  { name: "cup", cents: 1299, count: 1 },
];

test("a subtotal counts every piece of every line", () => {
  assert.equal(subtotal(cart), 2197);
});

test("a total without a discount is the subtotal", () => {
  assert.equal(total(cart), 2197);
});

test("a discount is rounded to the nearest cent", () => {
  assert.equal(total(cart, 25), 1648);
  assert.equal(total([{ name: "tea", cents: 449, count: 1 }], 15), 382);
  assert.equal(total([{ name: "cup", cents: 1299, count: 1 }], 7), 1208);
});
`,
};

/** A new folder below the system's temporary one; it stays, so that the user can look at it afterwards. */
export async function makeWorkspace(): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-demo-")));
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(folder, name), text)));
  return folder;
}
