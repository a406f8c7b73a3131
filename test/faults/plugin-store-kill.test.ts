import { cp, mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { putVersion, removePlugin } from "../../core/plugin-store/changes.ts";
import { readInstalled, sourceOf } from "../../core/plugin-store/installed.ts";
import type { StorePlace } from "../../core/plugin-store/layout.ts";
import { confirmStarted, rollBack } from "../../core/plugin-store/settle.ts";
import { filesIn } from "../plugin-store/store-of.ts";
import { bundledFile, eachOfTwo, runChild, supportFile } from "../support/children.ts";
import { killPoints } from "../support/kill-points.ts";
import { pluginVersion } from "../support/plugin-versions.ts";

// Every file-system call of a change is the last one of a process in turn, where that leaves something else than the one before it.

const root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-store-kill-")));
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
const child = await bundledFile("plugin-store-child.ts", root);

type Scope = "user" | "project";
type Make = (place: StorePlace, scope: Scope) => Promise<void>;

let made = 0;

function newPlace(): StorePlace {
  const folder = path.join(root, String(++made));
  return { dataHome: path.join(folder, "data"), project: path.join(folder, "work") };
}

const first = (scope: Scope) => pluginVersion({ scope });
const second = (scope: Scope) => pluginVersion({ scope, version: "2.0.0", replaces: first(scope) });

const nothing: Make = async (place) => await putVersion(place, pluginVersion({ name: "guard" }));
const installed: Make = async (place, scope) => {
  await nothing(place, scope);
  await putVersion(place, first(scope));
};
const updated: Make = async (place, scope) => {
  await installed(place, scope);
  await putVersion(place, second(scope));
};

/** What is in force, with its bytes; that of guard must never be touched. */
async function stateOf(place: StorePlace): Promise<string> {
  const plugins = readInstalled(place);
  const guard = plugins.find(({ name }) => name === "guard");
  expect(guard?.state).toBe("ready");
  const notes = plugins.find(({ name }) => name === "notes");
  if (notes === undefined) return "none";
  const source = await sourceOf({ name: "notes", bundleFile: notes.bundleFile, sha512: notes.lock.sha512 });
  expect([notes.state, source]).toEqual(["ready", `"notes ${notes.version}"`]);
  expect(notes.grants).toEqual({ "fs.read": ["./notes/**"] });
  return `${notes.version}${notes.isNew ? " new" : ""}`;
}

/** A consent file is named after the project's path, and each place has its own. */
const namesIn = async (place: StorePlace): Promise<string[]> =>
  (await filesIn(place)).map((file) => file.replace(/project-work-[0-9a-f]{16}/, "project"));

const notesOf = (place: StorePlace) => readInstalled(place).find(({ name }) => name === "notes");

interface Scenario {
  before: Make;
  states: readonly [before: string, after: string];
  again: Make;
}

const scenarios: Record<string, Scenario> = {
  install: { before: nothing, states: ["none", "1.0.0"], again: async (place, scope) => await putVersion(place, first(scope)) },
  update: {
    before: installed,
    states: ["1.0.0", "2.0.0 new"],
    again: async (place, scope) => await putVersion(place, second(scope)),
  },
  settle: {
    before: updated,
    states: ["2.0.0 new", "2.0.0"],
    again: async (place) => await confirmStarted(place, notesOf(place) ?? missing()),
  },
  rollback: {
    before: updated,
    states: ["2.0.0 new", "1.0.0"],
    again: async (place) => void (await rollBack(place, notesOf(place) ?? missing())),
  },
  uninstall: {
    before: installed,
    states: ["1.0.0", "none"],
    again: async (place, scope) => await removePlugin(place, { name: "notes", scope, keepData: false }),
  },
};

function missing(): never {
  throw new Error("notes is not installed");
}

const cases: readonly { what: string; scope: Scope }[] = [
  ...Object.keys(scenarios).map((what) => ({ what, scope: "user" as const })),
  ...["install", "update", "uninstall"].map((what) => ({ what, scope: "project" as const })),
];

test.each(cases)(
  "a kill -9 at any call of $what in the $scope scope leaves the state before or the one after",
  async ({ what, scope }) => {
    const { before, states, again } = scenarios[what] ?? missing();
    const template = newPlace();
    await before(template, scope);
    // What is the user's is the same wherever it lies; a consent for a project is named after the project's path.
    const start = async (place: StorePlace): Promise<void> =>
      scope === "project"
        ? await before(place, scope)
        : await cp(path.dirname(template.dataHome), path.dirname(place.dataHome), { recursive: true });
    const run = async (kill: Record<string, string>) => {
      const place = newPlace();
      await start(place);
      const report = path.join(path.dirname(place.dataHome), "calls");
      const word = scope === "user" ? what : `project-${what}`;
      const ended = await runChild([child, word, place.dataHome, place.project], {
        env: {
          NODE_OPTIONS: `--require=${supportFile("kill-at-syscall.cjs")}`,
          KILL_PATH: `^${path.dirname(place.dataHome)}/(data/plugins|work/\\.gantry)`,
          KILL_REPORT: report,
          ...kill,
        },
      });
      return { place, ended, calls: async () => (await readFile(report, "utf8")).split("\n").slice(0, -1) };
    };
    const whole = await run({});
    expect(whole.ended).toMatchObject({ exitCode: 0, stdout: "done\n", stderr: "" });
    expect(await stateOf(whole.place)).toBe(states[1]);
    const clean = await namesIn(whole.place);
    const calls = (await whole.calls()).map((call) => call.replaceAll(path.dirname(whole.place.dataHome), ""));
    const points = killPoints(calls);
    process.stdout.write(`${scope} ${what}: ${calls.length} calls, ${points.length} kill points\n`);
    const seen = new Set<string>();
    await eachOfTwo(points, async ({ at, when, call }) => {
      const name = `${when} call ${at} of ${calls.length}, ${call}`;
      const { place, ended } = await run({ KILL_AT: String(at), KILL_WHEN: when });
      expect([name, ended.signal]).toEqual([name, "SIGKILL"]);
      const state = await stateOf(place);
      seen.add(state);
      expect([name, states]).toEqual([name, expect.arrayContaining([state])]);
      // The next one who writes goes on from there, and nothing of the dead stays.
      if (state !== states[1] || what === "uninstall") await again(place, scope);
      else await putVersion(place, pluginVersion({ name: "guard", replaces: pluginVersion({ name: "guard" }), scope: "user" }));
      expect([name, await stateOf(place)]).toEqual([name, states[1]]);
      if (state !== states[1] || what === "uninstall") expect([name, await namesIn(place)]).toEqual([name, clean]);
      await rm(path.dirname(place.dataHome), { recursive: true, force: true, maxRetries: 5 });
    });
    expect([...seen].sort()).toEqual([...states].sort());
  },
  300_000,
);
