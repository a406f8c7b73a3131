/**
 * The census of the protocol: docs/mcp.md says of each feature what Gantry does and which tests saw it; the tests named are
 * there, no feature of the list below is passed over, and no row is more. Each code of servers is met through the built command.
 */
import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { errorTable } from "gantry/errors";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";

const root = path.join(import.meta.dirname, "../..");

/** What a client may do by the revision 2025-11-25, by its pages: basis and transports, server, client, authorization. */
const features = [
  ...["stdio", "streamable HTTP", "SSE", "resumption", "version negotiation", "instructions", "ping", "cancellation"],
  ...["progress", "pagination", "reconnection"],
  ...["tools", "tool annotations", "structured output", "images", "audio", "embedded resources", "resource links"],
  ...["resources", "resource templates", "resource subscriptions", "prompts", "completions", "logging"],
  ...["changes of the tools' list", "changes of the prompts' list", "changes of the resources' list"],
  ...["roots", "sampling", "elicitation by a form", "elicitation by a URL", "a URL that a call needs"],
  ...["authorization discovery", "dynamic client registration", "client ID metadata documents", "PKCE", "scopes and step-up"],
  ...["resource indicators", "token refresh", "client credentials", "cross-app access"],
];

/** What it has and Gantry does not do; the page says so. */
const unclaimed = ["tasks", "tools in sampling", "icons"];

interface Row {
  feature: string;
  says: string;
  tests: { file: string; title: string }[];
}

let page = "";
let rows: Row[] = [];
beforeAll(async () => {
  page = await readFile(path.join(root, "docs/mcp.md"), "utf8");
  rows = rowsOf(page);
});

describe("the features of docs/mcp.md", () => {
  test("are those of the protocol that are claimed, each once", () => {
    expect(rows.map(({ feature }) => feature).sort()).toEqual(features.toSorted());
    expect(rows.filter(({ says }) => says === "")).toEqual([]);
  });

  test("are each seen by tests that are there and are run", async () => {
    const missing: string[] = [];
    for (const { feature, tests } of rows) {
      if (tests.length === 0) missing.push(`${feature}: no test`);
      for (const { file, title } of tests)
        if (!(await titlesOf(file)).has(title)) missing.push(`${feature}: ${file} has no test "${title}"`);
    }
    expect(missing).toEqual([]);
  });

  test("and what is not claimed is said to be absent", () => {
    const absent = page.slice(page.indexOf("\n## Not yet")).toLowerCase();
    expect(unclaimed.filter((feature) => !absent.includes(feature))).toEqual([]);
  });
});

test("each code of MCP servers is met by a test that runs the built command", async () => {
  const product: string[] = [];
  for await (const file of glob("test/mcp/*.test.ts", { cwd: root })) {
    const source = await readFile(path.join(root, file), "utf8");
    if (/import .*\bbench\b.* from "\.\.\/support\/cli\.ts"/.test(source)) product.push(source);
  }
  const codes = Object.keys(errorTable).filter((code) => code.startsWith("MCP_"));
  expect(codes.length).toBeGreaterThan(10);
  expect(codes.filter((code) => !product.some((source) => new RegExp(`\\b${code}\\b`).test(source)))).toEqual([]);
});

/** `| feature | what Gantry does | seen by |`, where a test is named as `file: title`, and the file is of test/mcp. */
function rowsOf(text: string): Row[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith("| feature |"));
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end).map((line) => {
    const [feature = "", says = "", seen = ""] = line.slice(2, -2).split(" | ");
    const tests = seen.split("<br>").flatMap((name) => {
      const [, file, title] = /^([\w-]+): (.+)$/.exec(name.trim()) ?? [];
      return file === undefined || title === undefined ? [] : [{ file: `test/mcp/${file}.test.ts`, title }];
    });
    return { feature: feature.trim(), says: says.trim(), tests };
  });
}

/** Titles of the tests and groups of a file that are run: `test("…")`, `test.each(…)("…")`, `describe.runIf(…)("…")`. */
async function titlesOf(file: string): Promise<Set<string>> {
  const text = await readFile(path.join(root, file), "utf8").catch(() => "");
  const titles = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const [title] = node.arguments;
      const callee = node.expression.getText();
      const isRun = /^(?:test|describe)\b/.test(callee) && !/^\w+\.(?:skip|todo)\b/.test(callee);
      if (isRun && title !== undefined && ts.isStringLiteralLike(title)) titles.add(title.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return titles;
}
