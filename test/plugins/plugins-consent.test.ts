import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { defaults } from "../../config/defaults.ts";
import type { Grants } from "../../core/contract/permissions.ts";
import type { CommandContext, CommandInput } from "../../core/contract/plugin.ts";
import { readInstalled } from "../../core/plugin-store/installed.ts";
import { confirmStarted } from "../../core/plugin-store/settle.ts";
import type { PreparedPlugin } from "../../core/shell/plugin-sources.ts";
import { createPluginsHost } from "../../core/shell/plugins-host.ts";
import plugins from "../../plugins/plugins/index.ts";
import { filesIn, storeOf } from "../plugin-store/store-of.ts";
import { pluginVersion } from "../support/plugin-versions.ts";

// Questions on a terminal: the commands and the store are real, the sources of plugins and the person are the test's.

const asks: Grants = { "fs.read": ["./notes/**"], "net.fetch": ["api.example.com"], "process.host": [["npx", "-y", "server"]] };

async function commands(answers: string[], { works = true } = {}) {
  const place = await storeOf();
  const said: string[] = [];
  const asked: [string, readonly string[]][] = [];
  let next: { version: string; asks: Grants } = { version: "1.0.0", asks };
  const prepare = async (): Promise<PreparedPlugin> => {
    const { manifest, manifestText, source, lock } = pluginVersion(next);
    return { manifest, manifestText, source, sha512: lock.sha512, problems: [] };
  };
  const host = createPluginsHost({
    ...{ place, cwd: place.project, limits: defaults.isolation, entries: [], builtins: [] },
    sources: {
      fetch: async (spec) => ({ folder: "/nowhere", kind: "folder", resolved: path.resolve(place.project, spec) }),
      prepare,
    },
    boundary: async () => ({ works, why: works ? "" : "bwrap is not on PATH" }),
    kit: { create: () => Promise.reject(new Error("unused")), test: () => Promise.reject(new Error("unused")) },
    warn: ({ message }) => said.push(message),
    ask: async (question, choices) => {
      asked.push([question, choices]);
      return answers.shift() ?? "no";
    },
  });
  const ctx = {
    json: false,
    host: { plugins: host },
    say: (text: string) => said.push(text),
    warn: (text: string) => said.push(text),
  };
  const run = async (id: string, args: CommandInput["args"] = {}, flags: CommandInput["flags"] = {}) => {
    const command = plugins.commands?.find((each) => each.id === `plugins ${id}`);
    return await command?.run({ args, flags }, ctx as unknown as CommandContext);
  };
  onTestFinished(() => expect(answers).toEqual([]));
  const publish = (version: string, more: Grants): void => {
    next = { version, asks: more };
  };
  return { place, run, said, asked, publish, held: () => readInstalled(place)[0]?.grants };
}

test("on a terminal a yes grants all that is asked, after it was shown in plain words", async () => {
  const { run, said, asked, held } = await commands(["y"]);
  expect((await run("install", { spec: "./notes" }))?.text).toContain("notes 1.0.0 is installed.");
  expect(asked).toEqual([["Install notes, with what it asks for?", ["yes, all of it", "choose one by one", "no"]]]);
  expect(said.join("\n")).toContain("may send anything it reads under ./notes to api.example.com");
  expect(said.join("\n")).toContain('! runs "npx -y server" outside isolation, with your authority');
  expect(said.join("\n")).toContain("the operating system's boundary (bubblewrap) around it");
  expect(held()).toEqual(asks);
});

test("a no leaves nothing", async () => {
  const { place, run } = await commands(["no"]);
  expect((await run("install", { spec: "./notes" }))?.text).toContain("is not installed: you said no");
  expect([readInstalled(place), await filesIn(place)]).toEqual([[], []]);
});

test("chosen one by one, only what was chosen is held", async () => {
  const { run, asked, held } = await commands(["choose one by one", "y", "no", "no"]);
  await run("install", { spec: "./notes" });
  expect(asked.slice(1).map(([question]) => question)).toEqual([
    "notes may read files under ./notes  [fs.read]",
    "notes ! may send to and read from hosts on the network: api.example.com  [net.fetch]".replace("! ", ""),
    'notes ! runs "npx -y server" outside isolation, with your authority  [process.host]',
  ]);
  expect(held()).toEqual({ "fs.read": ["./notes/**"] });
});

test("what flags grant is not asked again", async () => {
  const { run, asked, held } = await commands(["yes, all of it"]);
  await run("install", { spec: "./notes" }, { grant: ["fs.read=./notes/**", "net.fetch=api.example.com"] });
  expect([asked.length, held()]).toEqual([1, asks]);
});

test("an update asks about what is new and nothing else; a yes adds it to what is held", async () => {
  const { place, run, asked, publish, held, said } = await commands(["y", "y"]);
  await run("install", { spec: "./notes" });
  await run("grants", { name: "notes" }, { revoke: ["net.fetch"] });
  publish("1.1.0", { ...asks, "user.ask": true });
  await run("update", { name: "notes" });
  expect([asked.length, asked[1]?.[0]]).toEqual([2, "Grant notes what is new?"]);
  expect(said.at(-1)).toContain("New permissions:");
  // What was taken back is not asked again because of an update, nor does it come back.
  expect(held()).toEqual({ "fs.read": ["./notes/**"], "process.host": [["npx", "-y", "server"]], "user.ask": true });
  for (const plugin of readInstalled(place)) await confirmStarted(place, plugin);
  publish("1.2.0", { "fs.read": ["./notes/a.md"] });
  await run("update", { name: "notes" });
  expect([asked.length, held()]).toEqual([2, { "fs.read": ["./notes/a.md"] }]);
});

test("a plugin of the name from another source is asked about from the start", async () => {
  const { run, asked, held } = await commands(["y", "no"]);
  await run("install", { spec: "./notes" });
  await run("install", { spec: "./evil/notes" }, { yes: true });
  expect([asked.length, held()]).toEqual([2, asks]);
});

test("what this machine does not enforce is said before anything is answered, and by list", async () => {
  const { run, said } = await commands(["y"], { works: false });
  await run("install", { spec: "./notes" });
  expect(said.join("\n")).toContain("no OS boundary on this machine: bwrap is not on PATH");
  expect((await run("list"))?.text).toContain(
    "Not enforced on this machine: no boundary of the operating system: bwrap is not on PATH",
  );
});
