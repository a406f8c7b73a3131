import { expect, test } from "vitest";
import { streamCredit } from "../../core/contract/frames.ts";
import { exitCodeOf, guestEndOf } from "../../workers/inside/guest-exit.ts";
import { ProbeGuest } from "../support/probe-plugin.ts";
import { RawGuest } from "../support/raw-guest.ts";

function stream(guest: ProbeGuest, count: number): number {
  return guest.start({ part: "stream", provider: "probe" }, { request: { model: count }, settings: {} });
}

test("a stream sends 64 items without credit, and then as many as it is given", async () => {
  await using guest = await ProbeGuest.start();
  const id = stream(guest, 100);
  await guest.frame(
    ([kind, of, item]) => kind === "chunk" && of === id && (item as { text: string }).text === String(streamCredit - 1),
  );
  // A call that came later has its answer: whatever the stream could send was sent before.
  expect(await guest.run("return 'x'")).toBe("x");
  expect(guest.chunks(id)).toHaveLength(streamCredit);
  guest.send(["credit", id, 6]);
  await guest.frame(([kind, of, item]) => kind === "chunk" && of === id && (item as { text: string }).text === "69");
  expect(await guest.run("return 'y'")).toBe("y");
  expect(guest.chunks(id)).toHaveLength(70);
  guest.send(["credit", id, 1000]);
  expect(await guest.settled(id)).toBe(null);
  expect(guest.chunks(id)).toHaveLength(100);
});

test("a stream that is cancelled while it waits for credit leaves its generator", async () => {
  await using guest = await ProbeGuest.start();
  const id = stream(guest, 1000);
  await guest.frame(([kind, of, item]) => kind === "chunk" && of === id && (item as { text: string }).text === "63");
  guest.send(["cancel", id, "the user stopped it"]);
  await expect(guest.settled(id)).rejects.toEqual({ code: "TOOL_INTERRUPTED", message: "the user stopped it" });
  expect(guest.logs).toContain("provider left");
});

test("a command that prints more than waits for credit fails, with what it printed before", async () => {
  await using guest = await ProbeGuest.start();
  const code = `const line = "x".repeat(40000); for (let i = 0; i < 1000; i++) ctx.print(line)`;
  const id = guest.start({ part: "command", id: "probe" }, { args: { code }, flags: {} });
  await guest.frame(([kind, of]) => kind === "chunk" && of === id);
  guest.send(["credit", id, 2000]);
  await expect(guest.settled(id)).rejects.toMatchObject({
    code: "TOOL_FAILED",
    message: expect.stringContaining("wait to be read"),
  });
  expect(guest.chunks(id).length).toBeGreaterThan(streamCredit);
});

test("a long line of a command crosses in pieces", async () => {
  await using guest = await ProbeGuest.start();
  const code = `ctx.print("é\\u0000".repeat(200000)); return { data: null, text: "" }`;
  const id = guest.start({ part: "command", id: "probe" }, { args: { code }, flags: {} });
  await guest.settled(id);
  const text = guest
    .chunks(id)
    .map((item) => (item as { print: string }).print)
    .join("");
  expect(text === "é\u0000".repeat(200_000)).toBe(true);
});

test("cancel aborts the call's signal with its reason, and the call ends as the plugin says", async () => {
  await using guest = await ProbeGuest.start();
  const code = `ctx.progress("waiting"); await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve)); return [ctx.signal.reason.code, ctx.signal.reason.message].join()`;
  const id = guest.start({ part: "tool", name: "Run" }, { code });
  await guest.frame(([kind, of]) => kind === "progress" && of === id);
  guest.send(["cancel", id, "enough"]);
  expect(await guest.settled(id)).toBe("TOOL_INTERRUPTED,enough");
});

test("the newest progress is told, and not every line of a flood", async () => {
  await using guest = await ProbeGuest.start();
  const id = guest.start({ part: "tool", name: "Run" }, { code: `for (let i = 0; i < 100000; i++) ctx.progress("step " + i)` });
  await guest.settled(id);
  const lines = guest.frames.filter(([kind, of]) => kind === "progress" && of === id).map((frame) => frame[2]);
  expect(lines.at(-1)).toBe("step 99999");
  expect(lines.length).toBeLessThan(100);
});

test("a context whose call has ended does nothing more", async () => {
  await using guest = await ProbeGuest.start();
  let asked = 0;
  guest.answer = () => {
    asked++;
    return null;
  };
  await guest.run(`globalThis.kept = ctx; globalThis.late = ctx.fs.read("x").catch(() => undefined)`);
  const before = asked;
  expect(await guest.run(`try { await kept.fs.read("y") } catch (error) { return error.code }`)).toBe("CALL_ENDED");
  expect(asked).toBe(before);
});

test("an effect that is under way when its call ends fails with CALL_ENDED", async () => {
  await using guest = await ProbeGuest.start();
  guest.answer = () => new Promise(() => undefined);
  await guest.run(`globalThis.late = ctx.fs.read("x").then(() => "read", (error) => error.code); return ""`);
  expect(await guest.run("return late")).toBe("CALL_ENDED");
});

