/** Real guest processes through their lives: started, called, ended for what they did, started again. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../support/alive.ts";
import {
  callOf,
  failure,
  hasProcess,
  type OpenTable,
  openTable,
  pluginWith,
  sourceWith,
  type TableOptions,
} from "../support/guest-table.ts";

const opened: OpenTable[] = [];
const folders: string[] = [];

function open(options: TableOptions = {}): OpenTable {
  const table = openTable(options);
  opened.push(table);
  return table;
}

/** A far side of the test's own: what stands there instead of dist/guest. */
async function farSide(script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-far-"));
  folders.push(folder);
  const say = `const say = (...frame) => { const text = Buffer.from(JSON.stringify(frame)); const head = Buffer.alloc(4);
    head.writeUInt32LE(text.length); process.stdout.write(Buffer.concat([head, text])); };
    process.stdin.on("end", () => process.exit(0));`;
  await writeFile(join(folder, "guest-process.cjs"), `${say}\n${script}`);
  return folder;
}

const greets = `say("hello", {protocol: 1, node: "x", tier: "x"}); setInterval(() => say("ping", 1), 1000);`;
const contributes = { tools: [{ name: "T", effect: "session" }], commands: [], taps: [], providers: [] };
/** Answers the load, then does this at the first call. */
const afterLoad = (act: string): string =>
  `${greets} let loaded = false; process.stdin.on("data", () => { if (loaded) { ${act} } else { loaded = true;
   say("result", 1, {name: "p", description: "", permissions: {}, contributes: ${JSON.stringify(contributes)}}); } });`;

