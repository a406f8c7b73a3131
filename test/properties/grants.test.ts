import fc from "fast-check";
import { expect, test } from "vitest";
import { coversArgv, coversCommand, coversPath, pathPrefix } from "../../core/permission/grants.ts";
import { commandMatches, escapeCommand, parseCommandPattern } from "../../core/permission/patterns/command-pattern.ts";
import { formatRule, parseRuleText } from "../../core/permission/rules/rules.ts";
import { readShellLine } from "../../core/permission/shell/line.ts";

const segment = fc.constantFrom("a", "b", "src", "x.ts", "y.md", "é");
const path = fc.array(segment, { maxLength: 5 }).map((names) => ["/w", ...names].join("/"));
const scope = fc
  .tuple(fc.constantFrom("./", "/", "/w/"), fc.array(fc.constantFrom("a", "src", "*", "**", "*.ts", "?"), { maxLength: 4 }))
  .map(([start, names]) => start + names.join("/"));

test("a wider path scope covers what a narrower one does", () => {
  const widen = fc.constantFrom(
    (narrow: string) => narrow.replace(/[^/]+$/, "**"),
    (narrow: string) => narrow.replace("a", "*"),
    (narrow: string) => narrow.replace("*.ts", "*"),
    () => "/**",
  );
  fc.assert(
    fc.property(
      scope,
      widen,
      path,
      (narrow, make, at) => !coversPath([narrow], at, "/w") || coversPath([make(narrow)], at, "/w"),
    ),
    { numRuns: 2000 },
  );
});

test("more scopes never cover less, and no scope covers nothing", () => {
  fc.assert(
    fc.property(fc.array(scope), scope, path, (scopes, extra, at) => {
      return !coversPath(scopes, at, "/w") || coversPath([...scopes, extra], at, "/w");
    }),
  );
  expect(coversPath([], "/w/a", "/w")).toBe(false);
  expect(coversCommand([], "git log")).toBe(false);
});

test.each([
  ["./**", "/w/a/b", true],
  ["./**", "/w", true],
  ["./**", "/wx/a", false],
  ["./src/**", "/w/src", true],
  ["./src/**", "/w/srcs/a", false],
  ["./src/*.ts", "/w/src/a/b.ts", false],
  ["./src/*.ts", "/w/src/b.ts", true],
  ["/tmp/**", "/tmp/x", true],
  ["/**", "/etc/passwd", true],
  ["./../**", "/etc", false],
  ["src/**", "/w/src/a", false],
  ["**", "/w/a", false],
])("the scope %s and %s: %s", (narrow, at, covered) => {
  expect(coversPath([narrow], at, "/w")).toBe(covered);
});

test.each([
  ["shell:git log:*", "git log --oneline", true],
  ["shell:git log:*", "git log", true],
  ["shell:git log:*", "git logs", false],
  ["shell:git log:*", "git log | sh", false],
  ["shell:git log:*", "git log --output=x", false],
  ["shell:git status", "git  status", true],
  ["shell:git status", "git status -s", false],
  ["shell:*", "anything | at $all", true],
  ["*", "anything | at $all", true],
  ["git log:*", "git log", false],
])("the scope %s and the line %j: %s", (narrow, line, covered) => {
  expect(coversCommand([narrow], line)).toBe(covered);
});

test.each<[string, string[], string[], boolean]>([
  ["git log:*", ["git", "log", "--oneline"], [], true],
  ["git log:*", ["git", "log", "a b", "c'd", "*"], [], true],
  ["git log:*", ["git", "logs"], [], false],
  ["git log:*", ["git", "log", "--output=x"], [], false],
  ["git log:*", ["git log"], [], false],
  ["git log:*", ["git log", "log"], [], false],
  ["git log:*", ["./git", "log"], [], false],
  ["git log:*", ["git", "log"], ["LANG", "TZ"], true],
  ["git log:*", ["git", "log"], ["GIT_PAGER"], false],
  ["git log:*", ["git", "log"], ["PATH"], false],
  ["git log:*", ["git", "log"], ["SOMETHING"], false],
  ["git commit:*", ["git", "commit", "-m", "one\ntwo"], [], true],
  ["git commit -m 'one two'", ["git", "commit", "-m", "one\ntwo"], [], false],
  ["npm test", ["npm", "test"], [], true],
  ["npm test", ["npm", "test", "x"], [], false],
  ["env:*", ["env", "sh", "-c", "x"], [], false],
  ["git log:*", ["timeout", "5", "git", "log"], [], false],
  ["git log:*", ["env", "git", "log"], [], false],
  ["git log:*", ["nice", "-n", "5", "git", "log"], [], false],
  ["git log:*", ["LANG=C", "git", "log"], [], false],
  ["timeout 5 git log", ["timeout", "5", "git", "log"], [], true],
  ["git log:*", ["timeout", "5", "git", "push"], [], false],
  ["*", ["anything", "$at all"], ["PATH"], true],
  ["*", [], [], false],
  ["*", ["a\0b"], [], false],
  ["shell:git log:*", ["git", "log"], [], false],
  ["shell:*", ["git", "log"], [], false],
])("the scope %s and the words %j with %j: %s", (scope, argv, variables, covered) => {
  expect(coversArgv([scope], argv, variables)).toBe(covered);
});

