import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SessionEvent } from "../../core/contract/events.ts";
import { gantry, makePlace } from "./gantry.ts";

const write = { call: { name: "Write", input: { file_path: "a.txt", content: "x\n" } } };
const runs = (command: string) => ({ call: { name: "Bash", input: { command } } });

describe("gantry run", () => {
  test("prints the answer alone on stdout, and a line per tool call on stderr", async () => {
    const place = await makePlace();
    const model = await place.script([write, { say: "# Done\n\n**It** works." }]);
    const ended = await gantry(place, ["run", "go", "--model", model, "--permission-mode", "acceptEdits"]);
    expect(ended).toMatchObject({ exit: 0, stdout: "# Done\n\n**It** works.\n" });
    expect(ended.stderr).toMatch(/^✓ Write a\.txt · \d+ ms\n/);
    expect(ended.stderr).toContain("\n  +x\n");
    expect(ended.stderr).not.toContain("\u001b");
  });

  test("--quiet leaves stderr empty", async () => {
    const place = await makePlace();
    const model = await place.script([write, { say: "Done." }]);
    expect(await gantry(place, ["run", "go", "--model", model, "--approve", "always", "--quiet"])).toEqual({
      exit: 0,
      stdout: "Done.\n",
      stderr: "",
    });
  });

  test("--output json prints one object", async () => {
    const place = await makePlace();
    const model = await place.script([write, { say: "Done." }]);
    const { exit, stdout } = await gantry(place, ["run", "go", "--model", model, "--output", "json", "--approve", "never"]);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      kind: "run",
      text: "Done.",
      turns: 1,
      steps: 2,
      toolCalls: [{ name: "Write", outcome: "denied", input: { file_path: "a.txt" } }],
      stopReason: "end_turn",
    });
  });

  test("--output stream-json prints the session's events as its log holds them", async () => {
    const place = await makePlace();
    const model = await place.script([{ say: "Hello." }]);
    const { stdout } = await gantry(place, ["run", "go", "--model", model, "--output", "stream-json"]);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as SessionEvent);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ type }) => type)).toEqual([
      "session.open",
      "input",
      "turn.start",
      "step.start",
      "answer",
      "turn.end",
      "session.close",
    ]);
    const withDeltas = await gantry(place, ["run", "go", "--model", model, "--output", "stream-json", "--include-deltas"]);
    const deltas = withDeltas.stdout.split("\n").filter((line) => line.startsWith('{"type":"delta"'));
    expect(deltas.map((line) => (JSON.parse(line) as { text: string }).text).join("")).toBe("Hello.");
  });

  test("an approval that nobody can give ends with 3, whatever the model said", async () => {
    const place = await makePlace();
    const model = await place.script([write, { say: "All good." }]);
    const ended = await gantry(place, ["run", "go", "--model", model]);
    expect(ended).toMatchObject({ exit: 3, stdout: "All good.\n" });
    expect(ended.stderr).toMatch(/⊘ Write a\.txt · denied: .*\n.*APPROVAL_UNAVAILABLE/s);
    const json = await gantry(place, ["run", "go", "--model", model, "--output", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, stopReason: "denied", error: { code: "APPROVAL_UNAVAILABLE" } });
  });

  test("--approve prompt takes y and n from a piped stdin", async () => {
    const place = await makePlace();
    const model = await place.script([write, runs("printf hi; true"), { say: "Done." }]);
    const ended = await gantry(place, ["run", "go", "--model", model, "--approve", "prompt"], { input: "y\nn not now\n" });
    expect(ended).toMatchObject({ exit: 0, stdout: "Done.\n" });
    expect(ended.stderr).toContain("┌ Allow Write?");
    expect(ended.stderr).toContain("the user said no to Bash(printf hi; true): not now");
    expect(await readFile(join(place.workspace, "a.txt"), "utf8")).toBe("x\n");
  });

  test("--approve prompt with a stdin that ends is a missing approval", async () => {
    const place = await makePlace();
    const model = await place.script([write, { say: "Done." }]);
    expect(await gantry(place, ["run", "go", "--model", model, "--approve", "prompt"], { input: "" })).toMatchObject({
      exit: 3,
    });
  });

  test("the prompt comes from stdin, also beside an argument", async () => {
    const place = await makePlace();
    const inputs = async (args: string[], input: string): Promise<unknown> => {
      const plain = await place.script([{ say: "ok" }]);
      const { stdout } = await gantry(place, ["run", ...args, "--model", plain, "--output", "stream-json"], { input });
      const events = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as SessionEvent);
      return events.find(({ type }) => type === "input")?.data;
    };
    expect(await inputs([], "from a pipe\n")).toMatchObject({ source: "stdin", content: [{ text: "from a pipe\n" }] });
    expect(await inputs(["review"], "a diff\n")).toMatchObject({
      source: "prompt",
      content: [{ text: "review\n\n<stdin>\na diff\n</stdin>" }],
    });
  });

  test("what is wrong before the start is exit 2, as text and as JSON", async () => {
    const place = await makePlace();
    expect(await gantry(place, ["run"])).toMatchObject({
      exit: 2,
      stdout: "",
      stderr: expect.stringContaining("USAGE_INVALID"),
    });
    expect(await gantry(place, ["run", "x", "-C", "missing"])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("missing"),
    });
    expect(await gantry(place, ["run", "x", "--allow", "Raed"])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("RULE_INVALID"),
    });
    const json = await gantry(place, ["run", "x", "--output", "json", "--set", "nope=1"]);
    expect(json).toMatchObject({ exit: 2, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, kind: "run", error: { code: "CONFIG_KEY_UNKNOWN" } });
    const usage = await gantry(place, ["run", "x", "--output", "json", "--max-turns", "0", "--continue", "--resume", "a"]);
    expect(JSON.parse(usage.stdout)).toMatchObject({
      error: { code: "USAGE_INVALID", detail: { problems: [expect.any(String), expect.any(String)] } },
    });
  });

  test("without credentials it ends with 5 and names the variable", async () => {
    const place = await makePlace();
    expect(await gantry(place, ["run", "x"])).toMatchObject({ exit: 5, stderr: expect.stringContaining("ANTHROPIC_API_KEY") });
  });

  test("--continue goes on with the newest session, --resume with a prefix", async () => {
    const place = await makePlace();
    const model = await place.script([{ say: "ok" }]);
    const object = async (...args: string[]): Promise<{ sessionId: string; turns: number }> =>
      JSON.parse((await gantry(place, ["run", "x", "--model", model, "--output", "json", ...args])).stdout);
    const first = await object();
    expect(await object("--continue")).toMatchObject({ sessionId: first.sessionId, turns: 2 });
    expect(await object("--resume", first.sessionId.slice(0, -1))).toMatchObject({ sessionId: first.sessionId, turns: 3 });
    expect(await gantry(place, ["run", "x", "--resume", "nope", "--model", model])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining("SESSION_NOT_FOUND"),
    });
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s in a tool ends with %i, and the session can be gone on with", async (signal, exit) => {
    const place = await makePlace();
    const model = await place.script([runs("sleep 600"), { say: "never" }]);
    let sent = false;
    const ended = await gantry(place, ["run", "go", "--model", model, "--approve", "always", "--output", "stream-json"], {
      onOutput(text, child) {
        if (sent || !text.includes('"tool.start"')) return;
        sent = true;
        child.kill(signal);
      },
    });
    expect(ended.exit).toBe(exit);
    expect(ended.stdout).toContain('"reason":"interrupted"');
    expect(ended.stderr).toContain("The session is kept.");
    const next = await place.script([{ say: "again" }]);
    expect(await gantry(place, ["run", "go on", "--continue", "--model", next])).toMatchObject({ exit: 0, stdout: "again\n" });
  });

  test("a reader that leaves stops the turn: nothing is paid for that nobody reads", async () => {
    const place = await makePlace();
    const model = await place.script([runs("sleep 600"), { say: "never" }]);
    const ended = await gantry(place, ["run", "go", "--model", model, "--approve", "always", "--output", "stream-json"], {
      onOutput: (_, child) => child.stdout?.destroy(),
    });
    expect(ended).toMatchObject({ exit: 130, stderr: expect.not.stringContaining("EPIPE") });
  });

  test("terminal codes of a tool or a model do not reach stderr", async () => {
    const place = await makePlace();
    const model = await place.script([runs("echo \u001b[2J\u001b]0;x\u0007"), { say: "done" }]);
    const { stderr } = await gantry(place, ["run", "go", "--model", model, "--verbose"]);
    expect(stderr).not.toMatch(/[\u001b\u0007]/);
  });
});

