/** Which tools fit a query: words against names, servers, titles, descriptions and arguments. */
import { nearest } from "../contract/nearest.ts";

export interface SearchedTool {
  /** As it is called: `mcp__server__tool`. */
  name: string;
  /** The server's own name for it. */
  tool: string;
  server: string;
  title: string;
  description: string;
  arguments: readonly string[];
}

/** What fits so much less than the best is not what was meant. */
const weakest = 10;

interface Query {
  /** Each must fit somewhere. */
  required: string[];
  wanted: string[];
}

/** The best first; of equals the one whose name comes first. */
export function rankTools<Tool extends SearchedTool>(query: string, tools: readonly Tool[], most: number): Tool[] {
  const { required, wanted } = termsOf(query);
  const scored = tools.map((tool) => {
    const must = required.map((term) => scoreOf(term, tool));
    const may = wanted.map((term) => scoreOf(term, tool));
    const fits = [...must, ...may].filter((score) => score > 0).length;
    const sum = [...must, ...may].reduce((total, score) => total + score, 0);
    return { tool, score: must.includes(0) ? 0 : sum * fits };
  });
  const top = Math.max(0, ...scored.map(({ score }) => score));
  return scored
    .filter(({ score }) => score > 0 && score * weakest >= top)
    .sort((a, b) => b.score - a.score || (a.tool.name < b.tool.name ? -1 : 1))
    .slice(0, most)
    .map(({ tool }) => tool);
}

function termsOf(query: string): Query {
  const terms = query
    .toLowerCase()
    .split(/[\s,]+/)
    .slice(0, 50);
  const required = terms.filter((term) => /^\+./.test(term)).map((term) => term.slice(1));
  return { required, wanted: terms.filter((term) => /^[^+]/.test(term)) };
}

function scoreOf(term: string, { name, tool, server, title, description, arguments: fields }: SearchedTool): number {
  if (name.toLowerCase() === term || tool.toLowerCase() === term) return 20;
  return (
    best(term, wordsOf(tool), [10, 5]) +
    best(term, wordsOf(server), [5, 2]) +
    best(term, wordsOf(title), [4, 2]) +
    best(term, wordsOf(description), [2, 1]) +
    best(term, fields.flatMap(wordsOf), [2, 1])
  );
}

/** For a word that is the term, and for one that holds it. */
function best(term: string, words: readonly string[], [whole, part]: readonly [number, number]): number {
  if (words.includes(term)) return whole;
  return term.length > 2 && words.some((word) => word.includes(term)) ? part : 0;
}

function wordsOf(text: string): string[] {
  const split = text.replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase();
  // The whole too: `store-3` is one name.
  return [text.toLowerCase(), ...split.split(/[^\p{L}\p{N}]+/u)].filter((word) => word !== "");
}

/** Tools by their exact names, and for each name that is none the nearest. */
export function selectTools<Tool extends SearchedTool>(
  names: readonly string[],
  tools: readonly Tool[],
): { found: Tool[]; unknown: string[] } {
  const found: Tool[] = [];
  const unknown: string[] = [];
  for (const wanted of names) {
    const tool = tools.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
    if (tool === undefined) unknown.push(`${wanted}${nearText(wanted, tools)}`);
    else if (!found.includes(tool)) found.push(tool);
  }
  return { found, unknown };
}

function nearText(wanted: string, tools: readonly SearchedTool[]): string {
  const near = nearest(
    wanted,
    tools.map(({ name }) => name),
  );
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}