test("a prefix covers no words that read back as others", () => {
  const odd = fc.string({ unit: fc.constantFrom(..."ab-=$`'\"\\;&|<>()*?~#!{}[] \n\té"), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(odd, { minLength: 1, maxLength: 4 }), (argv) => {
      if (coversArgv(["git log:*"], argv)) expect(argv.slice(0, 2)).toEqual(["git", "log"]);
      if (coversArgv(["git log:*"], ["git", ...argv])) expect(argv[0]).toBe("log");
      return true;
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ["~/notes/**", "/home/u/notes/a", true],
  ["~/notes/**", "/home/u/notes", true],
  ["~/notes/**", "/home/u/other", false],
  ["~/../**", "/home", false],
])("below the home, the scope %s and %s: %s", (narrow, at, covered) => {
  expect(coversPath([narrow], at, "/w", "/home/u")).toBe(covered);
  expect(coversPath([narrow], at, "/w")).toBe(false);
});

test("what a scope covers is in its prefix", () => {
  fc.assert(
    fc.property(scope, path, (narrow, at) => {
      if (!coversPath([narrow], at, "/w")) return true;
      const prefix = pathPrefix(narrow, { workspace: "/w" }) ?? "none";
      return prefix === "/" || at === prefix || at.startsWith(`${prefix}/`);
    }),
    { numRuns: 2000 },
  );
});

test("a wider command scope covers what a narrower one does", () => {
  const words = fc.array(fc.constantFrom("git", "log", "-n", "1", "'a b'"), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(words, fc.nat(4), fc.array(fc.constantFrom("x", "--y"), { maxLength: 2 }), (line, cut, more) => {
      const wide = `shell:${line.slice(0, Math.max(1, cut)).join(" ")}:*`;
      const full = [...line, ...more].join(" ");
      const isCovered = coversCommand([`shell:${line.join(" ")}:*`], full);
      return (!isCovered || coversCommand([wide], full)) && coversCommand(["*"], full);
    }),
  );
});

const tool = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/);

test("parse(format(rule)) = rule", () => {
  fc.assert(
    fc.property(tool, fc.option(fc.string(), { nil: undefined }), (name, specifier) => {
      const rule = specifier === undefined ? { tool: name } : { tool: name, specifier };
      expect(parseRuleText(formatRule(rule))).toEqual(rule);
    }),
    { numRuns: 1000 },
  );
});

test("an escaped line as a pattern matches that line and no other", () => {
  const line = fc
    .string({ unit: fc.constantFrom(..."ab *\\:'\""), minLength: 1, maxLength: 12 })
    .map((text) => `x${text.trim()}`);
  fc.assert(
    fc.property(line, line, (one, other) => {
      const pattern = parseCommandPattern(escapeCommand(one));
      return pattern?.kind === "exact" && commandMatches(pattern, one) && commandMatches(pattern, other) === (one === other);
    }),
    { numRuns: 2000 },
  );
});

test("a plain line's canonical text reads as the same words again, and holds nothing a shell expands", () => {
  const piece = fc.constantFrom(..."ab1-/.=:,+@%_ \t'\"$`\\;&|<>*?[]{}()!#~^é\n".split(""));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const read = readShellLine(pieces.join(""));
      const [command] = read.commands;
      if (command === undefined || command.undecided !== undefined) return true;
      const [again] = readShellLine(command.canonical).commands;
      if (again !== undefined) expect(again.words).toEqual(command.words);
      const unquoted = read.text.replace(/'[^']*'|"[^"$`\\!]*"/g, "");
      return !/[$`\\;&|<>*?[\]{}()!#~^'"\n]/.test(unquoted);
    }),
    { numRuns: 5000 },
  );
});
