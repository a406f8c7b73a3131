/** Config files that change while a session is open: taken between two turns, announced, and never looser behind anybody's back. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { SessionEvent } from "gantry/events";
import { defineTap } from "gantry/plugin";
import { expect, test } from "vitest";
import { type Embedded, type EmbedOptions, embed, say } from "../support/embed.ts";

const bash = (command: string): unknown => ({ call: { name: "Bash", input: { command } } });
const twice = [bash("echo one > one.txt"), { say: "One." }, bash("echo two > two.txt"), { say: "Two." }];

async function opened(steps: readonly unknown[], options: EmbedOptions = {}) {
  const embedded = await embed(steps, options);
  const session = await embedded.runtime.openSession({});
  return { ...embedded, session, turn: async () => await session.send(say("go"), "api") };
}

async function writeUser({ cwd }: Embedded, config: unknown): Promise<void> {
  const folder = path.join(path.dirname(cwd), ".config/gantry");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
}

const writeProject = async ({ cwd }: Embedded, config: unknown): Promise<void> =>
  await writeFile(path.join(cwd, "gantry.config.json"), JSON.stringify(config));

const dataOf = <T extends SessionEvent["type"]>(events: readonly SessionEvent[], type: T): unknown[] =>
  events.filter((event) => event.type === type).map(({ data }) => data);

test("a deny rule that is written between two turns holds from the second on, and is announced", async () => {
  const place = await opened(twice, { approve: "always" });
  expect((await place.turn()).toolCalls).toMatchObject([{ outcome: "ok" }]);
  await writeProject(place, { permissions: { deny: ["Bash(echo two:*)"] } });
  expect((await place.turn()).toolCalls).toMatchObject([{ outcome: "denied" }]);
  const files = [path.join(place.cwd, "gantry.config.json")];
  expect(dataOf(place.events, "config.reload")).toEqual([{ files, keys: ["permissions.deny"], taken: true }]);
  const types = place.events.map(({ type }) => type);
  expect(types.lastIndexOf("input")).toBeGreaterThan(types.indexOf("config.reload"));
});

test("a rule that is taken away is gone with the next turn", async () => {
  const place = await embed(twice, { approve: "always" });
  await writeUser(place, { permissions: { deny: ["Bash(echo two:*)"] } });
  const session = await place.runtime.openSession({});
  await session.send(say("go"), "api");
  await writeUser(place, {});
  expect((await session.send(say("go"), "api")).toolCalls).toMatchObject([{ outcome: "ok" }]);
});

test("a config that is wrong, or waits for trust, leaves the old one in force, says why once, and counts once it is right", async () => {
  const place = await opened([...Array.from({ length: 4 }, () => ({ say: "Yes." })), bash("echo x > x.txt"), { say: "No." }], {
    approve: "always",
  });
  await place.turn();
  await writeUser(place, { permissions: { deny: ["Bsh(echo:*)"] } });
  await place.turn();
  await place.turn();
  await writeUser(place, {});
  await writeProject(place, { permissions: { allow: ["Bash(echo:*)"] } });
  await place.turn();
  await writeProject(place, { permissions: { deny: ["Bash(echo:*)"] } });
  expect((await place.turn()).toolCalls).toMatchObject([{ outcome: "denied" }]);
  expect(dataOf(place.events, "config.reload")).toMatchObject([
    { taken: false, reason: expect.stringMatching(/config\.json:1: .*there is no tool Bsh/) },
    { taken: false, reason: expect.stringContaining("allow rule Bash(echo:*)") },
    { taken: true, keys: ["permissions.deny"] },
  ]);
});

test("a judge on config.change keeps the old config, and is told files, layers and keys", async () => {
  const seen: unknown[] = [];
  const place = await opened(twice, {
    approve: "always",
    taps: [
      defineTap({
        on: "config.change",
        kind: "judge",
        name: "keeper",
        run: ({ files, layers, keys }) => {
          seen.push({ files: files.map((file) => path.basename(file)), layers, keys });
          return { verdict: "deny", reason: "not during office hours" };
        },
      }),
    ],
  });
  await place.turn();
  await writeUser(place, { permissions: { deny: ["Bash(echo two:*)"] }, limits: { maxTurns: 7 } });
  expect((await place.turn()).toolCalls).toMatchObject([{ outcome: "ok" }]);
  expect(seen).toEqual([{ files: ["config.json"], layers: ["user"], keys: ["limits.maxTurns", "permissions.deny"] }]);
  expect(dataOf(place.events, "config.reload")).toMatchObject([
    { taken: false, reason: "embedder:keeper: not during office hours" },
  ]);
});

test("limits, env and the mode follow the config; a mode the user chose in the session stays", async () => {
  const shown = (text: string) => [bash(`printf "%s" "$WHO" > ${text}`), { say: "Done." }];
  const place = await opened([...shown("a"), ...shown("b"), bash("echo c > c"), { say: "Done." }], {
    set: ['permissions.allow=["Bash(printf:*)"]'],
    approve: "always",
  });
  await place.turn();
  await writeUser(place, { env: { WHO: "me" }, permissions: { mode: "acceptEdits" }, limits: { maxTurns: 2 } });
  await place.turn();
  expect(place.session.mode).toBe("acceptEdits");
  expect(await readFile(path.join(place.cwd, "b"), "utf8")).toBe("me");
  place.session.setMode("plan");
  await writeUser(place, { permissions: { mode: "bypassPermissions" }, limits: { maxTurns: 1 } });
  expect(await place.turn()).toMatchObject({ stop: "max_turns", toolCalls: [{ outcome: "denied" }] });
  expect(place.session.mode).toBe("plan");
});

test('a rule that the user allowed for the session outlives a change, and an "always" of their own is no news', async () => {
  let asked = 0;
  const place = await opened(
    [bash("touch s"), bash("touch a"), { say: "One." }, bash("touch s"), bash("touch a"), { say: "Two." }],
    { ask: async ({ subject }) => ({ choice: asked++ >= 0 && subject === "touch s" ? "session" : "always" }) },
  );
  await place.turn();
  expect(asked).toBe(2);
  await place.turn();
  expect(dataOf(place.events, "config.reload")).toEqual([]);
  await writeUser(place, { limits: { maxTurns: 9 } });
  expect(asked).toBe(2);
});

test("what changes during a turn counts from the next one on", async () => {
  const holder: { place?: Embedded } = {};
  const place = await opened([bash("echo 1 > 1"), bash("echo 2 > 2"), { say: "Done." }, bash("echo 3 > 3"), { say: "No." }], {
    approve: "always",
    taps: [
      defineTap({
        on: "tool.batch",
        kind: "judge",
        run: async () => {
          if (holder.place) await writeProject(holder.place, { permissions: { deny: ["Bash"] } });
          return undefined;
        },
      }),
    ],
  });
  holder.place = place;
  expect((await place.turn()).toolCalls).toMatchObject([{ outcome: "ok" }, { outcome: "ok" }]);
  delete holder.place;
  expect((await place.turn()).toolCalls).toMatchObject([{ code: "TOOL_UNKNOWN" }]);
});

test("a new config waits for a turn that no other turn of the runtime runs beside, and each session tells of it", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: began, resolve: begin } = Promise.withResolvers<void>();
  let starts = 0;
  const place = await opened([{ say: "One." }, { say: "Two." }, { say: "Three." }, { say: "Four." }], {
    taps: [
      defineTap({
        on: "turn.start",
        kind: "observe",
        run: async () => {
          if (starts++ > 0) return;
          begin();
          await held;
        },
      }),
    ],
  });
  const other = await place.runtime.openSession({});
  const first = place.turn();
  await began;
  await writeProject(place, { limits: { maxTurns: 3 } });
  await other.send(say("beside"), "api");
  expect(dataOf(place.events, "config.reload")).toEqual([]);
  release();
  await first;
  await place.turn();
  await other.send(say("later"), "api");
  const told = { taken: true, keys: ["limits.maxTurns"] };
  expect(dataOf(place.events, "config.reload")).toMatchObject([told, told]);
});

test("--trust is for what stood there when the run began: what the project adds later waits", async () => {
  const hook = (command: string) => ({ hooks: { SessionEnd: [{ hooks: [{ type: "command", command }] }] } });
  const place = await embed([{ say: "One." }, { say: "Two." }, { say: "Three." }], {
    trust: true,
    files: { "gantry.config.json": JSON.stringify({ permissions: { allow: ["Bash(ls:*)"] } }) },
  });
  const session = await place.runtime.openSession({});
  await session.send(say("go"), "api");
  await writeProject(place, { permissions: { allow: ["Bash(ls:*)"] }, ...hook("echo x > hooked") });
  await session.send(say("go"), "api");
  await writeProject(place, { permissions: { allow: ["Bash(ls:*)"], deny: ["Bash(rm:*)"] } });
  await session.send(say("go"), "api");
  expect(dataOf(place.events, "config.reload")).toMatchObject([
    { taken: false, reason: expect.stringContaining("echo x > hooked") },
    { taken: true, keys: ["permissions.deny"] },
  ]);
});

test("of a project's config that waits for trust, deny and ask rules hold at once, and the rest is said to wait", async () => {
  const place = await opened([...twice, { say: "Three." }], { approve: "always" });
  await place.turn();
  const hooks = { SessionEnd: [{ hooks: [{ type: "command", command: "echo x > hooked" }] }] };
  await writeProject(place, { permissions: { allow: ["Bash(ls:*)"], deny: ["Bash(echo two:*)"] }, hooks });
  expect((await place.turn()).toolCalls).toMatchObject([{ outcome: "denied" }]);
  await place.turn();
  expect(dataOf(place.events, "config.reload")).toMatchObject([
    {
      taken: true,
      keys: ["permissions.deny"],
      reason: expect.stringMatching(/wait for gantry trust grant: .*allow rule Bash\(ls:\*\).*echo x > hooked/),
    },
  ]);
});

test("plugins, their isolation and MCP servers are what the run began with: a change of them counts from the next run, and is said so", async () => {
  const place = await opened([{ say: "One." }, { say: "Two." }]);
  await place.turn();
  await writeUser(place, {
    plugins: [["notes", { enabled: false }]],
    isolation: { timers: 7 },
    mcpServers: { docs: { command: "x" } },
  });
  await place.turn();
  expect(dataOf(place.events, "config.reload")).toMatchObject([
    {
      keys: ["isolation.timers", "mcpServers.docs.command", "plugins"],
      taken: true,
      reason: "isolation.timers, mcpServers.docs.command, plugins: from the next run of gantry on",
    },
  ]);
});
