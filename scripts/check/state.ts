/**
 * What a module may not hold or reach for: process.env, process.exit and console belong to the outermost rooms, and state
 * at the top of a module would be shared by two runtimes in one process.
 */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";

/** Rooms that speak to the process: everything else is given what it needs. */
const outermost = /^(core\/shell\/|config\/load\.ts$|core\/testing\/plugin\/bench\.ts$)/;
/** The whole of a process: its environment and end are its own, and no second runtime shares its state. */
const ownProcess = /^workers\/(sandbox-host\.ts$|inside\/(guest-process\.ts$|realm\/))/;
/** What was found out about the machine is the same for every runtime of a process. */
const ofTheMachine = /^workers\/guests\/(os-boundary|launch)\.ts$/;
/** The memory of a thread is what all in it share, and no two runtimes share a thread. */
const ownThread = /^plugins\/mcp\/thread\/large-turn\.ts$/;

export async function stateProblems(root: string): Promise<string[]> {
  const problems: string[] = [];
  for await (const file of glob("{core,workers,plugins,config}/**/*.ts", { cwd: root })) {
    // An author's code, to be copied: no part of Gantry.
    if (file.startsWith("core/plugin-kit/starter/")) continue;
    problems.push(...problemsIn(file, await readFile(join(root, file), "utf8")));
  }
  return problems.length === 0 ? [] : problems.sort();
}

/** Problems of one file, as `file:line: text`. */
export function problemsIn(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const report = (node: ts.Node, problem: string): void => {
    found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${problem}`);
  };
  if ([ownProcess, ofTheMachine, ownThread].some((all) => all.test(file))) return found;
  for (const statement of source.statements) if (ts.isVariableStatement(statement)) checkState(statement, report);
  if (!outermost.test(file)) checkGlobals(source, report);
  return found;
}

type ReportProblem = (node: ts.Node, problem: string) => void;

function checkState(statement: ts.VariableStatement, report: ReportProblem): void {
  if (!(statement.declarationList.flags & ts.NodeFlags.Const)) report(statement, "a variable at the top of a module");
  for (const { name, initializer } of statement.declarationList.declarations) {
    if (initializer && isEmptyCollection(initializer))
      report(name, "an empty collection at the top of a module: it can only be filled later");
  }
}

function isEmptyCollection(node: ts.Expression): boolean {
  if (ts.isArrayLiteralExpression(node)) return node.elements.length === 0;
  if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression)) return false;
  // A WeakMap is keyed by its owner: two runtimes find nothing of each other in it.
  return /^(Map|Set)$/.test(node.expression.text) && (node.arguments?.length ?? 0) === 0;
}

function checkGlobals(node: ts.Node, report: ReportProblem): void {
  const reached = reachedGlobal(node);
  if (reached) report(node, `${reached} belongs to core/shell, bin and config/load`);
  ts.forEachChild(node, (child) => checkGlobals(child, report));
}

function reachedGlobal(node: ts.Node): string | undefined {
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const { text } = node.expression;
  if (text === "console") return `console.${node.name.text}`;
  return text === "process" && ["env", "exit"].includes(node.name.text) ? `process.${node.name.text}` : undefined;
}
