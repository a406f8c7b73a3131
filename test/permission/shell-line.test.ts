import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { textsOf } from "../../core/permission/shell/command-texts.ts";
import { parseShellLine, readShellLine } from "../../core/permission/shell/line.ts";

const run = promisify(execFile);

/** What the machine's shell makes of each line's words, in a folder with files that a pattern could match. */
async function wordsByShell(shell: string, lines: readonly string[]): Promise<string[][]> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-shell-"));
  try {
    await Promise.all(["a", "ab", "x=1"].map((name) => writeFile(join(folder, name), "")));
    const script = lines.map((line) => `printf '%s\\0' ${line}\nprintf '\\1'`).join("\n");
    const { stdout } = await run(shell, ["-c", script], { cwd: folder, env: { HOME: "/home/u", a: "value" } });
    return stdout
      .split("\x01")
      .slice(0, -1)
      .map((words) => words.split("\0").slice(0, -1));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.each(["sh", "bash"])("the words of every plain line are what %s makes of it", async (shell) => {
  const piece = fc.constantFrom(
    ..."ab1-/.=:,+@%_é".split(""),
    ...[
      " ",
      " ",
      "\t",
      "'",
      '"',
      "'a b'",
      '"a b"',
      "'$a'",
      '"~"',
      "'*'",
      "~",
      "$a",
      "*",
      "\\",
      "{a,b}",
      "!",
      "#",
      "^",
      "&",
      "a=1",
      "''",
    ],
  );
  const texts = fc.sample(fc.array(piece, { minLength: 1, maxLength: 10 }), 6000).map((pieces) => `x${pieces.join("")}`);
  const plain = texts.flatMap((text) => readShellLine(text).commands).filter(({ undecided }) => undecided === undefined);
  expect(plain.length).toBeGreaterThan(100);
  const chunks = Array.from({ length: Math.ceil(plain.length / 500) }, (_, index) =>
    plain.slice(index * 500, index * 500 + 500),
  );
  for (const lines of chunks) {
    expect(
      await wordsByShell(
        shell,
        lines.map(({ text }) => text),
      ),
    ).toEqual(lines.map(({ words }) => words));
    expect(
      await wordsByShell(
        shell,
        lines.map(({ canonical }) => canonical),
      ),
    ).toEqual(lines.map(({ words }) => words));
  }
});

test.each([
  ["", "the line is empty"],
  ["a && b", "it may run more than one command (&)"],
  ["a > b", "it redirects (>)"],
  ["a [x]", "it holds a file pattern ([)"],
  ["A=1 b", "the line sets the variable A"],
  ["A+=1 b", "the line sets the variable A"],
  ["while x", 'the line begins with "while"'],
  ['echo "a$b"', 'it holds "$" inside "'],
  ["echo 'a", "a quote ' is not closed"],
  ["a\nb", "it has more than one line"],
  ["echo ~", 'it holds "~", which a shell may read in its own way'],
  ["a\u00a0b", 'it holds "\u00a0", which a shell may read in its own way'],
  ["ls \u00a0", 'it holds "\u00a0", which a shell may read in its own way'],
  ["\u3000ls", 'it holds "\u3000", which a shell may read in its own way'],
  ["rm\u3164", 'it holds "\u3164", which a shell may read in its own way'],
  ["rm\u115f x", 'it holds "\u115f", which a shell may read in its own way'],
  ["rm\u1160 x", 'it holds "\u1160", which a shell may read in its own way'],
  ["rm\uffa0 x", 'it holds "\uffa0", which a shell may read in its own way'],
  ["rm\u17b4 x", 'it holds "\u17b4", which a shell may read in its own way'],
])("%j is undecided: %s", (line, why) => {
  expect(readShellLine(line)).toMatchObject({ text: line, commands: [], undecided: why });
});

test("only blanks that a shell drops are dropped at the ends", () => {
  expect(readShellLine(" \t\nls -l \n")).toMatchObject({ text: "ls -l", commands: [{ canonical: "ls -l" }] });
  expect(readShellLine("ls\r").undecided).toBe("it has more than one line");
});

test("a deny rule is compared with every command that a line may hold", async () => {
  expect(textsOf(await parseShellLine("X=1 /bin/rm a; echo $(rm b) | xargs 'rm' c"))).toEqual(
    expect.arrayContaining(["rm a", "rm b", "rm c", "/bin/rm a"]),
  );
});
