/** All pages of one list of a server, within bounds of pages and items. */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { ResultSchema } from "@modelcontextprotocol/sdk/types.js";

export const maxItems = 1000;
const maxPages = 100;

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

/** Items as they came: the shape of each is the reader's business, so that one bad item does not hide the others. */
export async function readList(client: Client, method: ListMethod, options: ListOptions): Promise<unknown[]> {
  const { signal, timeoutMs, onProblem } = options;
  const items: unknown[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    signal.throwIfAborted();
    const params = cursor === undefined ? {} : { cursor };
    const result = await client.request({ method, params }, ResultSchema, { signal, timeout: timeoutMs });
    const found: unknown = result[fields[method]];
    if (!Array.isArray(found)) onProblem(`Its answer to ${method} has no list of ${fields[method]}.`);
    else items.push(...found.slice(0, maxItems + 1 - items.length));
    const next: unknown = result["nextCursor"];
    if (items.length > maxItems) return tooMany(items, method, onProblem);
    if (typeof next !== "string" || next === "") return items;
    if (seen.has(next)) return repeated(items, method, onProblem);
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