describe("commands", () => {
  test("an unknown command is exit 2 with the nearest name, and no model is asked", async () => {
    const place = await makePlace();
    expect(await gantry(place, ["docter"])).toMatchObject({
      exit: 2,
      stdout: "",
      stderr: expect.stringContaining("Did you mean doctor?"),
    });
  });

  test("bare gantry without a terminal prints help", async () => {
    const place = await makePlace();
    expect(await gantry(place, [])).toMatchObject({ exit: 0, stdout: expect.stringContaining("COMMANDS") });
  });

  test("what a command shows of a file cannot steer the terminal", async () => {
    const place = await makePlace();
    await writeFile(join(place.workspace, "a.txt"), "one\u001b[2Jtwo\u001b]0;title\u0007\n");
    const { stdout } = await gantry(place, ["tools", "call", "Read", '{"file_path":"a.txt"}']);
    expect(stdout).toContain("onetwo\n");
    expect(stdout).not.toMatch(/[\u0007\u001b]/);
  });

  test("doctor names the shell that commands run with, and not the user's own", async () => {
    const place = await makePlace();
    const { stdout } = await gantry(place, ["doctor", "--json"], { env: { SHELL: "/usr/bin/fish" } });
    expect(JSON.parse(stdout).data.shell).toMatch(/^\/bin\/(?:bash|sh)$/);
  });

  test("--json puts one envelope on stdout, for results and errors", async () => {
    const place = await makePlace();
    for (const args of [
      ["doctor"],
      ["help", "run"],
      ["completion", "bash"],
      ["tools", "list"],
      ["tools", "describe", "Read"],
      ["tools", "describe", "Raed"],
      ["tools", "lst"],
    ]) {
      const { exit, stdout, stderr } = await gantry(place, [...args, "--json"]);
      const envelope = JSON.parse(stdout) as { ok: boolean; kind: string };
      expect({ args, ok: envelope.ok, stderr }).toEqual({ args, ok: exit === 0, stderr: "" });
    }
  });

  test("doctor says what loaded, whether credentials are set, and never what they are", async () => {
    const place = await makePlace();
    const { exit, stdout } = await gantry(place, ["doctor", "--json"], { env: { ANTHROPIC_API_KEY: "sk-secret-1234" } });
    expect(exit).toBe(0);
    expect(stdout).not.toContain("sk-secret-1234");
    expect(JSON.parse(stdout)).toMatchObject({
      data: {
        credentials: [{ name: "ANTHROPIC_API_KEY", isSet: true }, { isSet: false }],
        sessions: { writable: true },
        problems: [],
      },
    });
    const without = await gantry(place, ["doctor", "--no-plugins"]);
    expect(without).toMatchObject({ exit: 0, stdout: expect.stringContaining("left out: --no-plugins") });
  });

  test("tools call goes through approval like a model's call", async () => {
    const place = await makePlace();
    const input = JSON.stringify({ file_path: "new.txt", content: "x" });
    const denied = await gantry(place, ["tools", "call", "Write", input, "--json"]);
    expect(denied.exit).toBe(3);
    expect(JSON.parse(denied.stdout)).toMatchObject({
      ok: false,
      error: { code: "APPROVAL_UNAVAILABLE", detail: { isError: true } },
    });
    expect(await gantry(place, ["tools", "call", "Glob", '{"pattern":"*"}'])).toMatchObject({ exit: 0 });
    expect(await gantry(place, ["tools", "call", "Raed", "{}"])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining("Did you mean Read?"),
    });
    expect(await gantry(place, ["tools", "call", "Read", "[]"])).toMatchObject({ exit: 2 });
  });

  test("a reader that leaves early ends a command without a stack", async () => {
    const place = await makePlace();
    const { stderr } = await gantry(place, ["help"], { onOutput: (_, child) => child.stdout?.destroy() });
    expect(stderr).toBe("");
  });
});
