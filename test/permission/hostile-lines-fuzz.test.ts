// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines of a shell
/** Random lines out of hostile parts: whatever bash starts is listed or asked, and no rule for something else lets it run. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseShellLine, type ShellCommand } from "../../core/permission/shell-line.ts";
import { makeTracingBash, spelled } from "./hostile-lines-bash.ts";
import { type Folders, makeFolders, start } from "./start.ts";

const bash = makeTracingBash();
let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
});
afterAll(async () => {
  bash.remove();
  await folders.remove();
});

const raw = String.raw;
const quoted = (text: string): string => `'${text.replaceAll("'", raw`'\''`)}'`;
const inDouble = (text: string): string => `"${text.replace(/["$`\\]/g, raw`\$&`)}"`;

const plain = [
  "rm x",
  "ls",
  "ls -l",
  "echo a",
  "echo rm x",
  "git log",
  "echo 'a; rm x'",
  'ls "a b"',
  "true",
  "false",
  "cat list.txt",
];
const spellings = [
  ...[raw`r\m x`, `"r"m x`, "'rm' x", raw`$'\x72m' x`, raw`\rm x`, `r""m x`, `$"rm" x`, `r\\\nm x`, "/bin/rm x", "rm${IFS}x"],
  ...[
    "X=rm; $X x",
    "${Y:-rm} x",
    "r${Y}m x",
    "{rm,x}",
    "$(echo rm) x",
    "`echo rm` x",
    "X=m; r$X x",
    "/bin/?m x",
    "X=(rm x); ${X[@]}",
  ],
];
const wrapped = [
  ...["command rm x", "builtin command rm x", "eval rm x", "eval 'rm x'", "eval 'r''m' x", "exec rm x", "A=1 rm x", "! rm x"],
  ...[
    "time rm x",
    "env rm x",
    "env A=1 rm x",
    "env -S 'rm x'",
    "timeout 9 rm x",
    "nice -n 1 rm x",
    "nohup rm x",
    "xargs rm < list.txt",
  ],
  ...[
    "echo x | xargs rm",
    "xargs -I{} rm {} < list.txt",
    "sh -c 'rm x'",
    `bash -c "rm x"`,
    "bash -ec 'ls; rm x'",
    "trap 'rm x' EXIT",
  ],
  ...["find . -maxdepth 0 -exec rm {} +", raw`find . -maxdepth 0 -exec sh -c 'rm x' \;`, "coproc rm x", "f() { rm x; }; f"],
  ...[
    "ls() { rm x; }; ls",
    "echo rm x | sh",
    "sh <<< 'rm x'",
    "read c <<< 'rm x'; $c",
    "c='rm x'; eval \"$c\"",
    "hash -p /bin/rm ls; ls",
  ],
  ...[
    "alias ls='rm x;'",
    "shopt -s expand_aliases",
    "echo x >/dev/null",
    "ls 2>&1",
    "ls # rm x",
    "nice",
    "env",
    "echo $((1+1))",
  ],
];

const { any: line } = fc.letrec<{ any: string; leaf: string; made: string }>((tie) => ({
  any: fc.oneof({ maxDepth: 4, withCrossShrink: true }, tie("leaf"), tie("made"), tie("made")),
  leaf: fc.oneof(fc.constantFrom(...plain), fc.constantFrom(...spellings), fc.constantFrom(...wrapped)),
  made: fc.oneof(
    fc
      .tuple(tie("any"), fc.constantFrom("&&", "||", ";", "|", "|&", "&", "\n", ";\\\n", " # rm\n"), tie("any"))
      .map(([a, between, b]) => `${a} ${between} ${b}`),
    fc.tuple(fc.constantFrom(...frames()), tie("any"), tie("any")).map(([frame, a, b]) => frame(a, b)),
    fc
      .tuple(tie("any"), fc.nat({ max: 40 }), fc.constantFrom("\\\n", "''", '""', "\\", " ", "\t", "\n"))
      .map(([a, at, extra]) => {
        return a.slice(0, at) + extra + a.slice(at);
      }),
  ),
}));

function frames(): ((a: string, b: string) => string)[] {
  return [
    (a) => `( ${a}\n)`,
    (a) => `{ ${a}\n}`,
    (a, b) => `if ${a}\nthen ${b}\nfi`,
    (a) => `for i in 1; do ${a}\ndone`,
    (a, b) => `while ${a}\ndo ${b}\nbreak; done`,
    (a) => `case x in y) ;; x) ${a}\n;; esac`,
    (a) => `case $(${a}\n) in *) ;; esac`,
    (a) => `echo $(${a}\n)`,
    (a) => `echo "a $(${a}\n) b"`,
    (a) => `echo \`${a.replace(/[`\\$]/g, raw`\$&`)}\``,
    (a) => `X=$(${a}\n)`,
    (a) => `X=$(${a}\n) ls`,
    (a) => `export X=$(${a}\n)`,
    (a) => `echo \${Y:-$(${a}\n)}`,
    (a) => `echo "\${Y:-$(${a}\n)}"`,
    (a) => `echo $((1 + $(${a} >/dev/null\necho 1)))`,
    (a) => `a[$(${a} >/dev/null\n)0]=1`,
    (a) => `X=(a $(${a}\n))`,
    (a) => `[[ -n $(${a}\n) ]]`,
    (a) => `cat <(${a}\n)`,
    (a) => `cat <<EOF\na $(${a}\n)\nEOF\n`,
    (a) => `cat <<'EOF'\n$(${a})\nEOF\n`,
    (a, b) => `cat <<EOF; ${a}\ntext\nEOF\n${b}`,
    (a) => `cat <<< "$(${a}\n)"`,
    (a) => `sh -c ${quoted(a)}`,
    (a) => `bash -c ${inDouble(a)}`,
    (a) => `eval ${quoted(a)}`,
    (a) => `eval ${inDouble(a)}`,
    (a) => `env sh -c ${quoted(a)} x`,
    (a) => `timeout 9 bash -c ${quoted(a)}`,
    (a) => `g() { ${a}\n}; g`,
    (a) => `trap ${quoted(a)} EXIT`,
    (a) => `coproc { ${a}\n}; wait`,
  ];
}

/** All that is listed, also what programs start by their arguments; undefined where somebody is asked. */
async function listed(text: string): Promise<ShellCommand[] | undefined> {
  const { commands, undecided } = await parseShellLine(text);
  const all = commands.flatMap(function within(command): ShellCommand[] {
    return [command, ...command.runs.flatMap(within)];
  });
  return undecided !== undefined || all.some((command) => command.undecided !== undefined) ? undefined : all;
}

