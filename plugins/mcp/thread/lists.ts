/** All pages of one list of a server, within bounds of pages and items. */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { isObject } from "./schema-shape.ts";

export const maxItems = 1000;
const maxPages = 100;
const maxCursorChars = 8192;
/** Of all items of one list together, as JSON: far over what is kept of them when they are shaped. */
const maxChars = 8 * 1024 * 1024;
/** Where it is told by nothing else: an item of a small message. */
const unknownChars = 64 * 1024;

export type ListMethod = "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list";

const fields = {
  "tools/list": "tools",
  "prompts/list": "prompts",
  "resources/list": "resources",
  "resources/templates/list": "resourceTemplates",
} as const;

export interface ListOptions {
  signal: AbortSignal;
  timeoutMs: number;
  onProblem(text: string): void;
}

/** What is read of an item; all else that it has, `_meta` and icons, is dropped with its page. */
const readFields = [
  ...["name", "title", "description", "inputSchema", "outputSchema", "annotations", "execution", "arguments"],
  ...["uri", "uriTemplate", "mimeType", "size"],
];

/**
 * Items as they came, without what nobody reads: the shape of each is the reader's business, so that one bad item does not hide
 * the others.
 */
export async function readList(client: Client, method: ListMethod, options: ListOptions): Promise<unknown[]> {
  const { signal, timeoutMs, onProblem } = options;
  const items: unknown[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  let chars = 0;
  for (let page = 0; page < maxPages; page++) {
    signal.throwIfAborted();
    const params = cursor === undefined ? {} : { cursor };
    const result = await client.request({ method, params }, ResultSchema, { signal, timeout: timeoutMs });
    const found: unknown = result[fields[method]];
    if (!Array.isArray(found)) onProblem(`Its answer to ${method} has no list of ${fields[method]}.`);
    else {
      for (const item of found.slice(0, maxItems + 1 - items.length)) {
        const lean = leanItem(item);
        chars += charsOf(lean);
        if (chars > maxChars) return tooLarge(items, method, onProblem);
        items.push(lean);
      }
    }
    const next: unknown = result["nextCursor"];
    if (items.length > maxItems) return tooMany(items, method, onProblem);
    if (typeof next !== "string" || next === "") return items;
    if (seen.has(next)) return repeated(items, method, onProblem);
    if (next.length > maxCursorChars) return oddCursor(items, method, onProblem);
    seen.add(next);
    cursor = next;
  }
  onProblem(`Its ${method} has more than ${maxPages} pages; the rest is left out.`);
  return items;
}

function tooMany(items: unknown[], method: ListMethod, onProblem: (text: string) => void): unknown[] {
  onProblem(`Its ${method} has more than ${maxItems} items; the rest is left out.`);
  return items.slice(0, maxItems);
}

function repeated(items: unknown[], method: ListMethod, onProblem: (text: string) => void): unknown[] {
  onProblem(`Its ${method} gave the same page again; the list ends there.`);
  return items;
}

function oddCursor(items: unknown[], method: ListMethod, onProblem: (text: string) => void): unknown[] {
  onProblem(`Its ${method} names the next page with more than ${maxCursorChars} characters; the list ends there.`);
  return items;
}

function leanItem(item: unknown): unknown {
  if (!isObject(item)) return undefined;
  return Object.fromEntries(readFields.flatMap((field) => (item[field] === undefined ? [] : [[field, item[field]]])));
}

function charsOf(item: unknown): number {
  try {
    return JSON.stringify(item)?.length ?? 0;
  } catch {
    // Nested without a bottom.
    return unknownChars;
  }
}

function tooLarge(items: unknown[], method: ListMethod, onProblem: (text: string) => void): unknown[] {
  onProblem(`Its ${method} has more than ${maxChars} characters; the rest is left out.`);
  return items;
}
