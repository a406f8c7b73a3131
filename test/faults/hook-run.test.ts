/** Hooks that misbehave, in the built command: what they guard is stopped or goes on as the design says, and the run ends. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { gone } from "../support/alive.ts";
import { type Bench, bench } from "../support/cli.ts";

interface Handler {
  command: string;
  timeout?: number;
  onFailure?: "continue";
}

/** A run whose model makes one file, with this hook before the call. */
async function guarded(handler: Handler): Promise<{ place: Bench; made: boolean; told: string; messages: string }> {
  const touch = { call: { name: "Bash", input: { command: "touch made.txt" } } };
  const place = await bench([touch, { say: "Done." }]);
  const folder = path.join(place.home, ".config/gantry");
  await mkdir(folder, { recursive: true });
  const hooks = { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", ...handler }] }] };
  await writeFile(path.join(folder, "config.jsonc"), JSON.stringify({ permissions: { allow: ["Bash"] }, hooks }, null, 2));
  const { json } = await place.run("go");
  expect(json.stopReason).toBe("end_turn");
  const fired = (await place.events()).flatMap((event) => (event.type === "hook.fired" ? [event.data] : []));
  const made = await place.file("made.txt").then(
    () => true,
    () => false,
  );
  const messages = fired.map(({ outcome, message = "" }) => `${outcome}: ${message}`).join("\n");
  return { place, made, told: JSON.stringify(place.model.requests.at(-1)), messages };
}

test.each<[string, Handler, string]>([
  ["prints a gigabyte", { command: "head -c 1000000000 /dev/zero" }, "went on printing beyond 64 MiB"],
  ["ignores SIGTERM", { command: "trap '' TERM; while :; do sleep 0.1; done", timeout: 0.2 }, "no end within 200 ms"],
  ["is killed", { command: "kill -KILL $$" }, "killed by SIGKILL"],
  ["is missing", { command: "nosuchguard --strict" }, "its program was not found"],
  ["answers in words of its own", { command: `echo '{"verdict":"block","systemMessage":"x"}'` }, "has no field verdict"],
  ["is a script that cannot be loaded", { command: "node gone.js" }, "node could not load it"],
  ["has a mistyped decision", { command: `echo '{"decision":"deny"}'` }, 'decision is \\"deny\\"'],
])("a guard that %s stops the call, unless it says onFailure continue", async (_what, handler, why) => {
  const strict = await guarded(handler);
  expect({ made: strict.made, told: strict.told }).toEqual({ made: false, told: expect.stringContaining(why) });
  expect(strict.messages).toContain("failed: ");
  const lenient = await guarded({ ...handler, onFailure: "continue" });
  expect(lenient).toMatchObject({ made: true, messages: expect.stringContaining("failed: ") });
});

test.each<[string, string]>([
  ["never reads its input", "exit 0"],
  ["prints plain text", "echo '[info] checked'"],
  ["fails with another exit code", "echo boom >&2; exit 1"],
])("a hook that %s stops nothing", async (_what, command) => {
  expect((await guarded({ command })).made).toBe(true);
});

test("a hook that leaves a process holding its pipes keeps no run waiting, and the process is gone", async () => {
  expect((await guarded({ command: "sleep 43201 & setsid sleep 43202 & exit 0" })).made).toBe(true);
  await gone("sleep 43201");
  await gone("sleep 43202");
});

test("invalid UTF-8 and terminal codes of a hook reach neither the model nor the log", async () => {
  const { place, told } = await guarded({ command: "printf 'bad \\377 \\033[31mred\\033[0m' >&2; exit 2" });
  expect(told).toContain("bad \uFFFD red");
  expect(JSON.stringify(await place.events())).not.toContain("\\u001b");
});

test("a syntax error that blocks is said to be an accident, with the hook's file and line", async () => {
  const { made, told } = await guarded({ command: "if true; then" });
  expect(made).toBe(false);
  expect(told).toMatch(/looks like an accident .*config\.jsonc:\d+/);
});
