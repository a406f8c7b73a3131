/**
 * Globs over paths with `/`: `*` and `?` within one folder, `**` over any number of them, `{a,b}` either. A pattern without a
 * `/` fits a name in any folder. Compared segment by segment, without a regular expression: no pattern can take long.
 */

/** What keeps a pattern from working; undefined when it works. */
export function globProblem(pattern: string): string | undefined {
  if (pattern === "" || pattern.endsWith("/")) return `"${pattern}" names no file; a folder's files are ${pattern}**`;
  if (/[[\]\\]/.test(pattern)) return `"${pattern}" has a [, ] or \\, which are not supported`;
  if (/(^|[^/])\*\*|\*\*(?=[^/])/.test(pattern)) return `"${pattern}" has ** beside other letters; it stands alone between /`;
  const depth = [...pattern].reduce((open, letter) => (letter === "{" ? open + 1 : letter === "}" ? open - 1 : open), 0);
  if (depth !== 0 || /\{[^}]*\{|^[^{]*\}/.test(pattern)) return `"${pattern}" has braces that are open or one in another`;
  if (alternatives(pattern).length > 64) return `"${pattern}" stands for more than 64 patterns; write fewer braces`;
  return undefined;
}

/** `path` is relative without `.` and `..`, or absolute for patterns that begin with `/`. Case and Unicode form do not count. */
export function fitsGlob(pattern: string, path: string): boolean {
  return alternatives(folded(pattern)).some((plain) => {
    const wanted = plain.includes("/") ? plain : `**/${plain}`;
    return fitsFrom(wanted.split("/"), folded(path).split("/"));
  });
}

function alternatives(pattern: string): string[] {
  const match = /^([^{]*)\{([^}]*)\}(.*)$/s.exec(pattern);
  if (match === null) return [pattern];
  const [, before = "", choices = "", after = ""] = match;
  const rest = alternatives(after);
  return choices.split(",").flatMap((choice) => rest.map((end) => before + choice + end));
}

/** Row by row, as for the difference of two texts: pattern length × path length steps, never more. */
function fitsFrom(pattern: readonly string[], path: readonly string[]): boolean {
  let reachable = [true, ...path.map(() => false)];
  for (const part of pattern) {
    const next = path.map((segment, index) =>
      part === "**" ? false : reachable[index] === true && fitsSegment(part, segment),
    );
    if (part === "**") reachable = spread(reachable);
    else reachable = [false, ...next];
  }
  return reachable.at(-1) === true;
}

function spread(reachable: readonly boolean[]): boolean[] {
  let seen = false;
  return reachable.map((here) => {
    seen ||= here;
    return seen;
  });
}

function fitsSegment(pattern: string, text: string): boolean {
  let reachable = [true, ...[...text].map(() => false)];
  const letters = [...text];
  for (const wanted of pattern) {
    if (wanted === "*") reachable = spread(reachable);
    else reachable = [false, ...letters.map((letter, at) => reachable[at] === true && (wanted === "?" || wanted === letter))];
  }
  return reachable.at(-1) === true;
}

function folded(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
