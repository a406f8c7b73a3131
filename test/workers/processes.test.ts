/** Shells and programs as children of the core: output, ends, folders, environment, what is left behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SessionShells } from "../../core/contract/execution.ts";
import type { RunResult } from "../../core/contract/plugin.ts";
import { createProcesses, type Processes } from "../../workers/processes.ts";
import { gone, there, until } from "../support/alive.ts";

const linux = process.platform === "linux";

let place: string;
let outputDir: string;
let processes: Processes;
let shells: SessionShells;

const start = (
  env: Record<string, string | undefined> = process.env,
  extra: Record<string, string> = {},
  maxOutputFileBytes?: number,
): void => {
  processes = createProcesses({ env, ...(maxOutputFileBytes !== undefined && { maxOutputFileBytes }) });
  shells = processes.shells({ outputDir, env: extra });
};

beforeEach(async () => {
  place = await realpath(await mkdtemp(join(tmpdir(), "gantry-processes-")));
  outputDir = join(place, ".output");
  start();
});

afterEach(async () => {
  await processes.close();
  await rm(place, { recursive: true, force: true });
});

interface Options {
  cwd?: string;
  timeoutMs?: number;
  maxOutputBytes?: number;
  maxOutputLines?: number;
  signal?: AbortSignal;
  onOutput?(text: string): void;
}

const run = (command: string, options: Options = {}): Promise<RunResult> => {
  const {
    cwd = place,
    timeoutMs = 30_000,
    maxOutputBytes = 1_000,
    maxOutputLines = 1_000,
    signal = new AbortController().signal,
    onOutput = () => undefined,
  } = options;
  return shells.run({ command, cwd, roots: [place], timeoutMs, maxOutputBytes, maxOutputLines }, { signal, onOutput });
};
/** The command prints `on` once it is what it shall be: it is given more time until it came so far, for a shell may start slowly. */
const ranOver = async (command: string): Promise<RunResult> => {
  for (let timeoutMs = 200; ; timeoutMs *= 4) {
    const result = await run(command, { timeoutMs });
    if (result.output === "on\n" || timeoutMs > 10_000) return result;
  }
};
const background = (command: string, timeoutMs = Number.POSITIVE_INFINITY) =>
  shells.start({ command, cwd: place, timeoutMs, maxOutputBytes: 1_000, maxOutputLines: 1_000 });

