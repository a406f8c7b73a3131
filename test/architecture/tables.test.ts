/** No row is dead: each has a live caller in the sources, a test that names it, and its row in the docs, which have no other. */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorTable } from "gantry/errors";
import { eventTypes } from "gantry/events";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";
import { configKeys } from "../../config/schema.ts";
import { hookPoints } from "../../core/contract/hooks.ts";
import { permissionTable } from "../../core/contract/permissions.ts";
import { eventsOf, publicEvents, publicEventTable } from "../../core/contract/public-events.ts";

const root = join(import.meta.dirname, "../..");

/** `head` begins the table of the page that the rows are in. */
const tables = [
  { table: "hooks", head: "point", rows: hookPoints, callers: ["core"] },
  { table: "permissions", head: "kind", rows: Object.keys(permissionTable), callers: ["core", "workers"] },
  { table: "errors", head: "code", rows: Object.keys(errorTable), callers: ["core", "workers", "plugins", "config"] },
  { table: "events", head: "event", rows: eventTypes, callers: ["core"] },
];

/** Room → the string literals that its code uses as values. */
const literals = new Map<string, Set<string>>();
/** Of the tests: a row counts as seen when it stands in quotes, alone, and not where a comment or a longer word names it. */
const inTests = new Set<string>();
/** Names of properties that the sources ask for, and that tests write or ask for. */
const read = new Set<string>();
const namesInTests = new Set<string>();

beforeAll(async () => {
  for await (const file of glob("{core,workers,plugins,config}/**/*.ts", { cwd: root })) {
    if (file.startsWith("core/contract/")) continue;
    const room = file.slice(0, file.indexOf("/"));
    const found = literals.get(room) ?? new Set();
    literals.set(room, found);
    const source = await parse(file);
    collectLiterals(source, found);
    if (!/^config\/(?:schema|defaults|plainly-sound)\.ts$/.test(file)) collectNames(source, read);
  }
  for await (const file of glob("test/**/*.ts", { cwd: root })) {
    if (file.startsWith("test/architecture/")) continue;
    const source = await parse(file);
    collectLiterals(source, inTests);
    collectNames(source, namesInTests);
  }
});

describe.each(tables)("the table of $table", ({ table, head, rows, callers }) => {
  test("has a live caller for every row", () => {
    const live = callers.flatMap((room) => [...(literals.get(room) ?? [])]);
    expect(rows.filter((row) => !live.includes(row))).toEqual([]);
  });

  test("is named row by row in tests", () => {
    expect(rows.filter((row) => !inTests.has(row))).toEqual([]);
  });

  test("is in the docs row by row, with no row more", async () => {
    expect((await docRows(table, head)).map(([name]) => name)).toEqual(rows);
  });
});

describe("the table of public events", () => {
  const served = publicEvents.filter((event) => publicEventTable[event].points.length > 0);

  test("serves each event by points that are there, or says why by none", () => {
    const reasons = publicEvents.filter((event) => publicEventTable[event].absent !== undefined);
    expect(reasons).toEqual(publicEvents.filter((event) => !served.includes(event)));
    for (const event of served) expect(hookPoints).toEqual(expect.arrayContaining([...publicEventTable[event].points]));
  });

  test("has a tap of config hooks and an input for each point, and neither has one more", async () => {
    const points = [...new Set(served.flatMap((event) => publicEventTable[event].points))].sort();
    const preToolUse = [...publicEventTable.PreToolUse.points];
    expect(await keysOf("core/config-hooks/input/stdin.ts", "fields")).toEqual(points);
    expect([...(await keysOf("core/config-hooks/taps.ts", "taps")), ...preToolUse].sort()).toEqual(points);
  });

  test("says for each served event what its hooks may answer, and for no other", async () => {
    expect(await keysOf("core/config-hooks/answer/event-output.ts", "rows")).toEqual(served.toSorted());
  });

  test("has a row of the census for each served event, and one for each point", async () => {
    expect(await keysOf("test/scenarios/hook-census.test.ts", "rows")).toEqual(served.toSorted());
    expect(await keysOf("test/scenarios/tap-census.test.ts", "rows")).toEqual(hookPoints.toSorted());
  });

  test("is in the docs row by row with its points, and each point with its events", async () => {
    const inDocs = await docRows("hooks", "event");
    expect(inDocs.map(([event]) => event)).toEqual(publicEvents);
    for (const [event, points = ""] of inDocs) {
      const { points: own } = publicEventTable[event as (typeof publicEvents)[number]];
      expect(own.length === 0 ? [] : points.split(" ")).toEqual(own);
    }
    for (const [point, , , events] of await docRows("hooks", "point"))
      expect(events).toBe(eventsOf(point as (typeof hookPoints)[number]).join(", "));
  });
});

describe("the table of config keys", () => {
  const keys = configKeys().map(({ key }) => key);
  const lastOf = (key: string): string => key.slice(key.lastIndexOf(".") + 1);

  test("has a reader for every key", () => {
    const named = [...literals.values()];
    const isRead = (name: string): boolean => read.has(name) || named.some((room) => room.has(name));
    expect(keys.filter((key) => !isRead(lastOf(key)))).toEqual([]);
  });

  test("is named key by key in tests", () => {
    expect(keys.filter((key) => !inTests.has(key) && !namesInTests.has(lastOf(key)))).toEqual([]);
  });

  test("is in the docs row by row, with no row more", async () => {
    expect((await docRows("config", "key")).map(([key]) => key)).toEqual(keys);
  });
});

/** The cells of a table of the page's generated part, by the first word of its head; code is shown without its marks. */
async function docRows(page: string, head: string): Promise<string[][]> {
  const text = await readFile(join(root, `docs/${page}.md`), "utf8");
  const lines = text.slice(text.indexOf("<!-- "), text.lastIndexOf("<!-- end -->")).split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end).map((line) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.replaceAll("`", "").trim()),
  );
}

/** The keys of the object that a file gives a name at its top. */
async function keysOf(file: string, name: string): Promise<string[]> {
  const keys: string[] = [];
  for (const statement of (await parse(file)).statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const declaration of statement.declarationList.declarations) {
      if (declaration.name.getText() !== name || declaration.initializer === undefined) continue;
      const object = bare(declaration.initializer);
      if (ts.isObjectLiteralExpression(object)) keys.push(...object.properties.flatMap(keyOf));
    }
  }
  return keys.sort();
}

function bare(node: ts.Expression): ts.Expression {
  return ts.isSatisfiesExpression(node) || ts.isAsExpression(node) ? bare(node.expression) : node;
}

function keyOf({ name }: ts.ObjectLiteralElementLike): string[] {
  return name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? [name.text] : [];
}

async function parse(file: string): Promise<ts.SourceFile> {
  return ts.createSourceFile(file, await readFile(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
}

// A literal in a type is no caller, nor is the name of a property, except where that is how a row is asked for.
function collectLiterals(node: ts.Node, into: Set<string>): void {
  if (ts.isStringLiteralLike(node) && !ts.isLiteralTypeNode(node.parent)) into.add(node.text);
  ts.forEachChild(node, (child) => collectLiterals(child, into));
}

function collectNames(node: ts.Node, into: Set<string>): void {
  if (ts.isPropertyAccessExpression(node) || ts.isPropertyAssignment(node)) into.add(node.name.getText());
  if (ts.isBindingElement(node)) into.add((node.propertyName ?? node.name).getText());
  ts.forEachChild(node, (child) => collectNames(child, into));
}