test("more than 64 effects at once wait their turn, and all are answered", async () => {
  await using guest = await ProbeGuest.start();
  let running = 0;
  let most = 0;
  guest.answer = async (_, args) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return args[0] ?? null;
  };
  const sum = await guest.run(
    `const all = await Promise.all(Array.from({ length: 500 }, (_, i) => ctx.storage.get(String(i)))); return String(all.reduce((a, b) => a + Number(b), 0))`,
  );
  expect(sum).toBe(String((499 * 500) / 2));
  expect(most).toBeLessThanOrEqual(64);
});

test("what nobody catches in a plugin is a line in its log, and the guest lives on", async () => {
  await using guest = await ProbeGuest.start();
  await guest.run(`
    Promise.reject(new Error("unmet"));
    setTimeout(() => { throw new Error("in a timer") }, 0);
    queueMicrotask(() => { throw new Error("in a microtask") });
    new EventTarget();
    const t = new EventTarget(); t.addEventListener("x", () => { throw new Error("in a listener") }); t.dispatchEvent(new Event("x"));
    Promise.reject(new Proxy({}, { get() { throw 1 } }));
    console.warn("plain", { a: 1 }, [1n], new Error("told"));
  `);
  for (const text of ["unmet", "in a timer", "in a microtask", "in a listener", "cannot be read", 'plain {"a":1}'])
    await guest.frame((frame) => frame[0] === "log" && frame[2].includes(text));
  expect(await guest.run("return 'alive'")).toBe("alive");
});

test("the log is bounded, and says once that it is", async () => {
  await using guest = await ProbeGuest.start({ limits: { logBytesPerMinute: 10_000 } });
  await guest.run(`for (let i = 0; i < 10000; i++) ctx.log("line " + i)`);
  expect(guest.logs.join("").length).toBeLessThan(11_000);
  expect(guest.logs.at(-1)).toBe("The log's bound for this minute is reached; more is dropped.");
});

test("timers are counted, and a plugin may not have more than its limit", async () => {
  await using guest = await ProbeGuest.start({ limits: { timers: 10 } });
  const said = await guest.run(`
    const ids = []; let problem;
    try { for (;;) ids.push(setInterval(() => {}, 1000)) } catch (error) { problem = error.message }
    ids.forEach((id) => clearInterval(id));
    clearTimeout(setTimeout(() => {}, 1000));
    return ids.length + ": " + problem;
  `);
  expect(said).toBe("10: 10 timers are set already, which is as many as a plugin may have.");
});

test("the realm's beats come while a call is pending", async () => {
  await using guest = await ProbeGuest.start();
  guest.start({ part: "tool", name: "Run" }, { code: "await new Promise(() => {})" });
  expect(await guest.frame(([kind, count]) => kind === "ping" && count === 2)).toEqual(["ping", 2]);
});

const busy: [string, string][] = [
  ["idle", "return 1"],
  ["with timers set", "setInterval(() => {}, 10); return 1"],
  ["in an endless loop", "for (;;);"],
  ["in endless matching", `/^(a+)+$/.test("a".repeat(60) + "b")`],
];

test.each(busy)("a guest %s ends with its input", async (_, code) => {
  await using guest = await ProbeGuest.start();
  guest.start({ part: "tool", name: "Run" }, { code: `console.log("runs"); ${code}` });
  await guest.frame(([kind, , text]) => kind === "log" && text === "runs");
  expect(guestEndOf(await guest.close())).toBe("stdin-ended");
});

const ends: [string, string, string][] = [
  ["memory beside the heap", "memory", "const all = []; for (;;) { all.push(new Uint8Array(4e6).fill(1)); await null }"],
  ["its heap", "heap", "const all = []; for (;;) all.push({ a: [1, 2, 3], b: String(all.length) })"],
];

test.each(ends)("a guest that fills %s ends itself, and says so by its exit code", async (_, end, code) => {
  await using guest = await ProbeGuest.start({ limits: { rssMiB: 300, heapMiB: 64 } });
  guest.start({ part: "tool", name: "Run" }, { code });
  expect(await guest.exited).toBe(exitCodeOf(end as "memory"));
});

test.each([
  ["too long", Buffer.from([0, 0, 0, 127])],
  ["empty", Buffer.from([0, 0, 0, 0])],
])("a frame that is %s ends the guest", async (_, bytes) => {
  await using guest = new RawGuest();
  await guest.frame(([kind]) => kind === "hello");
  guest.child.stdin?.write(bytes);
  expect(guestEndOf(await guest.exited)).toBe("frame");
});

test("arguments that make no sense end the guest at its start", async () => {
  await using guest = new RawGuest({ limits: { timers: -1 } });
  expect(guestEndOf(await guest.exited)).toBe("start");
});

test("nothing but frames is on the wire, and stderr is empty", async () => {
  await using guest = await ProbeGuest.start();
  await guest.run(`console.log("x"); console.error("y"); return ""`);
  await guest.close();
  expect(guest.stderr).toBe("");
  expect(guest.frames.every(([kind]) => ["hello", "result", "ack", "log", "ping"].includes(kind))).toBe(true);
});
