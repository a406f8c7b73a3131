/** `parity run` through the built command: verdicts, words, reports, and that nothing is left behind. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Result } from "../../plugins/parity/scenario/report.ts";
import { gone, there, until } from "../support/alive.ts";
import { bench } from "../support/cli.ts";
import { descendantsOf, isAlive } from "../support/descendants.ts";

const samples = fileURLToPath(new URL("../fixtures/scenarios", import.meta.url));
const golden = (name: string): string => path.join(import.meta.dirname, "golden", name);

/** A workspace with these samples in its folder `scenarios`. */
async function withSamples(...names: string[]) {
  const files = names.map(async (name) => {
    const file = `${name}.scenario.yaml`;
    return [`scenarios/${file}`, await readFile(path.join(samples, file), "utf8")] as const;
  });
  return await bench([], Object.fromEntries(await Promise.all(files)));
}

const verdictsOf = (results: readonly Result[]): string[] => results.map(({ name, verdict }) => `${name} ${verdict}`);

/** Times, ids and how long a tool took differ from play to play. */
const steady = (text: string): string =>
  text
    .replace(/ +\d+\.\d s$/gm, "  N s")
    .replace(/· [\d.]+ m?s/g, "· N ms")
    .replace(/toolu_[0-9a-f]+/g, "toolu_ID");

test("scenarios of a user's own are played, and all that is not met is told at once, with its line", async () => {
  const { gantry } = await withSamples("reads_a_file", "fails_in_all_ways", "needs_more", "no_scenario");
  const { stdout, stderr, exit } = await gantry(["parity", "run", "scenarios", "--jobs", "2"]);
  expect([exit, stderr]).toEqual([1, ""]);
  await expect(steady(stdout)).toMatchFileSnapshot(golden("run.txt"));
});

test("interrupts, kills, plugins, hooks and retries are played in steps, a hanging one is ended, and the report holds it all", async () => {
  const { cwd, gantry } = await withSamples("goes_on_after_ends", "hangs");
  const { stdout, exit } = await gantry(["parity", "run", "scenarios", "--json", "--report", "report.json", "--jobs", "2"]);
  const { ok, error } = JSON.parse(stdout) as { ok: boolean; error: { code: string; detail: { scenarios: Result[] } } };
  const [goesOn, hangs] = error.detail.scenarios;
  expect([ok, exit, error.code, goesOn?.failures]).toEqual([false, 1, "SCENARIO_FAILED", []]);
  expect(verdictsOf(error.detail.scenarios)).toEqual(["goes_on_after_ends PASS", "hangs FAIL"]);
  // On a slow machine it may be ended before its request.
  expect(hangs?.failures.map(({ what }) => what)).toEqual(
    expect.arrayContaining([
      "the command should end within 2 s; it was ended",
      "1 later step not played, for the one before hung",
    ]),
  );
  const touched = [
    "plugins/process",
    "hook-events/PreToolUse",
    "hook-points/tool.call",
    "permission-kinds/fs.read",
    "flags/--continue",
  ];
  expect(goesOn?.items).toEqual(expect.arrayContaining(touched));
  expect(JSON.parse(await readFile(path.join(cwd, "report.json"), "utf8"))).toEqual(error.detail);
});

test("as many as --jobs says are played at a time: each of these two waits for the other", async () => {
  const { cwd, gantry } = await bench([]);
  const [ours, theirs] = [path.join(cwd, "a"), path.join(cwd, "b")];
  const waiting = (name: string, makes: string, waitsFor: string): string =>
    JSON.stringify({
      ...{ name, about: "It waits for another.", category: "samples" },
      steps: [
        {
          gantry: ["run", "go", "--approve", "always", "--permission-mode", "bypassPermissions", "--allow-root-bypass"],
          model: [
            { call: { name: "Bash", input: { command: `touch ${makes}; until test -e ${waitsFor}; do sleep 0.05; done` } } },
            { say: "Met." },
          ],
          expect: { calls: [{ tool: "Bash", outcome: "ok" }] },
        },
      ],
    });
  await mkdir(path.join(cwd, "pair"));
  await writeFile(path.join(cwd, "pair/one.scenario.yaml"), waiting("one", ours, theirs));
  await writeFile(path.join(cwd, "pair/two.scenario.yaml"), waiting("two", theirs, ours));
  const { stdout, exit } = await gantry(["parity", "run", "pair", "--jobs", "2"]);
  expect([exit, stdout.match(/^PASS {5}\w+/gm)]).toEqual([0, ["PASS     one", "PASS     two"]]);
});

