/**
 * THE way to tell which tools a matcher of another agent's file speaks of. Such a text is never run as an expression: one can be
 * written that takes for ever. Readers use `toolTest` for expressions and `wildcardFits` for patterns with `*` and `?`.
 */

const longest = 4000;

/** `^` and `$` as they stand, `.*` at either end, letters that mean themselves between. */
const alternative = /^(\^?)((?:\.\*)?)([A-Za-z0-9_-]*)((?:\.\*)?)(\$?)$/;

/**
 * A test of a tool's name, in any part of it where nothing anchors it. Undefined where nobody can tell: then it may be any tool,
 * and every one counts as meant.
 */
export function toolTest(matcher: string | undefined): ((name: string) => boolean) | undefined {
  if (matcher === undefined || matcher === "" || matcher === "*") return () => true;
  if (matcher.length > longest) return undefined;
  const [, start = "", inside, end = ""] = /^(\^?)\((?:\?:)?([^()]*)\)(\$?)$/.exec(matcher) ?? [];
  const parts = (inside ?? matcher).split("|").map((part) => testOf(inside === undefined ? part : `${start}${part}${end}`));
  const tests = parts.filter((test) => test !== undefined);
  return tests.length === parts.length ? (name) => tests.some((test) => test(name)) : undefined;
}

function testOf(part: string): ((name: string) => boolean) | undefined {
  const found = alternative.exec(part);
  if (found === null) return undefined;
  const [, start = "", before = "", name = "", after = "", end = ""] = found;
  const fromStart = start !== "" && before === "";
  const toEnd = end !== "" && after === "";
  if (fromStart && toEnd) return (tool) => tool === name;
  if (fromStart) return (tool) => tool.startsWith(name);
  return toEnd ? (tool) => tool.endsWith(name) : (tool) => tool.includes(name);
}

/** Whole names only: `*` is any letters, `?` is one. In steps of at most the product of both lengths. */
export function wildcardFits(pattern: string, name: string): boolean {
  let [at, index] = [0, 0];
  let [star, retry] = [-1, 0];
  while (index < name.length) {
    if (pattern[at] === "*") {
      star = at++;
      retry = index;
    } else if (pattern[at] === "?" || pattern[at] === name[index]) {
      at++;
      index++;
    } else if (star !== -1) {
      at = star + 1;
      index = ++retry;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
