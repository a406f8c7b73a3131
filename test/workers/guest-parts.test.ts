/** The parts of a guest's life that need no process: breaker, rates, beats, exit codes; and the trial of the boundary. */
import { chmod, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createBreaker } from "../../workers/guests/breaker.ts";
import { requireDeclared } from "../../workers/guests/declared.ts";
import { describeBundle } from "../../workers/guests/describe.ts";
import { endOf } from "../../workers/guests/ending.ts";
import { osBoundary, triedBoundary } from "../../workers/guests/os-boundary.ts";
import { tryBoundary } from "../../workers/guests/os-trial.ts";
import { createThrottle } from "../../workers/guests/throttle.ts";
import { cpuInWindow, startWatch } from "../../workers/guests/watch.ts";
import { createWindow } from "../../workers/guests/window.ts";
import { until } from "../support/alive.ts";
import { createClock } from "../support/far-side.ts";
import { failure, guestFolder, hasProcess, limits, pluginWith, sourceWith } from "../support/guest-table.ts";

const minute = 60_000;

describe("a breaker", () => {
  let now = 0;
  beforeEach(() => {
    now = 1_000_000;
  });
  const made = (random = 1) => createBreaker({ nowMs: () => now, random: () => random });

  test("makes each start after a crash wait twice as long, from 250 ms, half of it by chance", () => {
    const [longest, shortest] = [made(1), made(0)];
    const waits = [1, 2, 3, 4].map(() => {
      longest.crash();
      shortest.crash();
      return [longest.waitMs(), shortest.waitMs()];
    });
    expect(waits).toEqual([
      [250, 125],
      [500, 250],
      [1_000, 500],
      [2_000, 1_000],
    ]);
    now += 2_000;
    expect(longest.waitMs()).toBe(0);
  });

  test("opens at the fifth crash within five minutes, and closes after five minutes without one", () => {
    const breaker = made();
    for (let crash = 0; crash < 4; crash++) breaker.crash();
    expect(breaker.openMs()).toBe(0);
    now += minute;
    breaker.crash();
    expect(breaker.openMs()).toBe(5 * minute);
    now += 5 * minute - 1;
    expect(breaker.openMs()).toBe(1);
    now += 1;
    expect({ openMs: breaker.openMs(), recent: breaker.recent }).toEqual({ openMs: 0, recent: 0 });
  });

  test("never opens for crashes that are further apart", () => {
    const breaker = made();
    for (let crash = 0; crash < 50; crash++) {
      breaker.crash();
      now += 1.3 * minute;
      expect(breaker.openMs()).toBe(0);
    }
  });

  test("that is reset starts anew", () => {
    const breaker = made();
    for (let crash = 0; crash < 5; crash++) breaker.crash();
    breaker.reset();
    expect({ openMs: breaker.openMs(), waitMs: breaker.waitMs(), recent: breaker.recent }).toEqual({
      openMs: 0,
      waitMs: 0,
      recent: 0,
    });
  });

  test("never waits longer than 30 s", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 10 * minute })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (gaps, random) => {
          const breaker = made(random);
          for (const gap of gaps) {
            now += gap;
            breaker.crash();
            expect(breaker.waitMs()).toBeLessThanOrEqual(30_000);
            expect(breaker.openMs()).toBeLessThanOrEqual(5 * minute);
          }
        },
      ),
    );
  });
});

