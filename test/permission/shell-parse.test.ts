// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines of a shell
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textsOf } from "../../core/permission/shell/command-texts.ts";
import { commandsOf, parseShellLine } from "../../core/permission/shell/line.ts";

describe("the commands of a line", () => {
  test.each<[string, readonly string[] | "undecided"]>([
    ["a && b || c; d & e", ["a", "b", "c", "d", "e"]],
    ["a | b |& c", ["a", "b", "c"]],
    ["a\nb\n\nc", ["a", "b", "c"]],
    ["(a; b); { c; }", ["a", "b", "c"]],
    ["echo $(a $(b)) `c`", ["echo $(a $(b)) `c`", "a $(b)", "b", "c"]],
    ['echo "x $(a)"', ['echo "x $(a)"', "a"]],
    ["echo 'x $(a)'", ["echo 'x $(a)'"]],
    ["if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]],
    ["while a; do b; done; until c; do d; done", ["a", "b", "c", "d"]],
    ["for x in $(a); do b; done", ["a", "b"]],
    ["case $(a) in $(b)) c;; *) d;; esac", ["a", "b", "c", "d"]],
    ["f() { a; }; function g { b; }; f", ["a", "b", "f"]],
    ["diff <(a) >(b)", ["diff <(a) >(b)", "a", "b"]],
    ["cat <<E\n$(a) `b`\nE", ["cat", "a", "b"]],
    ["cat <<'E'\n$(a)\nE", ["cat"]],
    ["cat <<< $(a)", ["cat", "a"]],
    ["a ${X:-$(b)} $((1 + 2))", ["a ${X:-$(b)} $((1 + 2))", "b"]],
    ["X=$(a) b", ["X=$(a) b", "a"]],
    ["X=$(a)", ["X=$(a) ", "a"]],
    ["CI=1 env NODE_ENV=x a", ["CI=1 env NODE_ENV=x a", "a"]],
    [
      "timeout -k 1 5 nice -n 3 nohup stdbuf -oL a b",
      [
        "timeout -k 1 5 nice -n 3 nohup stdbuf -oL a b",
        "nice -n 3 nohup stdbuf -oL a b",
        "nohup stdbuf -oL a b",
        "stdbuf -oL a b",
        "a b",
      ],
    ],
    ["time -p a; time b", ["a", "b"]],
    ["command -p a; builtin b; noglob c", ["command -p a", "a", "builtin b", "b", "noglob c", "c"]],
    ["command -v a", ["command -v a"]],
    ["a | xargs -0 -n 1 b c", ["a", "xargs -0 -n 1 b c", "b c"]],
    ["xargs -I@ sh -c 'a; b'", ["xargs -I@ sh -c 'a; b'", "sh -c 'a; b'", "a", "b"]],
    [
      "find . -exec a {} \\; -execdir b {} + -ok c \\;",
      ["find . -exec a '{}' ';' -execdir b '{}' + -ok c ';'", "a {}", "b {}", "c"],
    ],
    ["sh -c 'a; bash -c \"b && c\"'", ["sh -c 'a; bash -c \"b && c\"'", "a", "bash -c 'b && c'", "b", "c"]],
    ["eval 'a;' b", ["eval 'a;' b", "a", "b"]],
    [
      "setsid -f a; ionice -c 3 b; flock -n x c; watch -n1 d",
      ["setsid -f a", "a", "ionice -c 3 b", "b", "flock -n x c", "c", "watch -n1 d", "d"],
    ],
    ["sudo -u root a", ["sudo -u root a", "a"]],
    ["$'\\x72m' x; r\\m y; \"r\"m z", ["rm x", "rm y", "rm z"]],
    ["ls *.ts $X", ["ls *.ts $X"]],
    ["! a", ["a"]],
    ["a # b; c", ["a"]],
    ["[[ -f x && 1 ]]", "undecided"],
    ["[[ -f x ]] && a", ["a"]],
    ["> x", []],
    ...(
      [
        ...["$X a", "${X} a", "$(a) b", "{a,b} c", "/bin/r? x", "~/x", '""', "a$X", "timeout 5 $X"],
        ...[
          "eval $X",
          'eval "a $X"',
          ". x",
          "source x",
          "alias a=b",
          "enable -n test",
          "hash -p x a",
          "trap a EXIT",
          "shopt -s extglob",
        ],
        ...[
          "PATH=. a",
          "LD_PRELOAD=x a",
          "GIT_DIR=x git status",
          "IFS=x",
          "export BASH_ENV=x",
          "read PATH",
          "for PATH in x; do a; done",
          "env PAGER=x a",
          ": ${PATH:=x}",
        ],
        ...["ls() { a; }; ls", "git() { a; }; git status", "a:b() { c; }"],
        ...[
          "sh -c $X",
          "sh x.sh -c $X; bash",
          "echo a | sh",
          "bash -s",
          "bash <<E\na\nE",
          "zsh -c $X",
          "sh -c 'a",
          'sh -c "$X"',
        ],
        ...["xargs -a x --process-slot-var=Y a", "env -S 'a b'", "xargs sh -c", "timeout --unknown 5 a"],
        ...[
          "((a))",
          "let a=1",
          "echo $((a))",
          "echo $((a[$(b)]))",
          "coproc a",
          "select x in y; do a; done",
          "a=(b c)",
          "a[1]=b",
          "echo ${!x}",
          "echo ${x@P}",
        ],
        ...[
          "test -v 'a[$(b)]'",
          "[ $X ]",
          "printf -v x y",
          "unset 'a[$(b)]'",
          "declare -n x=PATH",
          "mapfile x",
          "a=$[1]",
          "echo !(a)",
        ],
        ...["echo 'a", "a && ", "a; }", "if a; then b", "cat <<E\nx", "a\\", "a\u200bb; c", "a\u00a0b; c", "a; \ud800"],
        ...["exec 3> >(a) {x}>y", "a >&5", "a > /dev/tcp/h/1", "a <&$X"],
      ] as const
    ).map((line): [string, "undecided"] => [line, "undecided"]),
  ])("%j", async (line, commands) => {
    expect(await commandsOf(line)).toEqual(commands);
  });

  test("a line of more than 10,000 characters is not looked at", async () => {
    expect((await parseShellLine(`a; ${"b ".repeat(5000)}`)).undecided).toContain("more than 10000 are not looked at");
  });

  test("depth is bounded, in scripts and in substitutions", async () => {
    let script = "a";
    for (let depth = 0; depth < 12; depth++) script = `sh -c ${JSON.stringify(script)}`;
    expect(await commandsOf(script)).toBe("undecided");
    expect(await commandsOf(`${"echo $(".repeat(400)}a${")".repeat(400)}`)).toBe("undecided");
  });
});

describe("redirections", () => {
  test.each<[string, (string | undefined)[], (string | undefined)[]]>([
    ["a > x 2>> y >| z", ["x", "y", "z"], []],
    ["a &> x; b &>> y; c >& z", ["x", "y", "z"], []],
    ["a <> x", ["x"], ["x"]],
    ["a < x", [], ["x"]],
    ["a 2>&1 >&2 <&0 2>&- > /dev/null 2> /dev/stderr > /dev/stdout", [], []],
    ["{ a; b; } > x; (c) < y", ["x"], ["y"]],
    ["a > $X > *.ts > ~u/y", [undefined, undefined, undefined], []],
    ["a > ~/x > '~/y' > \"b c\"", ["~/x", "./~/y", "b c"], []],
    ["sh -c 'a > x'", ["x"], []],
    ["a > x/../y", ["x/../y", undefined], []],
    ["cd d && a > x > /y", ["x", "d/x", "/y"], []],
    ["cd $D && a > x", ["x", undefined], []],
    ["cd d; cd e; a > x", ["x", "d/x", "e/x", "d/e/x"], []],
    ["for i in 1 2; do cd d; done; a > x", ["x", undefined], []],
    ["echo $(< x)", [], ["x"]],
    ["exec > x", ["x"], []],
  ])("%j", async (line, writes, reads) => {
    const read = await parseShellLine(line);
    expect(read.undecided).toBeUndefined();
    expect(read.writes.map(({ target }) => target)).toEqual(writes);
    expect(read.reads.filter(({ byArgument }) => !byArgument).map(({ target }) => target)).toEqual(reads);
  });
});

/** Spellings around a command that start it all the same. */
const around = [
  ...[
    "true && #",
    "false || #",
    "(#)",
    "{ #; }",
    "! #",
    "time #",
    "if true; then #; fi",
    "while #; do break; done",
    "for x in a; do #; done",
  ],
  ...[
    "case a in a) #;; esac",
    "echo $(#)",
    'echo "`#`"',
    "cat <(#)",
    "f() { #; }; f",
    "timeout 5 #",
    "nice -n 3 #",
    "command #",
    "env CI=1 #",
    "nohup #",
  ],
  ...[
    "ls | xargs #",
    "find . -exec # \\;",
    "X=1 #",
    "sudo #",
    "# > out 2>&1",
    "# &",
    "a\n#",
    "cat <<E\n$(#)\nE",
    "echo ${X:-$(#)}",
    "echo $(echo $(#))",
    "nobody-knows-this #",
  ],
] as const;

test("a command is seen by deny rules however it is wrapped", async () => {
  const name = fc.constantFrom("rm x", "r\\m x", "'rm' x", '"r"m x', "$'\\x72m' x", "/bin/rm x");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...around), { maxLength: 4 }), name, async (shapes, command) => {
      const line = shapes.reduce<string>((inner, shape) => shape.replace("#", () => inner), command);
      const read = await parseShellLine(line);
      // What is no line of a shell, or arithmetic by accident, is asked.
      if (read.undecided === undefined)
        expect([line, textsOf(read).some((text) => /^rm x(?: |$)/.test(text))]).toEqual([line, true]);
    }),
    { numRuns: 1000 },
  );
});

test("no text makes reading fail, and none is both without commands and decided, but for files and comments", async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ..."$(){}[]<>|&;`'\"\\!#~*?=+-@%^:,./ \t\n".split(""),
      "a",
      "rm",
      "<<E\n",
      "E\n",
      "$((",
      "))",
      "[[",
      "]]",
      "${",
      "if ",
      "then ",
      "fi",
      "case ",
      "esac",
      "in ",
      "do ",
      "done",
      "\r",
      "\0",
      "é",
      "\ud800",
    ),
    fc.string({ maxLength: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      const read = await parseShellLine(pieces.join(""));
      for (const { reads, undecided } of read.commands) if (reads !== false) expect(undecided).toBeUndefined();
      return typeof read.text === "string";
    }),
    { numRuns: 5000 },
  );
});
