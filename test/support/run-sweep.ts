/** Kills a real `gantry run` at each file-system call that it makes on some paths, and looks at what is left. */
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { SessionEvent } from "gantry/events";
import { expect } from "vitest";
import { assertPairs } from "../../core/session/pairs.ts";
import { createStore } from "../../core/session/store.ts";
import { eachOfTwo, runChild, supportFile } from "./children.ts";
import { jsonLines, launcher, writeFiles } from "./cli.ts";
import { type KillPoint, killPoints, killPointsBetweenFiles } from "./kill-points.ts";

export interface Place {
  cwd: string;
  home: string;
}

export interface Sweep {
  /** The scripted model's entries for the run that is killed. */
  steps: readonly unknown[];
  files: Record<string, string>;
  args: readonly string[];
  /** Makes what the killed run finds, beside the files. */
  prepare?(place: Place): Promise<void>;
  /** A regular expression for the paths whose calls count, in a place. */
  paths(place: Place): string;
  thread: "main" | "worker";
  /** What must hold in the place after each kill, before and after the session went on. */
  check(place: Place, at: string): Promise<void>;
}

/** Counts of what was swept. */
export interface Swept {
  calls: number;
  points: number;
  killed: number;
  inDoubt: number;
}

export async function sweepRun(sweep: Sweep): Promise<Swept> {
  const counted = await makePlace(sweep);
  const whole = await runGantry(counted, sweep, {});
  expect([whole.exitCode, whole.stderr]).toEqual([0, expect.not.stringContaining("Error")]);
  const calls = await talliedIn(counted);
  const swept: Swept = { calls: calls.length, points: 0, killed: 0, inDoubt: 0 };
  const points = [...killPoints(calls), ...killPointsBetweenFiles(calls)];
  swept.points = points.length;
  await eachOfTwo(points, async (point) => await killOnce(point, sweep, swept));
  await removePlace(counted);
  return swept;
}

async function killOnce({ at, when, call }: KillPoint, sweep: Sweep, swept: Swept): Promise<void> {
  const place = await makePlace(sweep);
  const name = `${when} call ${at}, ${call}`;
  const { signal, exitCode, stdout, stderr } = await runGantry(place, sweep, { KILL_AT: String(at), KILL_WHEN: when });
  // How often a run writes its log depends a little on how fast it is: a run that was not killed had ended before.
  if (signal === "SIGKILL") swept.killed++;
  else expect([name, exitCode, stderr, (await talliedIn(place)).length < at]).toEqual([name, 0, expect.anything(), true]);
  await sweep.check(place, name);
  const shown = jsonLines(stdout);
  const [log] = await logsOf(place);
  if (log === undefined) expect([name, shown]).toEqual([name, []]);
  else await goOn(place, { name, shown, log, swept });
  await sweep.check(place, name);
  await removePlace(place);
}

async function goOn(
  place: Place,
  { name, shown, log, swept }: { name: string; shown: SessionEvent[]; log: string; swept: Swept },
): Promise<void> {
  const store = createStore({ stateHome: path.join(place.home, ".local/state/gantry"), project: place.cwd });
  const [report] = await store.verify(undefined);
  for (const { what } of report?.problems ?? []) expect([name, what]).toEqual([name, expect.stringMatching(/^is unfinished/)]);
  const before = await eventsOf(log);
  expect([name, shown.map(({ seq }) => before[seq - 1])]).toEqual([name, shown]);

  // The model's side of it: a result for each call that had started, which says what is known.
  const told = callsInDoubt(before).map((callId) => ({ expect: { toolResult: { callId, isError: true, contains: doubt } } }));
  await writeFiles(place.home, { "go-on.json": JSON.stringify({ steps: [...told, { say: "Gone on." }] }) });
  const args = ["run", "go on", "--continue", "--model", `scripted/${path.join(place.home, "go-on.json")}`, "--output", "json"];
  const resumed = await runChild([launcher, "-C", place.cwd, ...args], { env: environment(place) });
  expect([name, resumed.exitCode, resumed.stdout, resumed.stderr]).toEqual([name, 0, expect.anything(), expect.anything()]);
  expect(JSON.parse(resumed.stdout)).toMatchObject({ ok: true, text: "Gone on.", toolCalls: [] });
  expect([name, (await store.verify(undefined)).map(({ ok }) => ok)]).toEqual([name, [true]]);

  const after = await eventsOf(log);
  expect([name, after.slice(0, before.length)]).toEqual([name, before]);
  assertPairs((await stateOf(store)).messages);
  swept.inDoubt += expectDoubts(name, before, after);
}

