/**
 * Writes what the realm refuses anywhere in a source text so that it means the same and is not refused: `import(`, `eval(`
 * and the marks of HTML comments. One spelling fits every place that they can stand in after esbuild: `\u006f` is an o in a
 * string, in a regular expression and in a name. In code that really is an import() it is a syntax error: closed, not open.
 */

/** As the realm looks for them (ses, src/transforms.js); it also takes what looks like a comment after `import`. */
const importText = /(^|[^.]|\.\.\.)\bimport(?=\s*(?:\(|\/[/*]))/g;
const evalText = /(^|[^.])\beval(?=\s*\()/g;

/** What the realm would refuse to evaluate. */
export const refusedByRealm: readonly RegExp[] = [
  /<!--|-->/,
  /(^|[^.]|\.\.\.)\bimport(\s*(?:\(|\/[/*]))/,
  /(^|[^.])\beval(\s*\()/,
];

/** `code` without template literals, as esbuild writes it: there, comment marks stand in strings and patterns only. */
export function escapeForRealm(code: string): string {
  return (
    code
      // A pattern's (?<! must stay what it is; the dash after it may be written otherwise.
      .replaceAll("(?<!--", "(?<!-\\x2d")
      .replaceAll("<!--", "<\\x21--")
      .replaceAll("-->", "--\\x3e")
      .replace(importText, "$1imp\\u006frt")
      .replace(evalText, "$1ev\\u0061l")
  );
}