describe("a run that is waited for", () => {
  test("gives output and errors in their order, and the exit code", async () => {
    expect(await run("echo one; echo two >&2; echo three; exit 7")).toEqual({
      ...{ exitCode: 7, signal: null, timedOut: false, output: "one\ntwo\nthree\n", outputBytes: 14, cwd: place, notes: [] },
    });
  });

  test("leaves no output file when nothing was cut", async () => {
    await run("echo one");
    expect(await readdir(outputDir)).toEqual([]);
  });

  test("a signal is told by its name", async () => {
    expect(await run("kill -KILL $$")).toMatchObject({ exitCode: null, signal: "SIGKILL" });
  });

  test("a line with quotes, here-documents and several lines reaches the shell as it is", async () => {
    const command = "cat <<'E'\n$HOME `x` \"q\"\nE\nprintf '%s|' \"$0\" a\\ b 'c''d'";
    expect((await run(command)).output).toBe('$HOME `x` "q"\n/bin/bash|a b|cd|');
  });

  test("a syntax error is the shell's own message and exit code", async () => {
    const result = await run("if true; then");
    expect(result.exitCode).toBe(2);
    expect(result.output).toMatch(/syntax error/);
  });

  test("standard input is empty: a program that reads it ends", async () => {
    expect((await run("cat; echo end")).output).toBe("end\n");
  });

  test("output over the cap is head and tail at line ends, and the file holds all of it", async () => {
    const result = await run("seq 1 5000", { maxOutputBytes: 500 });
    expect(result.outputBytes).toBe(23893);
    expect(result.output).toMatch(/^1\n2\n3\n/);
    expect(result.output).toMatch(/\n\[… \d+ of 23893 bytes left out here; the whole output is in .*\.txt …\]\n/);
    expect(result.output.endsWith("\n4999\n5000\n")).toBe(true);
    expect(Buffer.byteLength(result.output)).toBeLessThan(800);
    expect(await readFile(result.outputFile ?? "", "utf8")).toMatch(/^1\n[\s\S]*\n5000\n$/);
  });

  test("output over the cap of lines is head and tail too, however few bytes it has", async () => {
    const result = await run("seq 1 5000", { maxOutputBytes: 1_000_000, maxOutputLines: 10 });
    const [head = "", note, tail = ""] = result.output.split("\n\n");
    expect([head, tail]).toEqual(["1\n2\n3\n4", "4995\n4996\n4997\n4998\n4999\n5000\n"]);
    expect(note).toBe(`[… 23855 of 23893 bytes left out here; the whole output is in ${result.outputFile} …]`);
    expect(await readFile(result.outputFile ?? "", "utf8")).toMatch(/^1\n[\s\S]*\n5000\n$/);
  });

  test("output of exactly as many lines as fit is whole", async () => {
    expect(await run("seq 1 10", { maxOutputLines: 10 })).toMatchObject({ output: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n" });
  });

  test("what grows when it becomes text is held to the cap as text", async () => {
    const { output } = await run("head -c 3000 /dev/zero | tr '\\0' '\\377'; echo end", { maxOutputBytes: 4_000 });
    expect(Buffer.byteLength(output)).toBeLessThan(4_200);
    expect(output).toMatch(/\ufffd[\s\S]*bytes left out here[\s\S]*\ufffdend\n$/);
  });

  test("a run that floods its output is ended at the limit and says so", async () => {
    await processes.close();
    start(process.env, {}, 100_000);
    const result = await run("exec yes", { maxOutputBytes: 500 });
    expect(result.notes).toEqual(["The output passed 100000 bytes and the command was ended."]);
    expect(result.signal).toBe("SIGTERM");
    expect(result.output).toMatch(/\[ended: the output passed 100000 bytes\]\n$/);
    await gone("yes");
  });

  test("terminal codes, control characters and overwritten lines do not come through; what is not UTF-8 is replaced", async () => {
    const codes =
      "\\033[31mred\\033[0m \\033]0;title\\007\\033]8;;http://x\\033\\\\link\\033(B\\0\\b\\n10%%\\r100%%\\r\\n\\377ok\\n";
    expect((await run(`printf '${codes}'`)).output).toBe("red link\n100%\n\ufffdok\n");
  });

  test("a timeout ends the run with its children, and what was printed is kept", async () => {
    const result = await ranOver("echo on; sleep 42001 & sleep 42002");
    expect(result).toMatchObject({ timedOut: true, output: "on\n", signal: "SIGTERM" });
    await gone("sleep 42001");
    await gone("sleep 42002");
  });

  test("a run that ignores the polite signal is ended all the same", async () => {
    const result = await ranOver("trap '' TERM; echo on; while :; do sleep 0.05; done");
    expect(result).toMatchObject({ timedOut: true, signal: "SIGKILL" });
  });

  test("cancel ends the run with its children, and the error holds what was printed", async () => {
    const control = new AbortController();
    const failed = run("echo so far; setsid sleep 42003 & sleep 42004", { signal: control.signal });
    await there("sleep 42003");
    control.abort();
    await expect(failed).rejects.toMatchObject({ code: "TOOL_INTERRUPTED" });
    await expect(failed).rejects.toThrow(/so far/);
    await gone("sleep 42003");
    await gone("sleep 42004");
  });

  test("a child left in the background does not hold up the run, is ended, and is told of", async () => {
    const result = await run('sleep 42005 & until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done; echo done');
    expect(result).toMatchObject({ exitCode: 0, output: "done\n" });
    expect(result.notes).toEqual(["1 process it left running was ended (sleep); use run_in_background for what shall go on."]);
    await gone("sleep 42005");
  });

  test("a child that left its group and its descriptors is found by its mark", async () => {
    await run("setsid sleep 42006 3>&- >/dev/null 2>&1 & while [ -z \"$(pgrep -f '^sleep 42006')\" ]; do :; done");
    await gone("sleep 42006");
  });

  test.runIf(linux)("a child without group, mark and parent is found by the output file it holds", async () => {
    const result = await run('env -i setsid -f sleep 42031; until [ -n "$(pgrep -f "^sleep 42031")" ]; do :; done');
    await gone("sleep 42031");
    expect(result.notes[0]).toMatch(/^1 process it left running was ended \(sleep\)/);
    await run('env -i setsid -f sleep 42032 >/dev/null 2>&1 3>&-; until [ -n "$(pgrep -f "^sleep 42032")" ]; do :; done');
    await gone("sleep 42032");
  });

  test.runIf(linux)("a child that hides all but its parents is found while they live", async () => {
    const hidden = "exec >/dev/null 2>&1 3>&- 5>&-; env -i setsid -w sleep 42033; true";
    await run(`env -i setsid -w sh -c '${hidden}'; sleep 42034`, { timeoutMs: 1_000 });
    await gone("sleep 42033");
  });

  test.runIf(linux)("who only reads a run's output file is no child of it", async () => {
    const { outputFile } = await background("echo up; exec sleep 42035");
    await there("sleep 42035");
    const reader = spawn("bash", ["-c", `exec sleep 42036 5<'${outputFile}'`], { stdio: "ignore" });
    await there("sleep 42036");
    await shells.stop("bash_1");
    await gone("sleep 42035");
    await processes.close();
    expect(reader.exitCode ?? reader.signalCode).toBe(null);
    reader.kill("SIGKILL");
    await once(reader, "exit");
  });

  test("a command that cannot be passed to a shell is refused with its size", async () => {
    await expect(run(`: ${"x".repeat(130_000)}`)).rejects.toMatchObject({
      code: "TOOL_FAILED",
      message: expect.stringMatching(/130002 bytes/),
    });
  });

  test("a folder that is gone is said so", async () => {
    await expect(run("pwd", { cwd: join(place, "gone") })).rejects.toMatchObject({
      code: "TOOL_FAILED",
      message: expect.stringContaining(join(place, "gone")),
    });
  });

  test("the last line is shown as progress while it runs", async () => {
    const seen: string[] = [];
    const control = new AbortController();
    const running = run("printf 'a\\nb\\033[1m!\\n'; exec sleep 42007", {
      signal: control.signal,
      onOutput: (text) => seen.push(text),
    });
    await until(() => seen.length > 0, "no progress was shown");
    control.abort();
    await expect(running).rejects.toMatchObject({ code: "TOOL_INTERRUPTED" });
    expect(seen[0]).toBe("b!");
  });
});

describe("the working folder", () => {
  test("is where the shell ended, inside the roots, whatever the exit code", async () => {
    await mkdir(join(place, "in ner"));
    expect((await run("cd 'in ner' && exit 3")).cwd).toBe(join(place, "in ner"));
  });

  test("stays where it was when the shell ended outside, with a note", async () => {
    const result = await run("cd /");
    expect(result.cwd).toBe(place);
    expect(result.notes).toEqual([`The shell ended in /, outside the workspace; the working folder stays ${place}.`]);
  });

  test("of a subshell is not the shell's", async () => {
    await mkdir(join(place, "sub"));
    expect((await run("(cd sub); true")).cwd).toBe(place);
  });

  test("is its real path, so that a link out of the roots is not followed", async () => {
    const result = await run("ln -s / out; cd out");
    expect(result.cwd).toBe(place);
  });
});

describe("the environment of a shell", () => {
  const seen = async (name: string): Promise<string> => (await run(`printf %s "\${${name}-unset}"`)).output;

  test.each([
    ["ANTHROPIC_API_KEY", "unset"],
    ["ANTHROPIC_BASE_URL", "unset"],
    ["NPM_TOKEN", "unset"],
    ["AWS_SECRET_ACCESS_KEY", "unset"],
    ["PGPASSWORD", "unset"],
    ["BASH_ENV", "unset"],
    ["NODE_TEST_CONTEXT", "unset"],
    ["SSH_AUTH_SOCK", "given"],
    ["TOKENIZERS_PARALLELISM", "given"],
    ["https_proxy", "given"],
    ["XDG_DATA_HOME", "given"],
    ["MY_CONFIGURED_TOKEN", "from config"],
    ["TERM", "dumb"],
    ["GIT_TERMINAL_PROMPT", "0"],
    ["PAGER", "cat"],
  ])("%s is %s", async (name, value) => {
    await processes.close();
    start({ PATH: process.env["PATH"], [name]: "given" }, { MY_CONFIGURED_TOKEN: "from config" });
    expect(await seen(name)).toBe(value);
  });
});

describe("background runs", () => {
  test("are listed, read from where the last read ended, and stopped with their children", async () => {
    const one = await background("echo up; sleep 42011 & sleep 42012");
    expect(one).toMatchObject({ id: "bash_1", state: "running", exitCode: null });
    await there("sleep 42012");
    expect(await shells.output("bash_1", "unread")).toMatchObject({ text: "up\n", nextByte: 3 });
    expect(await shells.output("bash_1", "unread")).toMatchObject({ text: "", nextByte: 3 });
    expect(await shells.output("bash_1", 1)).toMatchObject({ text: "p\n" });
    expect(await shells.list()).toHaveLength(1);
    expect(await shells.stop("bash_1")).toMatchObject({ state: "stopped", signal: "SIGTERM" });
    await gone("sleep 42011");
    await gone("sleep 42012");
  });

  test("that end by themselves keep exit code and output", async () => {
    const { id } = await background("echo out; exit 4");
    await until(async () => (await shells.list())[0]?.state === "exited", "it never ended");
    expect((await shells.output(id, 0)).run).toMatchObject({ state: "exited", exitCode: 4, outputBytes: 4 });
    expect(await shells.stop(id)).toMatchObject({ state: "exited" });
  });

  test("may have a time of their own", async () => {
    await background("exec sleep 42013", 100);
    await until(async () => (await shells.list())[0]?.state !== "running", "it never ended");
    expect((await shells.list())[0]).toMatchObject({ exitCode: null, signal: "SIGTERM" });
  });

  test("are read in windows that end at a line, and no character is cut", async () => {
    const { id } = await background("yes äöü€ | head -n 20000");
    await until(async () => (await shells.list())[0]?.state === "exited", "it never ended");
    const parts: string[] = [];
    for (let left = 1; left > 0; ) {
      const read = await shells.output(id, "unread");
      parts.push(read.text);
      left = read.run.outputBytes - read.nextByte;
    }
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.join("")).toBe("äöü€\n".repeat(20_000));
  });

  test("are at most sixteen", async () => {
    await Promise.all(Array.from({ length: 16 }, () => background("exec sleep 42014")));
    await expect(background("true")).rejects.toMatchObject({ code: "RUN_LIMIT" });
    await shells.stop("bash_3");
    await expect(background("true")).resolves.toMatchObject({ id: "bash_17" });
  });

  test("that do not exist are RUN_UNKNOWN, with the names that do", async () => {
    await expect(shells.output("bash_9", 0)).rejects.toMatchObject({
      code: "RUN_UNKNOWN",
      message: expect.stringContaining("there are none"),
    });
    await background("exec sleep 42015");
    await expect(shells.stop("bash_9")).rejects.toMatchObject({
      message: "No background run is named bash_9; there are bash_1.",
    });
  });

  test("end with the session, also those that left their group", async () => {
    await background("setsid sleep 42016 & exec sleep 42017");
    await there("sleep 42016");
    await shells.close();
    await gone("sleep 42016");
    await gone("sleep 42017");
    await expect(run("true")).rejects.toMatchObject({ code: "TOOL_INTERRUPTED" });
  });
});

describe("a program of an effect", () => {
  const signal = new AbortController().signal;
  const spawned = (
    file: string,
    args: string[],
    options: { timeoutMs?: number; maxBytes?: number; signal?: AbortSignal } = {},
  ) => processes.spawnFile(file, args, { cwd: place, timeoutMs: 20_000, maxBytes: 1_000, signal, ...options });

  test("gives its output, errors and exit code", async () => {
    const result = await spawned("/bin/sh", ["-c", "echo out; echo err >&2; exit 2"]);
    expect({ ...result, stdout: new TextDecoder().decode(result.stdout) }).toEqual({
      ...{ exitCode: 2, signal: null, stdout: "out\n", stderr: "err\n", cut: false, timedOut: false },
    });
  });

  test("is ended when its output is over the cap", async () => {
    const result = await spawned("/usr/bin/yes", []);
    expect(result).toMatchObject({ cut: true, signal: "SIGKILL" });
    expect(result.stdout).toHaveLength(1_000);
  });

  test("is ended at its time and on cancel", async () => {
    expect(await spawned("/bin/sleep", ["42021"], { timeoutMs: 100 })).toMatchObject({ timedOut: true });
    const control = new AbortController();
    const failed = spawned("/bin/sleep", ["42022"], { signal: control.signal });
    await there("/bin/sleep 42022");
    control.abort();
    await expect(failed).rejects.toMatchObject({ code: "TOOL_INTERRUPTED" });
  });

  test("that does not exist is TOOL_FAILED with its name", async () => {
    await expect(spawned("/nowhere/rg", [])).rejects.toMatchObject({
      code: "TOOL_FAILED",
      message: expect.stringContaining("/nowhere/rg"),
    });
  });
});
