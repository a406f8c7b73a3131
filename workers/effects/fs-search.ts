/**
 * fs.search: lines, files or counts by a pattern. ripgrep answers; where it does not start, JavaScript does. What the call
 * may not see is left out here, whichever engine it was, before anything is counted.
 */
import { GantryError } from "../../core/contract/errors.ts";
import type { SearchQuery, SearchResult } from "../../core/contract/plugin.ts";
import { hiddenIn } from "../../core/permission/files/confined-path.ts";
import type { EffectEnv, ScopePlace } from "./effect.ts";
import { findFiles } from "./fs-list.ts";
import { type Deadline, ripgrepIn, startDeadline, walkArgs } from "./ripgrep.ts";
import { isStillBelow, type SearchStart, withSearchStart } from "./search-folder.ts";
import { type Found, mostLineChars, readCounts, readFiles, readLines, type SearchRow } from "./search-rows.ts";
import { coversFolderText } from "./visible.ts";

const mostOutputBytes = 16 * 1024 * 1024;
export function covers(scopes: readonly string[], request: SearchQuery, place: ScopePlace): boolean {
  return coversFolderText(scopes, request.path, place);
}

export function describe(request: SearchQuery): string {
  return `search for ${request.pattern} in ${request.path ?? "the working folder"}`;
}

/** PATTERN_INVALID, SEARCH_TIMEOUT, FILE_NOT_FOUND, FILE_NOT_REGULAR, PATH_*. */
export async function perform(query: SearchQuery, env: EffectEnv): Promise<SearchResult> {
  checkPattern(query);
  const deadline = startDeadline();
  return withSearchStart(query.path, env, async (start) => {
    const [found, isHidden, listed] = await Promise.all([
      searchWith({ query, start, env, deadline }),
      hiddenIn(env.reach),
      listedBy({ query, start, env, deadline }),
    ]);
    const shown = (file: string): boolean => {
      const real = `${start.real}/${file}`;
      return !isHidden(real) && (listed?.has(file) ?? true) && (env.granted?.covers(real) ?? true);
    };
    return pageOf(found, { query, start, shown });
  });
}

/** ripgrep's second engine would take the pattern and then never match. */
function checkPattern({ pattern, multiline }: SearchQuery): void {
  if (multiline || !/(?<!\\)(?:\\\\)*\\n/.test(pattern)) return;
  throw new GantryError("PATTERN_INVALID", "the pattern holds \\n, which can only match with multiline");
}

interface Search {
  query: SearchQuery;
  start: SearchStart;
  env: EffectEnv;
  deadline: Deadline;
}

async function searchWith({ query, start, env, deadline }: Search): Promise<Found> {
  const output = await ripgrepIn(start, env, deadline)(searchArgs(query, start, env), { maxBytes: mostOutputBytes });
  if (output === undefined) {
    const { searchInJavascript } = await import("./fs-search-javascript.ts");
    return searchInJavascript({ query, start, env, deadline });
  }
  const read = { content: readLines, files_with_matches: readFiles, count: readCounts }[query.mode];
  return { rows: read(output.stdout.toString("utf8")), cut: output.cut, engine: "ripgrep" };
}

/** For a glob, the files that ignore files leave in: to ripgrep a glob is stronger than they are. */
async function listedBy({ query, start, env, deadline }: Search): Promise<Set<string> | undefined> {
  if (query.glob === undefined || query.glob.startsWith("!") || start.file !== undefined) return undefined;
  return new Set((await findFiles({ start, env, deadline, glob: undefined })).paths);
}

function searchArgs(query: SearchQuery, start: SearchStart, env: EffectEnv): string[] {
  const args = walkArgs(env, start.real, query.glob === undefined ? [] : [query.glob]);
  // Sorted walking is one thread's work; in exchange what a cap cuts off is the end, the same end each time.
  args.push("--sort=path", "--null", "--with-filename", "--no-heading", "--engine=auto", "--crlf");
  if (query.type !== undefined) args.push(`--type=${query.type}`);
  if (query.ignoreCase) args.push("--ignore-case");
  if (query.multiline) args.push("--multiline", "--multiline-dotall");
  if (query.mode === "files_with_matches") args.push("--files-with-matches");
  if (query.mode === "count") args.push("--count");
  if (query.mode === "content") {
    args.push("--line-number", `--max-columns=${mostLineChars}`, "--max-columns-preview");
    args.push(`--before-context=${query.before}`, `--after-context=${query.after}`);
  }
  return [...args, `--regexp=${query.pattern}`, "--", start.file === undefined ? "./" : `./${start.file}`];
}

interface Page {
  query: SearchQuery;
  start: SearchStart;
  shown(file: string): boolean;
}

/** Counts all that may be shown, keeps the rows between offset and limit. */
function pageOf(found: Found, { query, start, shown }: Page): SearchResult {
  const mayShow = remembered(shown);
  const isReal = remembered((file: string) => isStillBelow(start.real, file));
  const lines: string[] = [];
  let [total, matches, hasGap] = [0, 0, false];
  const add = (text: string): void => {
    if (total >= query.offset && total < query.offset + query.limit) lines.push(text);
    total++;
  };
  const isOnPage = (): boolean => total >= query.offset && total < query.offset + query.limit;
  for (const row of found.rows) {
    if (row.kind === "gap") hasGap = total > 0;
    else if (mayShow(row.file) && (!isOnPage() || isReal(row.file))) {
      if (hasGap) add("--");
      hasGap = false;
      matches += row.kind === "line" ? Number(row.isMatch) : row.kind === "count" ? row.count : 1;
      add(textOf(row, { query, start }));
    }
  }
  return { lines, total, matches, engine: found.engine, ...(found.cut && { cut: true }) };
}

function textOf(row: Exclude<SearchRow, { kind: "gap" }>, { query, start }: Omit<Page, "shown">): string {
  const file = start.prefix + row.file;
  if (row.kind === "file") return file;
  if (row.kind === "count") return `${file}:${row.count}`;
  const mark = row.isMatch ? ":" : "-";
  return query.lineNumbers ? `${file}${mark}${row.line}${mark}${row.text}` : `${file}${mark}${row.text}`;
}

function remembered(ask: (file: string) => boolean): (file: string) => boolean {
  const answers = new Map<string, boolean>();
  return (file) => {
    const known = answers.get(file) ?? ask(file);
    answers.set(file, known);
    return known;
  };
}
