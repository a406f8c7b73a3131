/** The shape of a command pattern as a shell would take it apart: its commands, operators and redirections, without running a parser. */

export interface LineShape {
  /** What stands between operators, without redirections. */
  commands: readonly string[];
  /** `&&`, `|`, … outside quotes and ( ). */
  operators: readonly string[];
  redirections: readonly { sign: string; target: string }[];
  /** More than one blank between two words. */
  isSpaced: boolean;
}

/** What is quoted or escaped is part of a word, and so is what starts a substitution. */
const ofWord = /\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|[$<>]\(/y;
const operator = /&&|\|\||\|&|;;?|\||&|\n/y;
const redirection = /(\d*(?:<<<|<<-?|<>|<&|>>|>\||>&|<|>)|&>>?)\s*((?:\\.|[^\s;&|<>\\])*)/y;
const blanks = /(?:\s{2,}|\t)\S/y;

interface Reading extends LineShape {
  commands: string[];
  operators: string[];
  redirections: { sign: string; target: string }[];
  /** Of ( ) and backticks, within which nothing is taken apart. */
  depth: number;
}

export function shapeOf(text: string): LineShape {
  const reading: Reading = { commands: [""], operators: [], redirections: [], isSpaced: false, depth: 0 };
  if (/[;&|<>\n\t"']| {2}/.test(text)) for (let at = 0; at < text.length; ) at += readAt(text, at, reading);
  else reading.commands = [text];
  const { operators, redirections, isSpaced } = reading;
  const commands = reading.commands.map((command) => command.trim()).filter((command) => command !== "");
  return { commands, operators, redirections, isSpaced };
}

/** How many letters were read. */
function readAt(text: string, at: number, reading: Reading): number {
  const { commands, operators, redirections } = reading;
  const word = found(ofWord, text, at)?.[0];
  const letter = text[at] ?? "";
  if (letter === "(" || (word !== undefined && /^[$<>]\($/.test(word))) reading.depth++;
  if (letter === ")") reading.depth = Math.max(0, reading.depth - 1);
  if (letter === "`") reading.depth = reading.depth === 0 ? 1 : reading.depth - 1;
  if (word === undefined && reading.depth === 0) {
    reading.isSpaced ||= found(blanks, text, at) !== undefined;
    // Digits before a sign are a descriptor only where a word begins.
    const isWordStart = /^\s?$/.test(text[at - 1] ?? "");
    const redirected = isWordStart || !/\d/.test(letter) ? found(redirection, text, at) : undefined;
    if (redirected !== undefined) {
      const [whole, sign = "", target = ""] = redirected;
      redirections.push({ sign, target });
      return whole.length;
    }
    const sign = found(operator, text, at)?.[0];
    if (sign !== undefined) {
      operators.push(sign === "\n" ? "a new line" : sign);
      commands.push("");
      return sign.length;
    }
  }
  commands.push(`${commands.pop() ?? ""}${word ?? letter}`);
  return (word ?? letter).length;
}

function found(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** Copies of descriptors, here-documents and the null device open no file. */
export function opensFile({ sign, target }: LineShape["redirections"][number]): boolean {
  const isCopy = sign.endsWith("&") && /^(?:\d+|-)?$/.test(target);
  return !isCopy && !sign.includes("<<") && target !== "/dev/null";
}