describe("a rate", () => {
  test("of the last time is never less than what there was in it, and forgets what is older", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 100 })), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (all) => {
        let now = 0;
        const window = createWindow({ windowMs: 1_000, nowMs: () => now });
        const seen: { at: number; amount: number }[] = [];
        const within = (ms: number) => seen.filter(({ at }) => at > now - ms).reduce((sum, { amount }) => sum + amount, 0);
        for (const [gap, amount] of all) {
          now += gap;
          seen.push({ at: now, amount });
          const sum = window.add(amount);
          expect(sum).toBeGreaterThanOrEqual(within(900));
          expect(sum).toBeLessThanOrEqual(within(1_000 + 1));
        }
      }),
    );
  });

  test("of requests lets a second's worth through at once and the others one by one", async () => {
    const clock = createClock();
    let now = 0;
    const throttle = createThrottle({ perSecond: 10, nowMs: () => now, after: clock.after });
    const passed: number[] = [];
    for (let at = 0; at < 12; at++) {
      const turn = throttle.turn();
      if (turn === undefined) passed.push(at);
      else void turn.then(() => passed.push(at));
    }
    expect(passed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (let step = 0; step < 2; step++) {
      now += 100;
      clock.pass(100);
      await undefined;
    }
    expect(passed.slice(10)).toEqual([10, 11]);
    expect(clock.waiting).toBe(0);
  });

  test("of CPU is what was used within the last 30 s", () => {
    const samples: { at: number; cpuSeconds: number }[] = [];
    const used = Array.from({ length: 100 }, (_, second) =>
      cpuInWindow(samples, { at: second * 1_000, cpuSeconds: second / 4 }),
    );
    expect(used[10]).toBe(2.5);
    expect(used[99]).toBeGreaterThanOrEqual(7.25);
    expect(used[99]).toBeLessThanOrEqual(7.75);
    expect(samples.length).toBeLessThan(40);
  });
});

describe("a watch", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
  afterEach(() => void vi.useRealTimers());

  function watched(lateMs: number) {
    let now = 0;
    const problems: string[] = [];
    const watch = startWatch({
      ...{ limits, nowMs: () => now, isBusy: () => false },
      usage: async () => undefined,
      onProblem: (code, problem) => problems.push(`${code}: ${problem}`),
    });
    return {
      watch,
      problems,
      tick(times: number) {
        for (let time = 0; time < times; time++) {
          now += 250 + lateMs;
          vi.advanceTimersByTime(250);
        }
      },
    };
  }

  test("that hears nothing of a guest for three beats and a half calls it hung", () => {
    const { watch, problems, tick } = watched(0);
    tick(13);
    watch.beat();
    tick(13);
    expect(problems).toEqual([]);
    tick(1);
    expect(problems).toEqual(["GUEST_HUNG: nothing was heard of it for 3500 ms; the limit is 3500 ms"]);
    tick(20);
    expect(problems).toHaveLength(1);
  });

  test("whose own process is late counts no beat as missed", () => {
    const { problems, tick } = watched(600);
    tick(200);
    expect(problems).toEqual([]);
  });
});

describe("the end of a guest", () => {
  const usage = { rssMiB: 480.4, cpuSeconds: 1 };
  const exit = { code: null, signal: null, errors: "", limits, usage, isBoxed: false };
  test.each([
    [{ code: 81 }, "GUEST_MEMORY", "it used more than its 512 MiB of memory (last seen: 480 MiB)"],
    [{ code: 81, usage: { rssMiB: 0.2, cpuSeconds: 0 } }, "GUEST_MEMORY", "it used more than its 512 MiB of memory"],
    [{ code: 82 }, "GUEST_MEMORY", "its heap of 128 MiB is full"],
    [{ code: 84 }, "GUEST_PROTOCOL", "one of its frames was empty or longer than 1024 KiB"],
    [{ code: 1, errors: "warning\nError: no module\n at x" }, "GUEST_CRASHED", "exit code 1: Error: no module"],
    [{ signal: "SIGSEGV" as const }, "GUEST_CRASHED", "SIGSEGV"],
    [{ code: 139, isBoxed: true }, "GUEST_CRASHED", "SIGSEGV"],
    [{ code: 139 }, "GUEST_CRASHED", "exit code 139"],
    [
      {
        signal: "SIGABRT" as const,
        errors: "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
      },
      "GUEST_MEMORY",
      "its memory is full: heap 128 MiB, all 512 MiB (SIGABRT)",
    ],
  ])("%o is %s", (how, code, problem) => {
    expect(endOf({ ...exit, ...how })).toEqual({ code, problem });
  });
});

