/** No row is dead: each has a live caller in the sources, a test that names it, and a place in the docs. */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorTable } from "gantry/errors";
import { eventTypes } from "gantry/events";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";
import { hookPoints } from "../../core/contract/hooks.ts";
import { permissionTable } from "../../core/contract/permissions.ts";

const root = join(import.meta.dirname, "../..");

const tables = [
  { table: "hooks", rows: hookPoints, callers: ["core"] },
  { table: "permissions", rows: Object.keys(permissionTable), callers: ["core", "workers"] },
  { table: "errors", rows: Object.keys(errorTable), callers: ["core", "workers", "plugins", "config"] },
  { table: "events", rows: eventTypes, callers: ["core"] },
];

/** Room → the string literals that its code uses as values. */
const literals = new Map<string, Set<string>>();
/** Of the tests: a row counts as seen when it stands in quotes, alone, and not where a comment or a longer word names it. */
const inTests = new Set<string>();

beforeAll(async () => {
  for await (const file of glob("{core,workers,plugins,config}/**/*.ts", { cwd: root })) {
    if (file.startsWith("core/contract/")) continue;
    const room = file.slice(0, file.indexOf("/"));
    const found = literals.get(room) ?? new Set();
    literals.set(room, found);
    collectLiterals(await parse(file), found);
  }
  for await (const file of glob("test/**/*.ts", { cwd: root })) {
    if (!file.startsWith("test/architecture/")) collectLiterals(await parse(file), inTests);
  }
});

describe.each(tables)("the table of $table", ({ table, rows, callers }) => {
  test("has a live caller for every row", () => {
    const live = callers.flatMap((room) => [...(literals.get(room) ?? [])]);
    expect(rows.filter((row) => !live.includes(row))).toEqual([]);
  });

  test("is named row by row in tests", () => {
    expect(rows.filter((row) => !inTests.has(row))).toEqual([]);
  });

  test("is in the docs row by row", async () => {
    const docs = await readFile(join(root, `docs/${table}.md`), "utf8");
    expect(rows.filter((row) => !docs.includes(`\`${row}\``))).toEqual([]);
  });
});

async function parse(file: string): Promise<ts.SourceFile> {
  return ts.createSourceFile(file, await readFile(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
}

// A literal in a type is no caller, nor is the name of a property, except where that is how a row is asked for.
function collectLiterals(node: ts.Node, into: Set<string>): void {
  if (ts.isStringLiteralLike(node) && !ts.isLiteralTypeNode(node.parent)) into.add(node.text);
  ts.forEachChild(node, (child) => collectLiterals(child, into));
}
