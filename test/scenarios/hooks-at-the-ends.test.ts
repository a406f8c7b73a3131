/** Hooks at a session's begin and end hold nobody up: one interrupt ends them, and the end has one bound for all of them. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { EventOf } from "gantry/events";
import { expect, test } from "vitest";
import { alive, until } from "../support/alive.ts";
import { type Bench, bench } from "../support/cli.ts";

const command = (line: string, more: object = {}): object => ({ hooks: [{ type: "command", command: line, ...more }] });

async function withHooks(steps: readonly unknown[], hooks: Record<string, object[]>): Promise<Bench> {
  const place = await bench(steps);
  const folder = path.join(place.home, ".config/gantry");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "config.json"), JSON.stringify({ hooks }, null, 2));
  return place;
}

const firedIn = async (place: Bench): Promise<EventOf<"hook.fired">["data"][]> =>
  (await place.events()).flatMap((event) => (event.type === "hook.fired" ? [event.data] : []));

test.each([
  ["SIGINT", 130, 1],
  ["SIGTERM", 143, 2],
] as const)("one %s ends a SessionStart hook and the run with %i, and nothing is left", async (signal, exit, digit) => {
  const seconds = `6${digit}${process.pid}`;
  const place = await withHooks([{ say: "Never asked." }], {
    SessionStart: [command(`sleep ${seconds} & touch began; sleep ${seconds}`), command("touch second")],
  });
  const { child, finished } = place.start(["run", "go"]);
  await until(async () => (await place.file("began").catch(() => undefined)) !== undefined, "the hook never began");
  child.kill(signal);
  const ended = await finished;
  expect(ended).toMatchObject({ exit, signal: null });
  expect(ended.stderr).toContain("The session is kept");
  expect(place.model.requests).toHaveLength(0);
  expect(await alive(`sleep ${seconds}`)).toEqual([]);
  await expect(place.file("second")).rejects.toThrow("ENOENT");
  expect((await place.events()).at(-1)).toMatchObject({ type: "session.close", data: { reason: "interrupted" } });
});

test.each([
  ["SIGINT", 130, 3],
  ["SIGTERM", 143, 4],
] as const)("one %s ends a SessionEnd hook and the run with %i", async (signal, exit, digit) => {
  const seconds = `6${digit}${process.pid}`;
  const place = await withHooks([{ say: "Done." }], {
    SessionEnd: [command(`touch began; sleep ${seconds}`, { timeout: 60 })],
  });
  const { child, finished } = place.start(["run", "go"]);
  await until(async () => (await place.file("began").catch(() => undefined)) !== undefined, "the hook never began");
  child.kill(signal);
  expect(await finished).toMatchObject({ exit, signal: null });
  expect(await alive(`sleep ${seconds}`)).toEqual([]);
  expect((await place.events()).at(-1)).toMatchObject({ type: "session.close" });
});

test("an interrupt of the turn leaves SessionEnd hooks their time", async () => {
  const place = await withHooks([{ call: { name: "Bash", input: { command: "touch began; sleep 60" } } }], {
    SessionEnd: [command("touch ended")],
  });
  const { child, finished } = place.start(["run", "go", "--approve", "always"]);
  await until(async () => (await place.file("began").catch(() => undefined)) !== undefined, "the hook never began");
  child.kill("SIGINT");
  expect(await finished).toMatchObject({ exit: 130 });
  expect(await place.file("ended")).toBe("");
});

test("all SessionEnd hooks have together what the one with the longest time asks for", async () => {
  const seconds = `65${process.pid}`;
  const slow = command(`sleep ${seconds}`, { timeout: 0.5 });
  const place = await withHooks([{ say: "Done." }], { SessionEnd: [slow, slow, command("touch never", { timeout: 0.5 })] });
  expect(await place.gantry(["run", "go"])).toMatchObject({ exit: 0 });
  await expect(place.file("never")).rejects.toThrow("ENOENT");
  expect(await alive(`sleep ${seconds}`)).toEqual([]);
  expect((await firedIn(place)).map(({ outcome }) => outcome)).toEqual(["timeout", "timeout", "timeout"]);
});