const doubt = "may or may not have happened";

function callIds(events: readonly SessionEvent[], ...types: string[]): string[] {
  return events.flatMap((event) => (types.includes(event.type) && "callId" in event.data ? [event.data.callId] : []));
}

/** Started, and without a result. */
function callsInDoubt(events: readonly SessionEvent[]): string[] {
  const ended = callIds(events, "tool.result", "tool.failed");
  return callIds(events, "tool.start").filter((id) => !ended.includes(id));
}

/** Each such call is answered as in doubt, and no call is started twice; how many are. */
function expectDoubts(name: string, before: SessionEvent[], after: SessionEvent[]): number {
  const doubted = after.flatMap((event) => (event.type === "tool.failed" && event.data.inDoubt ? [event.data] : []));
  for (const id of callsInDoubt(before))
    expect([name, doubted.map(({ callId }) => callId)]).toEqual([name, expect.arrayContaining([id])]);
  for (const { message } of doubted) expect(message).toContain(doubt);
  const started = callIds(after, "tool.start");
  expect([name, started]).toEqual([name, [...new Set(started)]]);
  return doubted.length;
}

async function stateOf(store: ReturnType<typeof createStore>) {
  const opened = await store.resume("last");
  await opened.log.close();
  return opened.state;
}

async function makePlace({ steps, files, prepare }: Sweep): Promise<Place> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-sweep-")));
  const place = { cwd: path.join(root, "work"), home: path.join(root, "home") };
  await Promise.all([mkdir(path.join(place.cwd, ".git"), { recursive: true }), mkdir(place.home)]);
  await writeFiles(place.cwd, files);
  await writeFiles(place.home, { "script.json": JSON.stringify({ steps }) });
  await prepare?.(place);
  return place;
}

const tallyOf = ({ home }: Place): string => path.join(home, "calls");

async function talliedIn(place: Place): Promise<string[]> {
  return (await readFile(tallyOf(place), "utf8")).split("\n").slice(0, -1);
}

const removePlace = ({ cwd }: Place): Promise<void> => rm(path.dirname(cwd), { recursive: true, force: true, maxRetries: 5 });

function environment({ cwd, home }: Place): Record<string, string> {
  return {
    HOME: home,
    PWD: cwd,
    XDG_CACHE_HOME: path.join(tmpdir(), "gantry-test-cache"),
    XDG_STATE_HOME: "",
    XDG_CONFIG_HOME: "",
  };
}

function runGantry(place: Place, sweep: Sweep, kill: Record<string, string>): ReturnType<typeof runChild> {
  const model = `scripted/${path.join(place.home, "script.json")}`;
  const args = ["run", "go", "--model", model, "--output", "stream-json", ...sweep.args];
  const preload = `--require=${supportFile("kill-at-syscall.cjs")}`;
  const env = {
    NODE_OPTIONS: preload,
    KILL_PATH: sweep.paths(place),
    KILL_THREAD: sweep.thread,
    KILL_TALLY: tallyOf(place),
    ...kill,
  };
  return runChild([launcher, "-C", place.cwd, ...args], { env: { ...environment(place), ...env } });
}

async function logsOf({ home }: Place): Promise<string[]> {
  const folder = path.join(home, ".local/state/gantry/sessions");
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith(".jsonl")).map((name) => path.join(folder, name));
}

/** Whole lines, without the hash: what the stream shows of an event. */
async function eventsOf(log: string): Promise<SessionEvent[]> {
  return jsonLines<SessionEvent & { prev?: string }>(await readFile(log, "utf8")).map(
    ({ prev: _prev, ...event }) => event as SessionEvent,
  );
}