describe("what a bundle contributes", () => {
  const { manifest } = pluginWith("p", ["A"], ["m"]);
  const found = { name: "p", contributes: manifest.contributes };

  test("may be what the manifest says", () => {
    expect(() => requireDeclared(JSON.parse(JSON.stringify(found)), manifest)).not.toThrow();
  });

  test.each<[string, object]>([
    ["a stronger tool", { ...found, contributes: { ...manifest.contributes, tools: [{ name: "A", effect: "runs" }] } }],
    [
      "a tap more",
      { ...found, contributes: { ...manifest.contributes, taps: [{ on: "turn.end", kind: "observe", name: "t" }] } },
    ],
    ["a provider less", { ...found, contributes: { ...manifest.contributes, providers: [] } }],
    ["another name", { ...found, name: "q" }],
    ["nothing", {}],
    ["a name that is no text", { ...found, name: { toString: 1 } }],
    ["things of no shape", { name: "p", contributes: { tools: [null, 1, "x"], commands: {}, taps: [[]], providers: null } }],
  ])("with %s is PLUGIN_UNDECLARED", (_, other) => {
    expect(() => requireDeclared(JSON.parse(JSON.stringify(other)), manifest)).toThrow(
      expect.objectContaining({ code: "PLUGIN_UNDECLARED" }),
    );
  });
});

describe("the refusal of a bundle", () => {
  test("is short, however long the names are that it brings", () => {
    const { manifest } = pluginWith("p", ["A"], []);
    const long = "n".repeat(5_000_000);
    const tools = [...manifest.contributes.tools, { name: long, effect: long }];
    const other = { name: long, contributes: { ...manifest.contributes, tools, providers: [long, `${long}2`] } };
    expect(() => requireDeclared(other as never, manifest)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{100,3000}$/s) }),
    );
  });
});

describe("describing a bundle", () => {
  const started: number[] = [];
  const groups = { add: (group: number) => void started.push(group), remove: () => undefined };
  const describe_ = describeBundle({ folder: guestFolder, limits, require: "none", groups });
  const signal = new AbortController().signal;

  test("says what it contributes, without options or effects, and leaves no process", async () => {
    const found = await describe_({ name: "p", source: sourceWith("p", { A: "", B: "" }) }, { signal });
    expect(found.contributes.tools.map(({ name, effect }) => ({ name, effect }))).toEqual([
      { name: "A", effect: "session" },
      { name: "B", effect: "session" },
    ]);
    expect(started.filter(hasProcess)).toEqual([]);
  });

  test.each([
    ["throws", 'throw new Error("broken")', "PLUGIN_INVALID"],
    ["gives nothing", "", "PLUGIN_INVALID"],
    ["never ends", "for (;;);", "GUEST_HUNG"],
  ])("fails for one that %s", async (_, code, expected) => {
    expect((await failure(describe_({ name: "p", source: `(async (__gantry) => { ${code} })` }, { signal }))).code).toBe(
      expected,
    );
    expect(started.filter(hasProcess)).toEqual([]);
  });

  test("ends with its caller", async () => {
    const abort = new AbortController();
    const before = started.length;
    const described = failure(
      describe_({ name: "p", source: "(async () => { await new Promise(() => undefined) })" }, { signal: abort.signal }),
    );
    await until(() => started.length > before, "its guest never started");
    abort.abort();
    expect((await described).code).toBe("TOOL_INTERRUPTED");
    expect(started.filter(hasProcess)).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("the system's boundary", () => {
  test("works on this machine, and is tried out once", async () => {
    expect(await osBoundary()).toEqual({ works: true, why: "" });
    expect(await triedBoundary()).toBe(await triedBoundary());
  });

  test("is found not to hold where the program does nothing, or too little", async () => {
    const { boundary } = await triedBoundary();
    if (boundary === undefined) return expect.fail("no boundary to compare with");
    const folder = await realpath(await mkdtemp(join(tmpdir(), "gantry-open-")));
    const program = join(folder, "bwrap");
    await writeFile(program, '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n');
    await chmod(program, 0o755);
    try {
      expect(await tryBoundary({ ...boundary, program })).toBe("a file outside can be read from it");
      const withNetwork = (...folders: string[]) =>
        ["--share-net", ...boundary.args(...folders)].toSorted(lastIs("--share-net"));
      expect(await tryBoundary({ ...boundary, args: (...folders) => [...withNetwork(...folders)] })).toBe(
        "the network can be reached from it",
      );
      expect(await tryBoundary({ ...boundary, args: (...folders) => [...boundary.args(...folders), "--nonsense"] })).toMatch(
        /nonsense/,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** Keeps the order of all others. */
function lastIs(word: string): (a: string, b: string) => number {
  return (a, b) => Number(a === word) - Number(b === word);
}