afterEach(async () => {
  for (const { guests } of opened.splice(0)) await guests.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

describe.each([
  ["without the system's boundary", false],
  ["inside the system's boundary", true],
] as const)("%s", (_, useBoundary) => {
  const tier = useBoundary ? "realm+process+os" : "realm+process";

  test("the first call starts a guest, later ones use it, and close leaves nothing", async () => {
    const { guests, add, call, started, ended } = open({ useBoundary });
    add("p", { T: "return String(input.x + 1)" });
    expect(guests.facts()).toMatchObject([{ state: "stopped", calls: 0 }]);
    expect(started).toEqual([]);
    expect(await call("p", "T", { input: { x: 1 } })).toBe("2");
    expect(await call("p", "T", { input: { x: 2 } })).toBe("3");
    expect(guests.facts()).toMatchObject([{ plugin: "p", state: "running", pid: started[0], tier, calls: 2, crashes: 0 }]);
    await guests.close();
    expect({ started, alive: started.filter(hasProcess) }).toEqual({ started: ended, alive: [] });
  });

  test("a loop without end is GUEST_HUNG, and the plugin answers again afterwards", async () => {
    const { guests, add, call, news } = open({ useBoundary });
    add("p", { Loop: "for (;;);", T: 'return "ok"' });
    const [hung, beside] = await Promise.all([failure(call("p", "Loop")), failure(call("p", "Loop"))]);
    expect(hung).toEqual({
      code: "GUEST_HUNG",
      message: expect.stringMatching(/^The guest of p was ended: nothing was heard of it for \d+ ms; the limit is 3500 ms\.$/),
    });
    expect(beside.code).toBe("GUEST_HUNG");
    expect(await call("p", "T")).toBe("ok");
    expect(news).toMatchObject([{ plugin: "p", what: "crash", code: "GUEST_HUNG" }]);
    expect(guests.facts()).toMatchObject([{ state: "running", crashes: 1, lastProblem: { code: "GUEST_HUNG" } }]);
  });

  test.each([
    [
      "its heap",
      "const kept = []; for (;;) { kept.push(new Array(1000).fill({})); if (kept.length % 500 === 0) await ctx.storage.get('x'); }",
    ],
    ["buffers", "const kept = []; for (;;) { kept.push(new Uint8Array(8 << 20).fill(1)); await ctx.storage.get('x'); }"],
  ])("a guest that fills %s is GUEST_MEMORY", async (_what, body) => {
    // Its loop turns all the while, so that it is never taken for hung, however slow the machine is.
    const { add, call } = open({ useBoundary, limits: { rssMiB: 300, heapMiB: 48 } });
    add("p", { Fill: body });
    expect(await failure(call("p", "Fill"))).toMatchObject({ code: "GUEST_MEMORY", message: expect.stringMatching(/\d+ MiB/) });
  });

  test("a guest that fills one huge array is ended for its memory, or as hung while it tries", async () => {
    const { add, call } = open({ useBoundary, limits: { rssMiB: 300 } });
    add("p", { Fill: "return String(new Array(5e8).fill(0.5).length)" });
    expect((await failure(call("p", "Fill"))).code).toMatch(/^GUEST_(MEMORY|HUNG)$/);
  });

  test("a guest that computes all the time, in pieces, is GUEST_CPU", async () => {
    const { add, call } = open({ useBoundary, limits: { cpuSeconds: 1 } });
    add("p", { Burn: "for (;;) { const end = Date.now() + 20; while (Date.now() < end); await ctx.storage.get('x'); }" });
    const failed = await failure(call("p", "Burn"));
    expect(failed.code).toBe("GUEST_CPU");
    expect(failed.message).toMatch(/it used \d+\.\d s of CPU within 30 s; the limit is 1 s/);
  });

  test("a guest that somebody kills is GUEST_CRASHED for the call that runs, and the next call starts another", async () => {
    const { guests, add, call, started } = open({ useBoundary });
    add("p", { Wait: "await new Promise(() => undefined)", T: 'return "ok"' });
    await call("p", "T");
    const waiting = failure(call("p", "Wait"));
    process.kill(-(started[0] ?? 0), "SIGKILL");
    expect(await waiting).toMatchObject({ code: "GUEST_CRASHED", message: expect.stringContaining("SIGKILL") });
    expect(await call("p", "T")).toBe("ok");
    expect(started).toHaveLength(2);
    expect(guests.facts()).toMatchObject([{ crashes: 1, pid: started[1] }]);
  });

  test("a spare has said hello before it is anybody's, and is what the first call gets", async () => {
    const { guests, add, call, started } = open({ useBoundary });
    add("p", { T: 'return "ok"' });
    guests.warm();
    guests.warm();
    await until(() => started.length === 1, "no spare was started");
    expect(await call("p", "T")).toBe("ok");
    expect(guests.facts()).toMatchObject([{ pid: started[0] }]);
    expect(started).toHaveLength(1);
  });
});

describe("a plugin", () => {
  test("that is idle has no process, until it is called again", async () => {
    const { guests, add, call, ended } = open({ limits: { idleSeconds: 0.05 } });
    add("p", { T: 'return "ok"' });
    await call("p", "T");
    await until(() => ended.length === 1, "the idle guest still runs");
    await until(() => guests.facts()[0]?.state === "stopped", "it is not told as stopped");
    expect(await call("p", "T")).toBe("ok");
    expect(guests.facts()).toMatchObject([{ crashes: 0, calls: 2 }]);
  });

  test("that crashes five times is not started again until it is reset", async () => {
    const { guests, add, call, news } = open({ folder: await farSide(afterLoad("process.exit(7)")) });
    add("p", { T: "" });
    const codes: unknown[] = [];
    for (let time = 0; time < 5; time++) codes.push((await failure(call("p", "T"))).code);
    expect(codes).toEqual(["GUEST_CRASHED", "GUEST_CRASHED", "GUEST_CRASHED", "GUEST_CRASHED", "GUEST_CRASHED"]);
    expect(await failure(call("p", "T"))).toEqual({
      code: "GUEST_BREAKER_OPEN",
      message: expect.stringMatching(
        /^p crashed 5 times within five minutes and is not started again for \d+ s\. Last: .*exit code 7/,
      ),
    });
    expect({ isOpen: guests.isOpen("p"), state: guests.facts()[0]?.state }).toEqual({ isOpen: true, state: "open" });
    expect(news.map(({ what }) => what)).toEqual([...Array(5).fill("crash"), "breaker-open"]);
    guests.reset("p");
    expect({ isOpen: guests.isOpen("p"), last: news.at(-1)?.what }).toEqual({ isOpen: false, last: "breaker-closed" });
    expect((await failure(call("p", "T"))).code).toBe("GUEST_CRASHED");
  });

  test("that is removed fails its calls with PLUGIN_STOPPED and leaves no process", async () => {
    const { guests, add, call, started } = open();
    add("p", { Wait: "await new Promise(() => undefined)", T: 'return "ok"' });
    await call("p", "T");
    const waiting = failure(call("p", "Wait"));
    await guests.remove("p");
    expect(await waiting).toEqual({ code: "PLUGIN_STOPPED", message: "p was stopped." });
    expect(started.filter(hasProcess)).toEqual([]);
    expect((await failure(call("p", "T"))).code).toBe("PLUGIN_STOPPED");
  });

  test("that is added again runs its new bundle, in a new process", async () => {
    const { add, call, started } = open();
    add("p", { T: 'return "old"' });
    expect(await call("p", "T")).toBe("old");
    add("p", { T: 'return "new"' });
    expect(await call("p", "T")).toBe("new");
    expect(started).toHaveLength(2);
    await until(() => !hasProcess(started[0] ?? 0), "the old guest still runs");
  });

  test("whose bundle contributes what its manifest does not say is PLUGIN_UNDECLARED, with all that differs", async () => {
    const { guests, sources, call } = open();
    sources.set("p", sourceWith("p", { T: "", More: "" }));
    guests.add(pluginWith("p", ["T", "Gone"]));
    expect(await failure(call("p", "T"))).toEqual({
      code: "PLUGIN_UNDECLARED",
      message:
        "The bundle of p is not what its manifest declares: tool More (session) is not in the manifest; tool Gone (session) is in the manifest only.",
    });
    expect(guests.facts()).toMatchObject([{ crashes: 1 }]);
  });

  test("whose bytes are others than the lock says is PLUGIN_CHANGED, which is no crash of its", async () => {
    const { guests, call } = open();
    guests.add(pluginWith("p", ["T"]));
    for (let time = 0; time < 6; time++) expect((await failure(call("p", "T"))).code).toBe("PLUGIN_CHANGED");
    expect(guests.facts()).toMatchObject([{ crashes: 0, state: "stopped" }]);
  });

  test("that throws while it loads is PLUGIN_INVALID", async () => {
    const { guests, sources, call } = open();
    sources.set("p", '(async (__gantry) => { throw new Error("no such thing") })');
    guests.add(pluginWith("p", ["T"]));
    expect(await failure(call("p", "T"))).toMatchObject({
      code: "PLUGIN_INVALID",
      message: expect.stringContaining("no such thing"),
    });
  });

  test("with as many calls as it may have is GUEST_BUSY", async () => {
    const { add, call } = open({ limits: { pendingCalls: 2 } });
    add("p", { Wait: "await new Promise((resolve) => setTimeout(resolve, 50)); return 'ok'" });
    const both = [call("p", "Wait"), call("p", "Wait")];
    expect(await failure(call("p", "Wait"))).toEqual({
      code: "GUEST_BUSY",
      message: "p has 2 calls that have not ended; the limit is 2.",
    });
    expect(await Promise.all(both)).toEqual(["ok", "ok"]);
    expect(await call("p", "Wait")).toBe("ok");
  });

  test("that asks more often than it may waits its turn", async () => {
    let asked = 0;
    const { add, call } = open({ limits: { requestsPerSecond: 50 }, perform: async () => ++asked });
    add("p", { Ask: "for (let at = 0; at < 60; at++) await ctx.storage.get('x'); return 'ok'" });
    const start = performance.now();
    expect(await call("p", "Ask")).toBe("ok");
    expect(asked).toBe(60);
    // Fifty at once, the other ten at fifty a second.
    expect(performance.now() - start).toBeGreaterThan(150);
  });

  test("that goes on after its cancel is ended for it, which is no crash", async () => {
    const { guests, add, call, started, news } = open();
    add("p", { Wait: "ctx.progress('on'); await new Promise(() => undefined)", T: 'return "ok"' });
    const abort = new AbortController();
    const services = { ...callOf({ part: "tool", name: "" }).services, onProgress: () => abort.abort() };
    expect(await failure(call("p", "Wait", { signal: abort.signal, services, timeoutMs: "own" }))).toEqual({
      code: "TOOL_INTERRUPTED",
      message: "Wait of p was cancelled.",
    });
    // Its process may be gone before that is told.
    await until(() => news.length > 0, "its end is not told");
    expect(hasProcess(started[0] ?? 0)).toBe(false);
    expect(guests.facts()).toMatchObject([{ crashes: 0, lastProblem: { code: "GUEST_HUNG" } }]);
    expect(news).toMatchObject([{ what: "crash", code: "GUEST_HUNG" }]);
    expect(await call("p", "T")).toBe("ok");
  });

  test("that streams is read item by item, and who stops reading cancels it", async () => {
    const { guests, sources } = open();
    const provider = `,providers:[{name:"many",contextWindow:()=>1,async *stream(request){for(let at=0;at<request.count;at++)yield {type:"text",text:String(at)}}}]`;
    sources.set("p", sourceWith("p", {}, provider));
    guests.add(pluginWith("p", [], ["many"]));
    const stream = (count: number) =>
      guests.stream("p", callOf({ part: "stream", provider: "many" }, { input: { request: { count }, settings: {} } }));
    const items: unknown[] = [];
    for await (const item of stream(500)) items.push(item);
    expect(items).toEqual(Array.from({ length: 500 }, (_, at) => ({ type: "text", text: String(at) })));
    for await (const item of stream(1_000_000)) {
      expect(item).toEqual({ type: "text", text: "0" });
      break;
    }
    expect(guests.facts()).toMatchObject([{ crashes: 0 }]);
  });
});

describe("a far side that is no guest of ours", () => {
  test.each<[string, string, string, TableOptions["limits"]?]>([
    ["answers a call nobody made", 'say("result", 99, 1)', "GUEST_PROTOCOL"],
    ["sends no frames", 'process.stdout.write("hello there")', "GUEST_PROTOCOL"],
    [
      "sends more than it may",
      'const text = "x".repeat(200000); for (let at = 0; at < 400; at++) say("progress", 2, text)',
      "GUEST_FLOOD",
      // So low that a machine under load takes it in before it would miss an ack.
      { bytesPerSecond: 64 * 1024 },
    ],
    [
      "logs more than it may",
      'const text = "x".repeat(8000); for (let at = 0; at < 400; at++) say("log", "info", text)',
      "GUEST_LOGS",
      { logBytesPerMinute: 8_000 },
    ],
    ["ends by itself", "process.exit(3)", "GUEST_CRASHED"],
    ["says that its memory is full", "process.exit(81)", "GUEST_MEMORY"],
    ["says that its heap is full", "process.exit(82)", "GUEST_MEMORY"],
  ])("and %s is ended", async (_, act, code, bounds = {}) => {
    const { add, call, started } = open({ folder: await farSide(afterLoad(act)), limits: bounds });
    add("p", { T: "" });
    expect((await failure(call("p", "T"))).code).toBe(code);
    await until(() => started.filter(hasProcess).length === 0, "it still runs");
  });

  test.each([
    ["is not there", ""],
    ["speaks another protocol", 'say("hello", {protocol: 2, node: "x", tier: "x"})'],
    ["ends before hello", "process.exit(1)"],
  ])("and %s is GUEST_START_FAILED", async (what, script) => {
    const folder = await farSide(script);
    if (what === "is not there") await rm(join(folder, "guest-process.cjs"));
    const { add, call } = open({ folder });
    add("p", { T: "" });
    expect((await failure(call("p", "T"))).code).toBe("GUEST_START_FAILED");
  });
});

test("where the system's boundary is required and does not work, no guest is started", async () => {
  const { add, call, started } = open({ require: "os", useBoundary: false });
  add("p", { T: "" });
  expect((await failure(call("p", "T"))).code).toBe("ISOLATION_UNAVAILABLE");
  expect(started).toEqual([]);
});
