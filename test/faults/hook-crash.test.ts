/** A guard through an interpreter that cannot load it, or that ends it, has decided nothing: real interpreters say so here. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { crashed } from "../../core/config-hooks/answer/accidents.ts";
import { commandHook, type HookBench, hookBench } from "../support/hook-bench.ts";

let bench: HookBench;
beforeEach(async () => {
  bench = await hookBench();
});
afterEach(async () => bench.close());

describe("a guard that its interpreter could not load, or ended", () => {
  const rows: [line: string, script: string, program: string][] = [
    ["node gone.js", "", "node"],
    ["node guard.js", "process.exit(2", "node"],
    ["node guard.js", "require('./gone.js'); process.exit(2)", "node"],
    ["node guard.js", "null.command", "node"],
    ["node guard.mjs", "import './gone.mjs'", "node"],
    ["node guard.mjs", "await new Promise(() => {})", "node"],
    ["node --no-such-option guard.js", "", "node"],
    ["node gone.js || exit 1", "", "node"],
    ["python3 guard.py", "import sys\nsys.exit(2", "python"],
    ["python3 guard.py", " x = 1\n  y = 2", "python"],
    ["python3 guard.py", "import gone_module", "python"],
    ["python3 guard.py", "raise SystemError(1)", "python"],
    ["python3 -m gone_module", "", "python"],
    ["perl guard.pl", "if (", "perl"],
    ["perl guard.pl", 'die "no config"', "perl"],
    ["bash guard.sh", "set -u\necho $NOPE\n", "the shell"],
    ["bash -c '. ./gone.sh'", "", "the shell"],
    ["bash -c 'cd gone && ./guard.sh'", "", "the shell"],
    ["bash guard.sh", "gone-program | cat\nexit 1\n", "the shell"],
    ["sh guard.sh", "gone-program || exit 1\n", "the shell"],
  ];
  test.each(rows)("%s of %j blocks", async (line, script, program) => {
    await writeFile(join(bench.place, /guard\.\w+/.exec(line)?.[0] ?? "guard.js"), script);
    const run = await bench.run(commandHook(line));
    expect(run.exit).not.toBe(2);
    expect(run).toMatchObject({ outcome: "failed", reply: { verdict: "deny" } });
    expect(run.reply.undecided).toContain(`${program} could not load it, or ended it by an error that it did not catch`);
    const lenient = await bench.run(commandHook(line, { onFailure: "continue" }));
    expect(lenient.reply.verdict).toBeUndefined();
    expect(lenient.reply.failed).toBeDefined();
  });

  test("is said to have crashed where a pipe took its code away: such a line lets all pass", async () => {
    const run = await bench.run(commandHook("node gone.js | cat"));
    expect(run).toMatchObject({ exit: 0, outcome: "ok", reply: {} });
    expect(run.violations).toEqual(["an error of node is in what it printed, and its exit code 0 lets all pass"]);
  });

  const blocked: [line: string, script: string][] = [
    ["python3 gone.py", ""],
    ["perl gone.pl", ""],
    ["perl guard.sh", "use Gone::Module;"],
    ["sh gone.sh", ""],
    ["bash gone.sh", ""],
    ["sh guard.sh", "if then\n"],
    ["bash guard.sh", "if then\n"],
    ["sh -c '. ./gone.sh'", ""],
  ];
  test.each(blocked)("%s of %j blocks by its code", async (line, script) => {
    await writeFile(join(bench.place, "guard.sh"), script);
    expect((await bench.run(commandHook(line))).reply.verdict).toBe("deny");
  });
});

/** Of interpreters that this machine may not have, as they print it. */
const texts: [program: string, exit: number, stderr: string, stdout?: string][] = [
  ["ruby", 1, "guard.rb:1:in `<main>': undefined local variable or method `x' for main:Object (NameError)"],
  ["ruby", 1, "guard.rb:3:in 'Object#check': no (RuntimeError)\n\tfrom guard.rb:6:in '<main>'"],
  ["ruby", 1, "ruby: No such file or directory -- gone.rb (LoadError)"],
  ["ruby", 1, "guard.rb:2: syntax error, unexpected end-of-input"],
  ["deno", 1, "\u001b[0m\u001b[1m\u001b[31merror\u001b[0m: Uncaught (in promise) Error: x\n    at file:///guard.ts:1:7"],
  ["deno or bun", 1, 'error: Module not found "file:///gone.ts".'],
  ["deno", 1, "error: The module's source code could not be parsed: Expected ')' at file:///guard.ts:1:9"],
  ["bun", 1, "1 | throw new Error('x')\n          ^\nerror: x\n      at /guard.ts:1:11\n\nBun v1.2.2 (Linux x64)"],
  ["deno or bun", 1, 'error: Module not found "gone.ts"'],
  ["php", 255, "PHP Fatal error:  Uncaught Exception: x in /guard.php:1"],
  ["php", 255, "", "\nParse error: syntax error, unexpected end of file in guard.php on line 3\n"],
  ["php", 1, "", "Could not open input file: gone.php\n"],
];
test.each(texts)("%s ends with %d and says %j", (program, exit, stderr, stdout = "") => {
  expect(crashed(exit, stdout, stderr)).toContain(`${program} could not load it`);
});

test.each([
  "boom",
  "cannot reach the policy server, letting it pass",
  "guard: 3 rules read\nno rule matched",
  "usage: nothing to see at line 3",
  "warn at guard.pl line 3.\nno rule matched",
])("a program that chose its code, with %j, has only failed", async (stderr) => {
  const run = await bench.run(commandHook(`printf '%s\\n' '${stderr}' >&2; exit 1`));
  expect(run.reply.failed).toContain("exit code 1, an error that decides nothing");
});

test("errors of a mebibyte that are like none are told apart in no time", () => {
  for (const part of ["a: 1: ", " at x", "x:1:in `", "\n", "(", "f: line 3: "])
    expect(crashed(1, "", part.repeat(2 ** 17))).toBeUndefined();
});

test("a project's script is found after the session has gone elsewhere", async () => {
  await mkdir(join(bench.place, "sub"));
  await writeFile(join(bench.place, "guard.js"), "process.exit(2)");
  expect(await bench.run(commandHook("node guard.js"), { cwd: join(bench.place, "sub") })).toMatchObject({ exit: 2 });
});
