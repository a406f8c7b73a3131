/**
 * The calls in a `.rules` file: a name, and keyword arguments that are texts, numbers, names or lists of those. The format is a
 * whole language; a file with more of it than that is not read, because what it computes may be a deny.
 */
import type { Json } from "gantry/plugin";
import type { Fault } from "../source-file.ts";

export interface RulesCall {
  name: string;
  fields: Record<string, Json>;
  line: number;
}

interface Token {
  kind: "text" | "name" | "sign" | "number";
  text: string;
  line: number;
}

const mostTokens = 200_000;
const deepest = 20;

export function parseRulesText(text: string): { calls: RulesCall[] } | Fault {
  try {
    const tokens = tokensOf(text.replace(/^\uFEFF/, ""));
    const reading = { tokens, at: 0 };
    const calls: RulesCall[] = [];
    while (reading.at < tokens.length) calls.push(callAt(reading));
    return { calls };
  } catch (error) {
    if (error instanceof Unread) return { line: error.line, message: error.message };
    throw error;
  }
}

class Unread extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

// ── Tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const blank = /(?:[ \t\r\n;]|\\\r?\n|#[^\n]*)+/y;
const quoted =
  /([rR]?)("""(?:\\[\s\S]|(?!""")[\s\S])*"""|'''(?:\\[\s\S]|(?!''')[\s\S])*'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/y;
const plain: readonly [Token["kind"], RegExp][] = [
  ["name", /[A-Za-z_]\w*/y],
  ["number", /-?\d+(?:\.\d+)?/y],
  ["sign", /[()[\],=]/y],
];

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const [found, token] = tokenAt(text, at, line);
    if (token !== undefined) tokens.push(token);
    if (tokens.length > mostTokens) throw new Unread(line, `it has more than ${mostTokens} words`);
    at += found.length;
    line += found.split("\n").length - 1;
  }
  return tokens;
}

function tokenAt(text: string, at: number, line: number): [string, Token | undefined] {
  blank.lastIndex = at;
  const space = blank.exec(text)?.[0];
  if (space !== undefined) return [space, undefined];
  quoted.lastIndex = at;
  const [whole, raw = "", body = ""] = quoted.exec(text) ?? [];
  if (whole !== undefined) return [whole, { kind: "text", text: textOf(body, { isRaw: raw !== "", line }), line }];
  for (const [kind, pattern] of plain) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return [found, { kind, text: found, line }];
  }
  throw new Unread(
    line,
    `${JSON.stringify(text[at] ?? "")} is not read here: a rules file is read where it holds only calls with plain values`,
  );
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\", "'": "'", '"': '"', "\n": "" };

function textOf(body: string, { isRaw, line }: { isRaw: boolean; line: number }): string {
  const marks = /^(?:"""|''')/.test(body) ? 3 : 1;
  const inner = body.slice(marks, -marks);
  if (isRaw) return inner;
  return inner.replaceAll(/\\([\s\S])/g, (_, letter: string) => {
    const meant = escapes[letter];
    if (meant === undefined) throw new Unread(line, `the escape \\${letter} is not read here`);
    return meant;
  });
}

// ── Calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Reading {
  tokens: readonly Token[];
  at: number;
}

function callAt(reading: Reading): RulesCall {
  const name = taken(reading, "name");
  wanted(reading, "(");
  const fields: Record<string, Json> = {};
  while (!isNext(reading, ")")) {
    const field = taken(reading, "name");
    wanted(reading, "=");
    if (Object.hasOwn(fields, field.text)) throw new Unread(field.line, `${field.text} is given twice`);
    Object.defineProperty(fields, field.text, { value: valueAt(reading, 0), enumerable: true });
    if (!isNext(reading, ")")) wanted(reading, ",");
  }
  wanted(reading, ")");
  return { name: name.text, fields, line: name.line };
}

function valueAt(reading: Reading, depth: number): Json {
  const token = reading.tokens[reading.at++];
  if (token === undefined) throw atEnd(reading);
  if (token.kind === "text") return joined(reading, token.text);
  if (token.kind === "number") return Number(token.text);
  if (token.kind === "name" && ["True", "False", "None"].includes(token.text))
    return token.text === "None" ? null : token.text === "True";
  if (token.text !== "[" || depth > deepest) throw new Unread(token.line, `${token.text} is no plain value`);
  const list: Json[] = [];
  while (!isNext(reading, "]")) {
    list.push(valueAt(reading, depth + 1));
    if (!isNext(reading, "]")) wanted(reading, ",");
  }
  wanted(reading, "]");
  return list;
}

/** Two texts side by side are no list of two: a comma was forgotten. */
function joined(reading: Reading, text: string): string {
  const next = reading.tokens[reading.at];
  if (next?.kind === "text") throw new Unread(next.line, "a comma is missing between two texts");
  return text;
}

function isNext({ tokens, at }: Reading, sign: string): boolean {
  return tokens[at]?.kind === "sign" && tokens[at].text === sign;
}

function wanted(reading: Reading, sign: string): void {
  const token = reading.tokens[reading.at++];
  if (token === undefined) throw atEnd(reading);
  if (token.kind !== "sign" || token.text !== sign)
    throw new Unread(token.line, `${sign} was expected, not ${token.text.slice(0, 40)}`);
}

function taken(reading: Reading, kind: Token["kind"]): Token {
  const token = reading.tokens[reading.at++];
  if (token === undefined) throw atEnd(reading);
  if (token.kind !== kind) throw new Unread(token.line, `a ${kind} was expected, not ${token.text.slice(0, 40)}`);
  return token;
}

function atEnd({ tokens }: Reading): Unread {
  return new Unread(tokens.at(-1)?.line ?? 1, "the file ends in the middle of a call");
}
