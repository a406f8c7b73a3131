/** Changes one place of a YAML text. A single value is replaced where it stands; else the document is printed anew, comments and all. */
import { type Document, isCollection, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Json } from "../core/contract/messages.ts";
import { elementsOf, type Spot } from "./spot.ts";

/** `text` has no faults. */
export function editYaml(text: string, spot: Spot): string {
  const document = parseDocument(text, { version: "1.2", keepSourceTokens: true });
  if (!canReach(document, spot.path)) return text;
  const spliced = spot.how === "set" ? inPlace(document, text, spot.path, spot.value) : undefined;
  if (spliced !== undefined) return spliced;
  if (spot.how === "remove") document.deleteIn(spot.path);
  else if (spot.how === "set") put(document, spot.path, spot.value);
  else {
    const list = document.getIn(spot.path, true);
    const values = elementsOf(spot);
    if (isSeq(list)) for (const value of values) list.add(document.createNode(value));
    else put(document, spot.path, values);
  }
  return document.toString({ lineWidth: 0, indent: indentOf(text), indentSeq: indentsLists(text) });
}

/** No alias and no plain value on the way. */
function canReach(document: Document, path: readonly string[]): boolean {
  return path.slice(0, -1).every((_, depth) => {
    const node = document.getIn(path.slice(0, depth + 1), true);
    return node === undefined || isCollection(node);
  });
}

/** Undefined where it is not one plain value in place of another. */
function inPlace(document: Document, text: string, path: readonly string[], value: Json): string | undefined {
  const node = document.getIn(path, true);
  if (!isScalar(node) || !node.range || typeof value === "object") return undefined;
  const [start, end] = node.range;
  const written = JSON.stringify(value);
  const old = text.slice(start, end);
  if (old === "" || old.includes("\n") || node.anchor !== undefined || node.tag !== undefined) return undefined;
  const isPlain =
    typeof value !== "string" || (/^[A-Za-z][\w./-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off)$/i.test(value));
  return text.slice(0, start) + (isPlain ? String(value) : written) + text.slice(end);
}

/** A group in the braces style keeps it; what is made new is made of lines. */
function put(document: Document, path: readonly string[], value: Json): void {
  if (document.contents === null) document.contents = document.createNode({});
  const root = document.contents;
  if (isMap(root) && root.items.length === 0) root.flow = false;
  const node = document.createNode(value);
  if (isCollection(node)) node.flow = false;
  document.setIn(path, node);
}

function indentOf(text: string): number {
  const [, spaces = "  "] = /^( {1,8})[^\s#-]/m.exec(text) ?? [];
  return spaces.length;
}

/** Whether lists stand further in than their keys. */
function indentsLists(text: string): boolean {
  const [, key = "", item = " "] = /^( *)[^\s#-][^\n]*:[ \t]*\n( *)- /m.exec(text) ?? [];
  return item.length > key.length;
}