const nameOf = (words: readonly string[]): string => words[0]?.replace(/^.*\//s, "") ?? "";

/** A started program is listed when a command has its name and, where they are known before it runs, its words. */
function isListed(ran: string, all: readonly ShellCommand[]): boolean {
  return all.some(({ words, open }) => {
    const name = nameOf(words);
    if (open.length > 0 || words.includes("{}")) return ran === name || ran.startsWith(`${name} `);
    const whole = spelled([name, ...words.slice(1)]);
    return ran === whole || ran.startsWith(`${whole} `);
  });
}

const runs = Number(process.env.HOSTILE_RUNS ?? 400);

test("whatever bash starts is listed, or somebody is asked", async () => {
  let read = 0;
  await fc.assert(
    fc.asyncProperty(line, async (text) => {
      const all = await listed(text);
      if (all === undefined) return;
      const { ran } = await bash.trace(text);
      if (ran.length > 0) read++;
      expect(ran.filter((program) => !isListed(program, all))).toEqual([]);
    }),
    { numRuns: runs, seed: 11 },
  );
  expect(read).toBeGreaterThan(runs / 20);
}, 300_000);

test("a line that starts rm is never let run by rules for other programs, nor past a rule that denies it", async () => {
  const narrow = ["Bash(echo:*)", "Bash(ls:*)", "Bash(cat:*)", "Bash(git log:*)", "Bash(sh:*)", "Bash(env:*)", "Bash(eval:*)"];
  const isAllowed = async (text: string, setting: object): Promise<boolean> => {
    const { approve, questions } = start({ folders, ...setting, answers: () => ({ choice: "once" }) });
    return (await approve("Bash", text)).verdict === "allow" && questions.length === 0;
  };
  await fc.assert(
    fc.asyncProperty(line, async (text) => {
      const byOthers = await isAllowed(text, { allow: narrow });
      const pastDeny = await isAllowed(text, { deny: ["Bash(rm:*)"], policy: { mode: "bypassPermissions" } });
      if (!byOthers && !pastDeny) return;
      const { ran } = await bash.trace(text);
      expect(ran.filter((program) => nameOf(program.split(" ")) === "rm")).toEqual([]);
    }),
    { numRuns: runs, seed: 12 },
  );
}, 300_000);
