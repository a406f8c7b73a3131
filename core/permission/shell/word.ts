/** One word of a shell line: its value when nothing in it is expanded, else what can be said about what it becomes. */
import type { DoubleQuotedChild, ParameterExpansionPart, Word, WordPart } from "unbash";
import { patternsOf } from "./word-patterns.ts";

export interface ShellWord {
  text: string;
  /** The word itself when it is literal; else the text. */
  value: string;
  isLiteral: boolean;
  /** It stays one word and does not begin with a dash, whatever it expands to. */
  isNoFlag: boolean;
  /** All of it is in double quotes, or literal: it becomes exactly one word. */
  isOne: boolean;
  /** The file that it names, as a path: relative, absolute, or with `~/`. Undefined when only the shell knows. */
  path: string | undefined;
  /** `path` has `*` or `?` that the shell expands. */
  isGlob: boolean;
  /** `path` goes up behind a name: where that name is a link, the kernel goes elsewhere than the text says. */
  isWinding: boolean;
  /** Where braces and patterns of files are all that is open in it: each of what it may become (word-patterns.ts). */
  patterns?: readonly string[];
}

/** A word of a plain line: all of it is literal. */
export function plainWord(value: string): ShellWord {
  return literalWord(quoted(value), value);
}

/** A word whose value is put in only when the line runs (`{}` of find and xargs). */
export function openWord({ text }: ShellWord): ShellWord {
  return {
    text,
    value: text,
    isLiteral: false,
    isNoFlag: false,
    isOne: false,
    path: undefined,
    isGlob: false,
    isWinding: false,
  };
}

/** A word in the one spelling that its value has. */
export function quoted(word: string): string {
  return word !== "" && /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

export function readWord(word: Word): ShellWord {
  const { text, parts } = word;
  const isTilde = /(?:^|[=:])~/.test(text) && hasTilde(word);
  if (isDoubtful(word)) return openWord(literalWord(text, text));
  if (parts === undefined && !isTilde) return isSound(word.value) ? literalWord(text, word.value) : open(word, []);
  const all = parts ?? [];
  const value = isTilde ? undefined : literalOf(all);
  if (value !== undefined && isSound(value)) return literalWord(text, value);
  return open(word, all);
}

/**
 * Whether the parser took for plain letters what a shell may expand: it does so where a line break is escaped within an
 * expansion, and where an array has letters behind it.
 */
export function isDoubtful({ text, parts }: Word): boolean {
  if (parts === undefined) return hasSpecial(text);
  return parts.some((part) => {
    if (part.type === "Literal") return hasSpecial(part.text);
    return part.type === "DoubleQuoted" && part.parts.some((inner) => inner.type === "Literal" && hasExpansion(inner.text));
  });
}

/** Letters that mean something outside quotes. A dollar at the end is only a dollar. */
function hasSpecial(text: string): boolean {
  return /[$`()<>;&|'"](?!$)|[`()<>;&|'"]$/.test(text.replace(/\\\n/g, "").replace(/\\./gs, "_"));
}

function hasExpansion(text: string): boolean {
  return /`|\$[\w({@*#?$!-]/.test(text.replace(/\\\n/g, "").replace(/\\./gs, "_"));
}

function literalWord(text: string, value: string): ShellWord {
  return {
    ...{ text, value, isLiteral: true, isNoFlag: !value.startsWith("-"), isOne: true, isGlob: false },
    path: value === "" ? undefined : value.startsWith("~") ? `./${value}` : value,
    isWinding: isWinding(value),
  };
}

function open({ text, value }: Word, parts: readonly WordPart[]): ShellWord {
  const isOne = parts.length > 0 && parts.every(staysOne);
  const home = /^~\/[^~]*$/.test(text) && parts.every(({ type }) => type === "Literal" || type === "Glob");
  const isGlob = parts.some(({ type }) => type === "Glob");
  const isPattern =
    isGlob && parts.every((part) => part.type === "Literal" || (part.type === "Glob" && part.kind !== "bracket"));
  const patterns = patternsOf(text, parts);
  const isPath = (home || (isPattern && !/(?:^|[=:])~/.test(text))) && !/[\\{}]/.test(text) && isSound(value);
  return {
    ...{ text, value: text, isLiteral: false, isOne, isGlob: isPath && isGlob },
    isNoFlag: home || (parts.every((part) => staysOne(part) || isPlainGlob(part)) && beginsPlain(parts[0])),
    path: isPath ? value : undefined,
    isWinding: isPath && isWinding(value),
    ...(patterns !== undefined && { patterns }),
  };
}

function isPlainGlob(part: WordPart): boolean {
  return part.type === "Glob" && part.kind !== "bracket";
}

/** A first part with letters of its own, none of them a dash. */
function beginsPlain(part: WordPart | undefined): boolean {
  if (part === undefined) return false;
  if (part.type === "DoubleQuoted") return beginsPlain(part.parts[0]);
  if (part.type === "Literal" || part.type === "SingleQuoted") return part.value !== "" && !/^[-~]/.test(part.value);
  return part.type === "ProcessSubstitution";
}

function hasTilde({ text, parts }: Word): boolean {
  if (parts === undefined) return true;
  return (
    parts.some((part, index) => part.type === "Literal" && (index === 0 ? /(?:^|[=:])~/ : /[=:]~|^~/).test(part.text)) ||
    text.startsWith("~")
  );
}

function literalOf(parts: readonly WordPart[]): string | undefined {
  let value = "";
  for (const part of parts) {
    const piece = pieceOf(part);
    if (piece === undefined) return undefined;
    value += piece;
  }
  return value;
}

function pieceOf(part: WordPart): string | undefined {
  if (part.type === "Literal" || part.type === "SingleQuoted") return part.value;
  // What these mean depends on the language that is set, and nothing goes on behind a NUL.
  if (part.type === "AnsiCQuoted") return /\\[cuU0]/.test(part.text) ? undefined : part.value;
  return part.type === "DoubleQuoted" ? literalOf(part.parts) : undefined;
}

function staysOne(part: WordPart): boolean {
  if (part.type === "DoubleQuoted") return part.parts.every(isSingle);
  return part.type === "Literal" || part.type === "SingleQuoted" || part.type === "ProcessSubstitution";
}

/** `"$@"` becomes several words also within quotes. */
function isSingle(part: DoubleQuotedChild): boolean {
  if (part.type === "SimpleExpansion") return part.text !== "$@";
  return part.type !== "ParameterExpansion" || !isMany(part);
}

function isMany({ text }: ParameterExpansionPart): boolean {
  return text.includes("@");
}

/** Without letters that no terminal shows or that end a word in some programs. */
function isSound(value: string): boolean {
  return !/[\0-\x08\x0b-\x1f\x7f]/.test(value);
}

export function isWinding(path: string): boolean {
  if (!path.includes("..")) return false;
  const names = path.split("/");
  const first = names.findIndex((name) => name !== "" && name !== "." && name !== "..");
  return first !== -1 && names.includes("..", first);
}
