/**
 * A line that needs a parser: every node of its tree is met, substitutions of words and here-documents included. Loaded
 * only for such lines. What is not known to mean the same in sh and bash, or is computed while the line runs, is undecided.
 */
import {
  type ArithmeticExpression,
  type Command,
  forEachChild,
  parse,
  type Redirection,
  type SyntaxNode,
  type TestExpression,
  type Word,
} from "unbash";
import { type Findings, isShellName, lineOf, newFindings, noteVariable, readCommand } from "./command.ts";
import type { ShellCommand, ShellLine } from "./facts.ts";
import { isTableName } from "./program-flags.ts";
import { noteRedirection } from "./redirection.ts";
import { isDoubtful, readWord } from "./word.ts";

interface Place {
  commands: ShellCommand[];
  found: Findings;
  depth: number;
  /** Within a loop or function. */
  repeats: boolean;
  /** Within double quotes or a here-document, where shells read quotes of `${…}` in different ways. */
  isQuoted: boolean;
}

const maxCommands = 500;
/** What a terminal does not show, or shows as a space: a line must not look like another. */
const unseen = /[\0-\x08\x0b-\x1f\x7f]|(?![ \t\n])[\p{Z}\p{Default_Ignorable_Code_Point}]/u;

export function parseLine(text: string): ShellLine {
  const found = newFindings((script, depth) => readScript(script, depth, found));
  const hidden = unseen.exec(text)?.[0];
  if (hidden !== undefined) found.undecided = `it holds ${JSON.stringify(hidden)}, which cannot be seen`;
  else if (!text.isWellFormed()) found.undecided = "it holds half a letter";
  else if (text.endsWith("\\")) found.undecided = "it ends with a backslash";
  const commands = readScript(text, 0, found);
  return lineOf(text, commands, found);
}

function readScript(text: string, depth: number, found: Findings): ShellCommand[] {
  const commands: ShellCommand[] = [];
  if (breaksWithin(text)) found.undecided ??= "a line break is escaped within a word or sign";
  try {
    visit(parse(text), { commands, found, depth, repeats: depth > 0, isQuoted: false });
  } catch (error) {
    found.undecided ??= `it cannot be parsed: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (commands.length === 0 && depth === 0 && found.writes.length + found.reads.length === 0)
    found.undecided ??= "no command was found in it";
  return commands;
}

/**
 * A shell takes an escaped line break away before it looks for words and signs; the parser does so later, or not at all.
 * Both say the same only where it stands between them.
 */
function breaksWithin(text: string): boolean {
  for (let at = text.indexOf("\\\n"); at !== -1; at = text.indexOf("\\\n", at + 1)) {
    let start = at;
    while (text[start - 1] === "\\") start--;
    // The backslash is itself escaped.
    if ((at - start) % 2 === 1) continue;
    const before = text.slice(Math.max(0, at - 2), at);
    const isBehindSign = /[;&|]$/.test(before) && /[ \t\w./-]/.test(text[at + 2] ?? "");
    if (!isBehindSign && !/^$|\n$|^[ \t]$|[^\\][ \t]$/.test(before)) return true;
  }
  return false;
}

function visit(node: SyntaxNode, place: Place): void {
  const why = objectionTo(node, place);
  if (why !== undefined) place.found.undecided ??= why;
  if (node.type === "Command") addCommand(node, place);
  else if (isRedirection(node)) noteRedirection(node, place.found);
  if (node.type === "Word" && isDoubtful(node)) visitAgain(node, place);
  const inner = { ...place, ...placeWithin(node, place) };
  forEachChild(node, (child) => visit(child, inner));
}

/** What the parser took for letters, as the list that it begins with: the line is asked, and deny rules see what is in it. */
function visitAgain({ text }: Word, place: Place): void {
  if (/^\(.*\)[^)]+$/s.test(text)) visit(parse(`_=${text.slice(0, text.lastIndexOf(")") + 1)}`), place);
}

function placeWithin({ type }: SyntaxNode, { repeats, isQuoted }: Place): Pick<Place, "repeats" | "isQuoted"> {
  if (type === "Function" || type === "While" || type === "For" || type === "ArithmeticFor") return { repeats: true, isQuoted };
  if (type === "DoubleQuoted" || type === "HereDocBody") return { repeats, isQuoted: true };
  return { repeats, isQuoted: isQuoted && type !== "CommandExpansion" };
}

function isRedirection(node: SyntaxNode): node is Redirection {
  return node.type === "Redirect" || node.type === "HereDoc" || node.type === "HereString";
}

function addCommand(node: Command, { commands, found, depth, repeats }: Place): void {
  const assignments = node.prefix.flatMap((part) => (part.type === "Assignment" ? [{ name: part.name, text: part.text }] : []));
  const odd = node.prefix.find(
    (part) => part.type === "Assignment" && (part.index !== undefined || part.value.type === "ArrayValue"),
  );
  if (odd !== undefined) found.undecided ??= "it sets an array";
  const words = [...(node.name === undefined ? [] : [node.name]), ...node.args].map((word) =>
    word.type === "Word" ? readWord(word) : assignmentWord(word.text, word.name),
  );
  // A redirection by itself, `> file` or `$(< file)`, runs nothing.
  if (words.length === 0 && assignments.length === 0) return;
  if (commands.length >= maxCommands) found.undecided ??= `it has more than ${maxCommands} commands`;
  else commands.push(readCommand({ words, assignments, depth, repeats }, found));
}

/** `NAME=value` among the arguments of export and the like. */
function assignmentWord(text: string, name: string) {
  const value = /^[\w@%+=:,./-]+$/.test(text);
  return {
    text: value ? text : `${name}=${text.slice(name.length + 1)}`,
    value: text,
    isLiteral: value,
    isNoFlag: true,
    isOne: true,
    path: undefined,
    isGlob: false,
    isWinding: false,
  };
}

/** Why the line is undecided, when this node is one of those that are computed or differ between shells. */
function objectionTo(node: SyntaxNode, { found, isQuoted }: Place): string | undefined {
  switch (node.type) {
    case "Script":
      return node.errors?.[0] === undefined ? undefined : `it cannot be parsed: ${node.errors[0].message}`;
    case "CommandExpansion":
    case "ProcessSubstitution":
      return node.script === undefined
        ? `${node.text} cannot be parsed`
        : node.text.startsWith("${")
          ? `it holds ${node.text}, which shells read in different ways`
          : undefined;
    case "Function":
      return functionProblem(node.name.text);
    case "For":
      return /^[A-Za-z_]\w*$/.test(node.name.text)
        ? noteVariable(node.name.text, found)
        : "a loop's variable is not plainly named";
    case "Select":
    case "Coproc":
    case "ArithmeticFor":
    case "ArithmeticCommand":
    case "ExtendedGlob":
    case "LocaleString":
      return `it holds ${oddNames[node.type]}, which shells read in different ways`;
    case "ArithmeticExpansion":
      return node.expression !== undefined && isNumeric(node.expression)
        ? undefined
        : `${node.text} computes more than numbers`;
    case "TestCommand":
      return testProblem(node.expression);
    case "ParameterExpansion":
      return parameterProblem(node, isQuoted, found);
    case "Assignment":
      return node.index === undefined ? undefined : "it sets an element of an array";
    case "Word":
      return wordProblem(node);
    default:
      return undefined;
  }
}

function wordProblem(word: Word): string | undefined {
  if (/\$\[/.test(word.text)) return "it holds $[…]";
  if (/^\{[A-Za-z_]\w*\[/.test(word.text)) return `${word.text} may set a variable`;
  return isDoubtful(word) && /[(`]/.test(word.text) ? `${word.text} may run commands` : undefined;
}

