import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeForRealm, refusedByRealm } from "../../core/install/bundler/escape.ts";

const pieces = fc.constantFrom(
  ...[
    "import",
    "eval",
    "(",
    " (",
    "/*",
    "//",
    "<!--",
    "-->",
    "<!",
    "--",
    ">",
    ".",
    "...",
    "$",
    "_",
    "#",
    "a",
    "\n",
    "(?<!--",
    "\\",
    "\u2028",
    "`",
    "${",
    "'",
  ],
);
const texts = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(""));

const isTaken = (code: string): boolean => refusedByRealm.every((pattern) => !pattern.test(code));
const evaluated = (code: string): unknown => new Function(`"use strict"; return ${code};`)();

test("a string is the same string after it was written otherwise, and no realm refuses it", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const code = escapeForRealm(JSON.stringify(text));
      expect(isTaken(code)).toBe(true);
      expect(evaluated(code)).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

const patternPieces = fc.constantFrom(
  ...[
    "import",
    "eval",
    "(a)",
    "(?:b)",
    "(?<!--)",
    "(?<!--x)",
    "<!--",
    "-->",
    "[<!-]",
    "[+-->]",
    "[<!--]",
    "(?<!-->)",
    "\\import(a)",
    "\\s*",
    "a",
    ">",
    "x?",
  ],
);
const patterns = fc.array(patternPieces, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));

test("a pattern finds the same after it was written otherwise", () => {
  fc.assert(
    fc.property(patterns, fc.constantFrom("", "i", "g"), fc.array(texts, { maxLength: 4 }), (source, flags, subjects) => {
      const code = escapeForRealm(`/${source}/${flags}`);
      expect(isTaken(code)).toBe(true);
      const [before, after] = [new RegExp(source, flags), evaluated(code) as RegExp];
      for (const subject of [...subjects, "importa", "evala", "<!--", "-->", "importb-->", "x--> <!--a"]) {
        expect(subject.replace(after, "[$&|$1]")).toBe(subject.replace(before, "[$&|$1]"));
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a name is the same name, and what is an import() in code does not parse", () => {
  const code = escapeForRealm("({ import(a) { return a }, eval(b) { return b } })");
  const keys = evaluated(code) as { import(a: number): number; eval(b: number): number };
  expect([isTaken(code), keys.import(3), keys.eval(4)]).toEqual([true, 3, 4]);
  expect(() => new Function(escapeForRealm("import('node:fs')"))).toThrow(SyntaxError);
  expect(() => new Function(escapeForRealm("async () => await import ('node:fs')"))).toThrow(SyntaxError);
});
