/**
 * Gitignore patterns against absolute real paths. Plain ones (names, `*` and `?` in one segment, anchored paths) become one
 * regular expression, so that the common call loads nothing; `**`, classes and mixed negations are left to the `ignore`
 * package, loaded when first met. A pattern that matches a folder matches all below it; `x/**` matches the folder x too.
 */
import { sep } from "node:path";
import { isBalanced } from "./balanced.ts";

export type PathTest = (path: string) => boolean;

export interface PatternGroup {
  /** Absolute folder that the patterns are relative to; nothing outside it matches. */
  base: string;
  patterns: readonly string[];
}

/**
 * `strict` is for what restricts: letter case and Unicode forms make no difference, so that no spelling slips by on a file
 * system that ignores them. What allows is compared letter by letter.
 */
export async function compilePatterns({ base, patterns }: PatternGroup, { strict }: { strict: boolean }): Promise<PathTest> {
  const normal = (text: string) => (strict ? composed(text) : text);
  const lines = patterns.map((pattern) => simpler(normal(pattern)));
  const test = compilePlain(lines, strict) ?? (await compileFull(lines, strict));
  const root = normal(base);
  return (path) => {
    const relative = relativeTo(root, normal(path));
    return relative !== undefined && test(relative);
  };
}

/** ASCII is in that form already, and a look at it costs less than asking for the form. */
function composed(text: string): string {
  return /[^\0-\x7f]/.test(text) ? text.normalize("NFC") : text;
}

/** `text` as a pattern that means only itself. */
export function escapeGlob(text: string): string {
  const braces = /\{.*,.*\}/s.test(text) ? "{" : "";
  const round = isBalanced(text, { quotes: false }) ? "" : "()";
  const special = new RegExp(`[\\\\*?[\\]${braces}${round}]`, "g");
  return text.replace(special, "\\$&").replace(/ (?= *$)/g, "\\ ");
}

function relativeTo(root: string, path: string): string | undefined {
  const start = root === sep ? 1 : root.length + 1;
  if (path.length <= start || path[start - 1] !== sep || !path.startsWith(root)) return undefined;
  return path.slice(start);
}

/** The same meaning without `**` where it adds nothing: most lines are plain then. A line with an inner `/` stays anchored. */
function simpler(pattern: string): string {
  if (!pattern.includes("**")) return pattern;
  if (/^\/?\*\*(?:\/\*{0,2})?$/.test(pattern)) return "*";
  // Only below a folder that is named: `*/**` must not take files along that lie beside the folders.
  const below = /^((?:[^!].*)?\/?[^/*?[\]\\!]+)\/\*\*\/?$/s.exec(pattern)?.[1];
  const line = below === undefined ? pattern : below.startsWith("/") || below.startsWith("**/") ? below : `/${below}`;
  const name = /^\*\*\/([^/]+)$/s.exec(line)?.[1];
  return name ?? line;
}

// ── Plain patterns ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Comments, `**`, classes, a space or backslash at the end, empty names. */
const notPlain = /^#|\*\*|[[\]]|(?:^|[^\\]) $|\\$|\/\//;

/** Undefined when one of the lines needs the whole syntax, or a negation is followed by a pattern. */
function compilePlain(lines: readonly string[], ignoreCase: boolean): PathTest | undefined {
  const positive: string[] = [];
  const negative: string[] = [];
  for (const line of lines) {
    const negated = line.startsWith("!");
    if (!negated && negative.length > 0) return undefined;
    const source = plainSource(negated ? line.slice(1) : line);
    if (source === undefined) return undefined;
    (negated ? negative : positive).push(source);
  }
  if (positive.length === 0) return () => false;
  const flags = ignoreCase ? "isu" : "su";
  const any = new RegExp(`(?:${positive.join("|")})(?=/|$)`, flags);
  if (negative.length === 0) return (path) => any.test(path);
  const atEnd = (sources: readonly string[]) => new RegExp(`(?:${sources.join("|")})$`, flags);
  // Folder by folder, as git does: what is below a matched folder cannot be taken out again.
  return (path) => {
    if (!any.test(path)) return false;
    const [whole, except] = [atEnd(positive), atEnd(negative)];
    return prefixesOf(path).some((prefix) => whole.test(prefix) && !except.test(prefix));
  };
}

/** A gitignore line as the source of an expression without an end, or undefined when it is not plain. */
function plainSource(line: string): string | undefined {
  const body = line.endsWith("/") ? line.slice(0, -1) : line;
  if (body === "" || notPlain.test(body)) return undefined;
  const source = body.replace(/\\(.)|[*?^$.+()|{}]/gsu, (special, escaped: string | undefined) => {
    if (special === "*") return "[^/]*";
    if (special === "?") return "[^/]";
    return literal(escaped ?? special);
  });
  if (source.startsWith("/")) return `^${source.slice(1)}`;
  return body.includes("/") ? `^${source}` : `(?:^|/)${source}`;
}

function literal(letter: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(letter) ? `\\${letter}` : letter;
}

function prefixesOf(path: string): string[] {
  const prefixes: string[] = [];
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) prefixes.push(path.slice(0, at));
  prefixes.push(path);
  return prefixes;
}

// ── The whole syntax ─────────────────────────────────────────────────────────────────────────────────────────────────

async function compileFull(lines: readonly string[], ignoreCase: boolean): Promise<PathTest> {
  const { default: ignore } = await import("ignore");
  const matcher = ignore({ ignorecase: ignoreCase, allowRelativePaths: true });
  for (const pattern of lines) matcher.add({ pattern });
  // Asked as a file and as a folder: nobody has looked yet, and `dir/` must not be slipped by without its slash.
  return (path) => matcher.ignores(path) || matcher.ignores(`${path}/`);
}
