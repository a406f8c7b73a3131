/**
 * Changes one place of a JSON text and no other letter. Not by jsonc-parser's own edits: those take the comment behind a value
 * away with the next key, or move it to the next line's.
 */
import { findNodeAtLocation, type Node, parseTree } from "jsonc-parser";
import type { Json } from "../core/contract/messages.ts";
import { elementsOf, type Spot } from "./spot.ts";

interface Splice {
  at: number;
  length: number;
  text: string;
}

/** `text` has no faults. Where the place cannot be reached it comes back as it was. */
export function editJson(text: string, spot: Spot): string {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const body = text.slice(mark.length);
  if (body.trim() === "") return `${mark}${edited("{}\n", spot)}`;
  return mark + edited(body, spot);
}

function edited(text: string, spot: Spot): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root === undefined) return text;
  return applied(text, splices(text, root, spot));
}

function splices(text: string, root: Node, spot: Spot): Splice[] {
  const { path } = spot;
  const there = findNodeAtLocation(root, path);
  if (spot.how === "remove") return there?.parent === undefined ? [] : removal(text, there.parent);
  const layout = layoutOf(text);
  if (there !== undefined) {
    if (spot.how !== "set" && there.type === "array") {
      const added = elementsOf(spot).map((value) => (indent: string | undefined) => pretty(value, indent, layout));
      return insertion(text, there, added, layout);
    }
    const value = spot.how === "set" ? spot.value : elementsOf(spot);
    return [{ at: there.offset, length: there.length, text: pretty(value, indentAt(text, there.offset), layout) }];
  }
  let depth = path.length - 1;
  while (depth > 0 && findNodeAtLocation(root, path.slice(0, depth)) === undefined) depth--;
  const parent = depth === 0 ? root : findNodeAtLocation(root, path.slice(0, depth));
  if (parent?.type !== "object") return [];
  const leaf: Json = spot.how === "set" ? spot.value : elementsOf(spot);
  const value = path.slice(depth + 1).reduceRight<Json>((inner, key) => Object.fromEntries([[key, inner]]), leaf);
  const property = (indent: string | undefined): string =>
    `${JSON.stringify(path[depth] ?? "")}: ${pretty(value, indent, layout)}`;
  return insertion(text, parent, [property], layout);
}

/** Children more at the end of an object or list, on lines of their own where the others have theirs. */
function insertion(
  text: string,
  into: Node,
  children: readonly ((indent: string | undefined) => string)[],
  { eol, unit }: Layout,
): Splice[] {
  const lines = (indent: string): string => children.map((child) => `${eol}${indent}${child(indent)}`).join(",");
  const close = into.offset + into.length - 1;
  const outer = indentAt(text, into.offset);
  const last = into.children?.at(-1);
  if (last === undefined) {
    const inside = text.slice(into.offset + 1, close);
    const end = into.offset + 1 + inside.trimEnd().length;
    const tail = inside.slice(inside.trimEnd().length).includes("\n") ? "" : `${eol}${outer}`;
    const length = tail === "" ? 0 : close - end;
    return [{ at: end, length, text: `${lines(outer + unit)}${tail}` }];
  }
  const lastEnd = last.offset + last.length;
  const comma = commaAfter(text, lastEnd);
  const end = comma === undefined ? lastEnd : comma + 1;
  if (!text.slice(lastEnd, close).includes("\n")) {
    const words = children.map((child) => ` ${child(undefined)}`).join(",");
    return [{ at: end, length: 0, text: `${comma === undefined ? "," : ""}${words}` }];
  }
  const indent = indentAt(text, last.offset);
  const line = `${lines(indent)}${comma === undefined ? "" : ","}`;
  const added: Splice = { at: endOfLine(text, end), length: 0, text: line };
  return comma === undefined ? [{ at: lastEnd, length: 0, text: "," }, added] : [added];
}

/** With one comma: the one behind it, else the one before it. */
function removal(text: string, property: Node): Splice[] {
  const end = property.offset + property.length;
  const comma = commaAfter(text, end);
  const siblings = property.parent?.children ?? [];
  const previous = siblings[siblings.indexOf(property) - 1];
  const before =
    comma === undefined && previous !== undefined ? commaAfter(text, previous.offset + previous.length) : undefined;
  const own = wholeLines(text, property.offset, comma === undefined ? end : comma + 1);
  return [...(before === undefined ? [] : [{ at: before, length: 1, text: "" }]), own];
}

/** The range, and its lines where nothing else is on them. */
function wholeLines(text: string, from: number, to: number): Splice {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const newline = text.indexOf("\n", to);
  const isAlone = newline !== -1 && text.slice(start, from).trim() === "" && text.slice(to, newline).trim() === "";
  if (isAlone) return { at: start, length: newline + 1 - start, text: "" };
  const blank = /^[ \t]*/.exec(text.slice(to))?.[0].length ?? 0;
  return { at: from, length: to + blank - from, text: "" };
}

/** Blanks and comments, from where it is set to. */
const between = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;

function commaAfter(text: string, from: number): number | undefined {
  let at = from;
  for (between.lastIndex = at; between.test(text); between.lastIndex = at) at = between.lastIndex;
  return text[at] === "," ? at : undefined;
}

/** Behind the comments that are on the same line. */
function endOfLine(text: string, from: number): number {
  const [rest = ""] = /^(?:[ \t]|\/\*(?:(?!\*\/)[^\n])*\*\/)*(?:\/\/[^\n\r]*)?/.exec(text.slice(from)) ?? [];
  return from + rest.trimEnd().length;
}

interface Layout {
  eol: string;
  unit: string;
}

/** As the text has it: its line ends, and the indentation of its first indented line. */
function layoutOf(text: string): Layout {
  return { eol: text.includes("\r\n") ? "\r\n" : "\n", unit: /^([ \t]+)["/]/m.exec(text)?.[1] ?? "  " };
}

function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1))?.[0] ?? "";
}

/** Short ones on one line, and all without an indent. */
function pretty(value: Json, indent: string | undefined, { eol, unit }: Layout): string {
  const short = JSON.stringify(value, null, 1)
    .replaceAll(/(?<=\[)\n\s*|\n\s*(?=\])/g, "")
    .replaceAll(/\n\s*/g, " ");
  if (indent === undefined) return short;
  if (short.length <= 80 && (typeof value !== "object" || Array.isArray(value))) return short;
  return JSON.stringify(value, null, unit).replaceAll("\n", `${eol}${indent}`);
}

function applied(text: string, list: readonly Splice[]): string {
  // Of two at one place the later in the list goes in first, and so stands behind the other.
  return list
    .toReversed()
    .toSorted((left, right) => right.at - left.at)
    .reduce((now, { at, length, text: put }) => now.slice(0, at) + put + now.slice(at + length), text);
}
