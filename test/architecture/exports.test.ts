/** The public surface, name by name: a change here is a change for everyone who imports Gantry. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

const surface = {
  gantry: "core/index.ts",
  "gantry/plugin": "core/contract/plugin.ts",
  "gantry/errors": "core/contract/errors.ts",
  "gantry/events": "core/contract/events.ts",
  "gantry/testing": "core/testing/index.ts",
};

test.each(Object.entries(surface))("%s exports these values and types", async (_name, file) => {
  const source = ts.createSourceFile(file, await readFile(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
  const names = source.statements.flatMap(exportedNames).sort();
  expect(names).toMatchSnapshot();
});

test("package.json offers these modules and no other", async () => {
  const { exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { exports: Record<string, unknown> };
  const offered = Object.keys(exports).map((path) => path.replace(/^\./, "gantry"));
  const data = ["gantry/config.schema.json", "gantry/inventory.schema.json", "gantry/package.json"];
  expect(offered.sort()).toEqual([...Object.keys(surface), ...data].sort());
});

function exportedNames(statement: ts.Statement): string[] {
  if (ts.isExportDeclaration(statement)) {
    if (!statement.exportClause || !ts.isNamedExports(statement.exportClause))
      throw new Error(`not by name: ${statement.getText()}`);
    const ofTypes = statement.isTypeOnly;
    return statement.exportClause.elements.map(({ name, isTypeOnly }) =>
      ofTypes || isTypeOnly ? `type ${name.text}` : name.text,
    );
  }
  if (!ts.canHaveModifiers(statement) || !ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    return [];
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText());
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return [`type ${statement.name.text}`];
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) return [statement.name?.text ?? "default"];
  throw new Error(`an export of an unexpected form: ${statement.getText()}`);
}
