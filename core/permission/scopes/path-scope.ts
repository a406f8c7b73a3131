/**
 * Scopes of files: `./src/**` below the workspace, `~/notes/**` below the user's home, `/**` anywhere. `**` stands for any
 * number of folders, `*` and `?` stay in one name. core/permission/grants.ts says which paths a scope covers.
 */

/** What is wrong with a scope, after its name; undefined when nothing is. */
export function pathProblem(scope: string): string | undefined {
  if (!/^(?:\.|~)?\//.test(scope)) return `begins with ./, ~/ or /; write ${JSON.stringify(suggested(scope))}`;
  const names = namesOf(scope);
  if (names.includes("..")) return "holds .., which a scope never follows; name the folder itself";
  if (scope === "/") return 'is the root alone; write "/**" for every file of this machine';
  const odd = /[{}[\]\\!]/.exec(scope)?.[0];
  if (odd !== undefined) return `holds ${odd}, which means nothing in a scope; only *, ** and ? do`;
  const mixed = names.find((name) => name.includes("**") && name !== "**");
  return mixed === undefined ? undefined : `holds ${JSON.stringify(mixed)}; ** stands alone between two slashes`;
}

function suggested(scope: string): string {
  return `./${scope.replace(/^[~.]+/, "")}`;
}

/** Whether every path that `narrow` covers is covered by `wide`, whatever the workspace and the home are. */
export function isPathCovered(narrow: string, wide: string): boolean {
  if (baseOf(wide) === "/" && globOf(wide).join() === "**") return true;
  if (baseOf(narrow) !== baseOf(wide)) return false;
  return sequenceCovers(globOf(wide), globOf(narrow), "**", nameCovers);
}

/** In words after "files": `under ./notes`. */
export function pathWords(scope: string): string {
  if (scope === "/**") return "anywhere on this machine";
  const glob = globOf(scope);
  const base = { "./": "the workspace", "~/": "your home folder", "/": "this machine" }[baseOf(scope)];
  if (glob.length === 1 && glob[0] === "**") return `anywhere in ${base}`;
  const folder = `${baseOf(scope)}${glob.slice(0, -1).join("/")}`;
  if (glob.at(-1) === "**" && !/[*?]/.test(folder)) return `under ${quoted(folder)}`;
  return /[*?]/.test(scope) ? `that match ${quoted(scope)}` : `at ${quoted(scope)}`;
}

/** A name that could be read as words of ours stands in quotes. */
function quoted(name: string): string {
  return /^[\p{L}\p{M}\p{N}_@%+:./~*?-]+$/u.test(name) ? name : JSON.stringify(name);
}

/** Reaches beyond the workspace. */
export const isWidePath = (scope: string): boolean => !scope.startsWith("./");

function baseOf(scope: string): "./" | "~/" | "/" {
  return scope.startsWith("./") ? "./" : scope.startsWith("~/") ? "~/" : "/";
}

const namesOf = (scope: string): string[] => scope.split("/").filter((name) => name !== "" && name !== ".");

/** Two `**` side by side say no more than one. */
const globOf = (scope: string): string[] =>
  namesOf(scope.slice(baseOf(scope).length)).filter((name, at, all) => name !== "**" || all[at - 1] !== "**");

/** A star of the narrow one stands for what nobody knows: only a star of the wide one takes it. */
function nameCovers(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  if (narrow === "**") return false;
  return sequenceCovers([...wide], [...narrow], "*", (one, other) => one === other || (one === "?" && other !== "*"));
}

/** `star` of the wide sequence stands for any number of items, stars of the narrow one included. */
function sequenceCovers(
  wide: readonly string[],
  narrow: readonly string[],
  star: string,
  covers: (wide: string, narrow: string) => boolean,
): boolean {
  let at = 0;
  let from = 0;
  let last: { at: number; from: number } | undefined;
  while (from < narrow.length) {
    const part = wide[at];
    if (part === star) {
      last = { at, from };
      at++;
    } else if (part !== undefined && narrow[from] !== star && covers(part, narrow[from] ?? "")) {
      at++;
      from++;
    } else if (last !== undefined) {
      last.from++;
      at = last.at + 1;
      from = last.from;
    } else return false;
  }
  while (wide[at] === star) at++;
  return at === wide.length;
}
