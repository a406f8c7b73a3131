/** parity turn-loop: a rehearsed run, shown request by request. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { createLines } from "../../plugins/parity/turn-loop/child.ts";
import { until } from "../support/alive.ts";
import { type Bench, bench } from "../support/cli.ts";
import { descendantsOf, isAlive } from "../support/descendants.ts";

const hook = (command: string) => ({ hooks: [{ type: "command", command }] });

async function place(steps: readonly unknown[]): Promise<Bench> {
  const made = await bench([], { "a.txt": "one\n", "script.json": JSON.stringify({ steps }) });
  const user = path.join(made.home, ".config/gantry");
  await mkdir(user, { recursive: true });
  const config = { hooks: { UserPromptSubmit: [hook("true")], PreToolUse: [{ matcher: "Read", ...hook("true") }] } };
  await writeFile(path.join(user, "config.json"), JSON.stringify(config));
  return made;
}

const loop = ({ gantry }: Bench, ...args: string[]) =>
  gantry(["parity", "turn-loop", "go", "--model", "scripted/script.json", ...args]);

const settled = (text: string): string =>
  text
    .replace(/\b\d+ ms\b/g, "N ms")
    .replace(/ {2,}/g, "  ")
    .replace(/^Session \S+$/m, "Session ID");

const steps = [
  { fail: { status: 529, retryAfter: 0 } },
  {
    calls: [
      { name: "Read", input: { file_path: "a.txt" } },
      { name: "Write", input: { file_path: "b.txt", content: "x" } },
      { name: "Rad", input: { file_path: "a.txt" } },
    ],
  },
  { say: "It says\u001b[2J one." },
];

test("the table has a row for each call: decision, outcome, retries, hooks; then how the run ended", async () => {
  const made = await place(steps);
  const [text, json] = await Promise.all([loop(made, "--approve", "never"), loop(made, "--allow", "Write", "--json")]);
  await expect(settled(text.stdout)).toMatchFileSnapshot("golden/turn-loop.txt");
  expect([text.exit, text.stderr]).toEqual([0, ""]);
  expect(json.exit).toBe(0);
  expect(await made.file("b.txt")).toBe("x");
  const { data } = JSON.parse(json.stdout) as { data: object };
  expect(data).toMatchObject({
    model: "scripted/script.json",
    exit: 0,
    costUsd: null,
    end: { stop: "end_turn", steps: 2 },
    before: [{ event: "UserPromptSubmit", outcome: "ok" }],
    requests: [
      {
        request: 1,
        usage: { inputTokens: 100, outputTokens: 20 },
        retries: [{ attempt: 1, code: "PROVIDER_OVERLOADED" }],
        calls: [
          { tool: "Read", subject: "a.txt", outcome: "ok", hooks: [{ event: "PreToolUse", outcome: "ok" }] },
          { tool: "Write", decision: { verdict: "allow", kind: "rule", by: "Write", source: "--allow" }, outcome: "ok" },
          { tool: "Rad", outcome: "not made", code: "TOOL_UNKNOWN" },
        ],
      },
      { request: 2, stop: "end_turn", text: "It says\u001b[2J one.", calls: [] },
    ],
  });
});

test("a run that ends otherwise than well ends the command with its own code and exit", async () => {
  const made = await place(steps.slice(1));
  const [limit, unapproved, mode, noScript] = await Promise.all([
    loop(made, "--max-turns", "1"),
    loop(made),
    loop(made, "--permission-mode", "pln"),
    made.gantry(["parity", "turn-loop", "go", "--model", "scripted/none.json", "--json"]),
  ]);
  expect([limit.exit, unapproved.exit, mode.exit, noScript.exit]).toEqual([4, 3, 2, 2]);
  expect(limit.stdout).toContain("The run ended with max_turns, exit 4.\n");
  expect(limit.stdout).toContain("The limit of turns was reached: 1 of 1.\nLIMIT_TURNS: ");
  expect(unapproved.stdout).toContain("APPROVAL_UNAVAILABLE: One call needed a yes and nobody was there.\n");
  expect(mode.stdout).toContain("No request was made.\n");
  expect(mode.stdout).toContain("not pln. Did you mean plan?");
  expect(JSON.parse(noScript.stdout)).toMatchObject({ ok: false, error: { code: "SCRIPT_INVALID", detail: { exit: 2 } } });
});

test("what is no rehearsal is USAGE_INVALID before anything starts", async () => {
  const made = await bench([]);
  const bad: [string[], string][] = [
    [["go"], "--model is missing: turn-loop is a rehearsal"],
    [["go", "--model", "anthropic/claude-sonnet-5"], '--model "anthropic/claude-sonnet-5" is no script'],
    [["go", "--model", "scripted/"], '--model "scripted/" is no script'],
    [["", "--model", "scripted/x"], "PROMPT is empty"],
    [["go", "--model", "scripted/x", "--max-turns", "0"], "--max-turns takes a whole number from 1 to 10000, not 0"],
    [["go", "--model", "scripted/x", "--approve", "prompt"], "--approve is one of always, never"],
  ];
  const ended = await Promise.all(bad.map(async ([args]) => await made.gantry(["parity", "turn-loop", ...args])));
  for (const [index, [, says]] of bad.entries())
    expect(ended[index]).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining(`USAGE_INVALID: ${says}`) });
  expect(await made.logs()).toEqual([]);
});

describe("a run that goes on", () => {
  const running = [{ call: { name: "Bash", input: { command: "echo > here; exec sleep 600" } } }, { say: "never" }];
  const begun = async (made: Bench) => {
    const started = made.start(["parity", "turn-loop", "go", "--model", "scripted/script.json", "--approve", "always"]);
    await until(async () => await made.file("here").then(Boolean, () => false), "the tool never ran");
    const { pid = 0 } = started.child;
    return { ...started, below: descendantsOf(pid) };
  };
  const end = async (below: ReturnType<typeof descendantsOf>): Promise<void> =>
    await until(() => !below.some(isAlive), "a process of the run is still alive");

  test("Ctrl-C ends it as its own would: the session is closed, nothing is left, exit 130", async () => {
    const made = await place(running);
    const { child, finished, below } = await begun(made);
    child.kill("SIGINT");
    expect(await finished).toMatchObject({ exit: 130 });
    await end(below);
    expect((await made.events()).map(({ type }) => type)).toContain("session.close");
  });

  test("a command that is killed takes it with it", async () => {
    const made = await place(running);
    const { child, below } = await begun(made);
    expect(below.some(({ line }) => line.includes("sleep 600"))).toBe(true);
    child.kill("SIGKILL");
    await end(below);
  });
});

test("lines come whole however they are cut; one beyond the cap is dropped, and counted", () => {
  const seen: unknown[] = [];
  const lines = createLines((line) => seen.push(line));
  for (const chunk of ['{"a":', '1}\n{"b":"', "\u00e9".repeat(10), '"}\nno json\n\n']) lines.push(Buffer.from(chunk));
  for (let sent = 0; sent < 9; sent++) lines.push(Buffer.from("x".repeat(1024 * 1024)));
  lines.push(Buffer.from('\n{"c":2}'));
  lines.end();
  expect(seen).toEqual([{ a: 1 }, { b: "\u00e9".repeat(10) }, { c: 2 }]);
  expect(lines.skipped()).toBe(2);
});
