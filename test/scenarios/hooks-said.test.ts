/** What hooks say: without secrets wherever it goes, with its place and reason in the log, and seen by whoever runs Gantry. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { EventOf } from "gantry/events";
import { expect, test } from "vitest";
import { type Bench, bench } from "../support/cli.ts";

const bash = (command: string): unknown => ({ call: { name: "Bash", input: { command } } });
const command = (line: string, more: object = {}): object => ({ hooks: [{ type: "command", command: line, ...more }] });
const prints = (output: object): string => `printf '%s' '${JSON.stringify(output)}'`;

async function withHooks(steps: readonly unknown[], hooks: Record<string, object[]>, more: object = {}): Promise<Bench> {
  const place = await bench(steps, { "a.txt": "alpha\n" });
  const folder = path.join(place.home, ".config/gantry");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "config.json"), JSON.stringify({ hooks, ...more }, null, 2));
  return place;
}

const firedIn = async (place: Bench): Promise<EventOf<"hook.fired">["data"][]> =>
  (await place.events()).flatMap((event) => (event.type === "hook.fired" ? [event.data] : []));

const key = "correct-horse-battery-staple";
const token = "from-the-config-0123456789";
const both = `${key} ${token}`;

test("secrets of the environment and of the config's env are in nothing that hooks say, nor in what tools put out", async () => {
  const specific = (hookEventName: string) => ({ hookSpecificOutput: { hookEventName, additionalContext: `ctx ${both}` } });
  const place = await withHooks(
    [
      bash("printenv MY_TOKEN; cat key.txt"),
      bash("touch b"),
      { say: "Done." },
      { say: "Done again." },
      { say: "Done at last." },
    ],
    {
      SessionStart: [command(`echo "start ${both}"`), command(`echo "stderr ${both}" >&2; exit 1`)],
      UserPromptSubmit: [command(prints({ systemMessage: `say ${both}`, ...specific("UserPromptSubmit") }))],
      PreToolUse: [command(`grep -q touch && { echo "reason ${both}" >&2; exit 2; }; exit 0`)],
      PostToolUse: [
        command(prints(specific("PostToolUse"))),
        command(`sleep 0.01; echo "late ${both}" >&2; exit 1`, { async: true }),
      ],
      Stop: [
        command(`test -e s || { touch s; echo "go on ${both}" >&2; exit 2; }`),
        command(`test -e t || { touch t; echo '${JSON.stringify({ continue: false, stopReason: `stop ${both}` })}'; }`),
      ],
    },
    { env: { MY_TOKEN: token }, permissions: { allow: ["Bash"] } },
  );
  await writeFile(path.join(place.cwd, "key.txt"), `${key}\n`);
  const finished = await place.gantry(["run", "go", "--verbose"], { env: { ANTHROPIC_API_KEY: key } });
  const text = JSON.stringify((await place.events()).filter(({ type }) => type !== "tool.call" && type !== "answer"));
  const asked = place.model.requests.map((request) => request.text).join("\n");
  for (const word of ["start", "stderr", "say", "ctx", "reason", "stop"])
    expect(text).toContain(`${word} [redacted] [redacted]`);
  for (const secret of [key, token]) {
    expect(text).not.toContain(secret);
    expect(finished.stderr).not.toContain(secret);
    expect(asked).not.toContain(secret);
  }
});

test("a hook's deny is in the log with its reason, and what does not fit the format stands below it in the trace", async () => {
  const odd = {
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision: "deny",
      permissionDecisionReason: "on Sundays\nnever",
      oddField: 1,
    },
  };
  const place = await withHooks([bash("touch b"), { say: "Done." }], { PreToolUse: [command(prints(odd))] });
  const { stderr } = await place.gantry(["run", "go", "--approve", "always"]);
  const fired = await firedIn(place);
  expect(fired.find(({ outcome }) => outcome === "deny")).toMatchObject({ message: "on Sundays" });
  expect(stderr).toMatch(/denied: .*on Sundays …/);
  const odds = fired.flatMap(({ violations = [] }) => violations);
  const traced = await place.gantry(["hooks", "trace"]);
  if (odds.length > 0) expect(traced.stdout).toMatch(/^ +does not fit the format: .*oddField/m);
  expect(traced.stdout).toMatch(/deny .*on Sundays$/m);
});

test("a Stop hook that keeps the turn going is seen each time, and so is the end of its patience", async () => {
  const place = await withHooks(
    Array.from({ length: 10 }, () => ({ say: "Done." })),
    { Stop: [command("echo 'tests are red' >&2; exit 2")] },
  );
  const { stderr, exit } = await place.gantry(["run", "go"]);
  expect(exit).toBe(0);
  expect(stderr.match(/Stop.*config\.json:\d+.*the turn goes on: tests are red/g)).toHaveLength(8);
  expect(stderr).toMatch(/config\.json:\d+.*the turn ends here/);
  const quiet = await withHooks([{ say: "Done." }, { say: "Done." }], { Stop: [command("test -e s || { touch s; exit 2; }")] });
  expect((await quiet.gantry(["run", "go", "--quiet"])).stderr).toBe("");
});

test.each(["git push origin", "git -C . push", "g=push; git $g"])("a hook's `if` for git push fires on %s", async (line) => {
  const place = await withHooks([bash(line), { say: "Done." }], {
    PreToolUse: [command("echo 'no push' >&2; exit 2", { if: "Bash(git push:*)" })],
  });
  const { json } = await place.run("go", ["--approve", "always"]);
  expect(json.toolCalls).toMatchObject([{ outcome: "denied" }]);
  expect(place.model.requests[1]?.toolResults[0]?.text).toContain("no push");
});