const oddNames = {
  Select: "select",
  Coproc: "coproc",
  ArithmeticFor: "for ((…))",
  ArithmeticCommand: "((…))",
  ExtendedGlob: "an extended pattern",
  LocaleString: '$"…"',
};

function functionProblem(name: string): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(name)) return `the function ${name} is not plainly named`;
  return isShellName(name) || isTableName(name) || name === "command_not_found_handle"
    ? `the function ${name} would stand for the command of that name`
    : undefined;
}

/** Names in arithmetic are computed again, and may run commands: `a[$(x)]`. */
function isNumeric(expression: ArithmeticExpression): boolean {
  switch (expression.type) {
    case "ArithmeticBinary":
      return (
        !/^[^=!<>]?=$|^(?:<<|>>|\*\*)=$/.test(expression.operator) && isNumeric(expression.left) && isNumeric(expression.right)
      );
    case "ArithmeticUnary":
      return isNumeric(expression.operand);
    case "ArithmeticTernary":
      return [expression.test, expression.consequent, expression.alternate].every(isNumeric);
    case "ArithmeticGroup":
      return isNumeric(expression.expression);
    case "ArithmeticWord":
      return /^\d+$/.test(expression.value);
    case "ArithmeticCommandExpansion":
      return false;
  }
}

/** `[[ … ]]` is a command with redirections in a shell that does not have it. */
function testProblem(expression: TestExpression): string | undefined {
  if (expression.type === "TestNot") return testProblem(expression.operand);
  if (expression.type === "TestUnary" && /^-[a-uw-zA-QS-Z]$/.test(expression.operator) && expression.operator !== "-o")
    return undefined;
  if (expression.type === "TestBinary" && /^(?:=|==|!=|-nt|-ot|-ef)$/.test(expression.operator)) return undefined;
  return "it holds [[ … ]] with more than a plain test";
}

function parameterProblem(
  node: Extract<SyntaxNode, { type: "ParameterExpansion" }>,
  isQuoted: boolean,
  found: Findings,
): string | undefined {
  const { text, parameter, prefix, index, operation } = node;
  if (prefix === "!") return `${text} names a variable by a variable`;
  if (index !== undefined && !/^(?:[@*]|\d+)$/.test(index.text)) return `${text} computes an index`;
  if (isQuoted && /['"\\]/.test(text)) return `${text} holds quotes within quotes, which shells read in different ways`;
  if (operation === undefined) return undefined;
  if (operation.type === "Default") {
    return operation.operator.endsWith("=") && /^\w+$/.test(parameter) ? noteVariable(parameter, found) : undefined;
  }
  if (operation.type === "Slice") {
    const parts = [operation.offset, ...(operation.length === undefined ? [] : [operation.length])];
    return parts.every((part) => /^\s*-?\d+$/.test(part.text)) ? undefined : `${text} computes a place`;
  }
  return operation.type === "Remove" || operation.type === "Replace" || operation.type === "CaseModification"
    ? undefined
    : `${text} reads a value in another way`;
}