test("Ctrl-C ends every child, takes the folders away, and exits with 130", async () => {
  const { cwd, start } = await withSamples("waits");
  const temp = path.join(cwd, "temp");
  await mkdir(temp);
  const { child, finished } = start(["parity", "run", "scenarios"], { env: { TMPDIR: temp } });
  await there("sleep 86413");
  const below = descendantsOf(child.pid ?? 0);
  expect(below.length).toBeGreaterThan(0);
  child.kill("SIGINT");
  expect(await finished).toMatchObject({ exit: 130, stdout: "" });
  await gone("sleep 86413");
  expect(below.filter(isAlive)).toEqual([]);
  expect(await readdir(temp)).toEqual([]);
});

test("a command that is killed takes what it started with it", async () => {
  const { cwd, start } = await withSamples("waits");
  const { child } = start(["parity", "run", "scenarios"], { env: { TMPDIR: cwd } });
  await there("sleep 86413");
  const below = descendantsOf(child.pid ?? 0);
  expect(below.some(({ line }) => line.startsWith("sleep 86413"))).toBe(true);
  child.kill("SIGKILL");
  await until(() => !below.some(isAlive), "something that it started is still alive");
});

test("what is kept is named, the map is printed when asked for, and a missing scenario fails only with --strict", async () => {
  const { gantry } = await withSamples("reads_a_file", "needs_more");
  const { stdout, exit } = await gantry(["parity", "run", "scenarios", "--keep", "--map", "--strict"]);
  const kept = /^ +kept in (.+)$/m.exec(stdout)?.[1] ?? "";
  expect(kept.startsWith(path.join(tmpdir(), "gantry-scenario-reads_a_file-"))).toBe(true);
  expect(await readFile(path.join(kept, "workspace/a.txt"), "utf8")).toBe("one\n");
  await rm(kept, { recursive: true });
  expect([exit, stdout]).toEqual([1, expect.stringMatching(/^reads_a_file:\n(?: {2}\S.*\n)* {2}tools\/Read$/m)]);
  const lax = await gantry(["parity", "run", "scenarios/needs_more.scenario.yaml"]);
  expect([lax.exit, lax.stdout]).toEqual([
    0,
    expect.stringContaining("MISSING  needs_more  not in this build: tools/Teleport"),
  ]);
});

test("an unknown scenario, a wrong number of jobs and a report that cannot be written are errors; --list plays nothing", async () => {
  const { gantry } = await withSamples("reads_a_file", "no_scenario");
  const [unknown, jobs, listed, unwritable] = await Promise.all([
    gantry(["parity", "run", "streaming_txet"]),
    gantry(["parity", "run", "scenarios", "--jobs", "0"]),
    gantry(["parity", "run", "scenarios", "--list", "--json"]),
    gantry(["parity", "run", "scenarios", "--report", "none/report.json"]),
  ]);
  // Nothing is played for a report that has no place.
  expect([unwritable.exit, unwritable.stdout, unwritable.stderr]).toEqual([
    1,
    "",
    expect.stringMatching(/OUTPUT_FAILED: \S+none\/report\.json cannot be written: the folder \S+ cannot be used/),
  ]);
  expect([unknown.exit, unknown.stderr]).toEqual([
    2,
    expect.stringContaining(
      "SCENARIO_UNKNOWN: There is no scenario streaming_txet, and none that begins so. Did you mean streaming_text?",
    ),
  ]);
  expect([jobs.exit, jobs.stderr]).toEqual([2, expect.stringContaining("--jobs is a number from 1 to 32, not 0")]);
  const { error } = JSON.parse(listed.stdout) as { error: { code: string; message: string; detail: { name: string }[] } };
  expect([error.code, error.detail.map(({ name }) => name)]).toEqual(["SCENARIO_INVALID", ["reads_a_file"]]);
  expect(error.message).toContain('no_scenario.scenario.yaml:6: steps[0].modell: "modell" is no key here. Did you mean model?');
});
