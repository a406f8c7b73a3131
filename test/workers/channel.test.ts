/** What a guest may say on its channel, what becomes of a call, and what is a violation. */
import { GantryError } from "gantry/errors";
import { describe, expect, test } from "vitest";
import { maxFrameBytes, maxPartChars, maxValueChars, streamCredit } from "../../core/contract/frames.ts";
import { callOf, hello, openFarSide } from "../support/far-side.ts";

const reasonOf = (result: Promise<unknown>): Promise<unknown> =>
  result.then(
    (value) => value,
    ({ code, message }) => ({ code, message }),
  );

describe("a call", () => {
  test("that gets its result is over, and its clocks with it", async () => {
    const { channel, clock, sent, ended, says } = openFarSide();
    says(hello);
    const { result } = channel.call(callOf("a", { input: { x: 1 } }));
    expect(sent).toEqual([
      [
        "call",
        1,
        {
          target: { part: "tool", name: "Tool" },
          input: { x: 1 },
          context: { callId: "a", cwd: "/w", workspace: "/w" },
        },
      ],
    ]);
    says(["ack", 1], ["result", 1, { y: 2 }]);
    expect(await result).toEqual({ y: 2 });
    expect({ ended, waiting: clock.waiting, pending: channel.pending }).toEqual({ ended: ["a"], waiting: 0, pending: 0 });
  });

  test("that is not acknowledged in time hangs; one that is, is only slow", () => {
    const { channel, clock, stuck, says } = openFarSide();
    says(hello);
    channel.call(callOf("slow", { timeoutMs: "own" }));
    says(["ack", 1]);
    clock.pass(60_000);
    expect(stuck).toEqual([]);
    channel.call(callOf("deaf", { timeoutMs: "own" }));
    clock.pass(5_000);
    expect(stuck).toEqual(["hung: it did not acknowledge Tool of far within 5000 ms"]);
  });

  test("that misses its deadline is told to stop, and fails with TOOL_TIMEOUT when it does", async () => {
    const { channel, clock, sent, stuck, says } = openFarSide();
    says(hello);
    const { result } = channel.call(callOf("a", { timeoutMs: 1_000 }));
    says(["ack", 1]);
    clock.pass(1_000);
    expect(sent.at(-1)).toEqual(["cancel", 1, "Tool of far did not end within 1000 ms."]);
    says(["error", 1, { code: "TOOL_INTERRUPTED", message: "stopped" }]);
    expect(await reasonOf(result)).toEqual({ code: "TOOL_TIMEOUT", message: "Tool of far did not end within 1000 ms." });
    expect({ stuck, waiting: clock.waiting }).toEqual({ stuck: [], waiting: 0 });
  });

  test("whose guest had to be started first has what is left of its time, and is told with all of it", async () => {
    const { channel, clock, sent, says } = openFarSide();
    says(hello);
    channel.call(callOf("a", { timeoutMs: 1_500, usedMs: 27.2159669995 }));
    says(["ack", 1]);
    clock.pass(1_472);
    expect(sent).toHaveLength(1);
    clock.pass(1);
    expect(sent.at(-1)).toEqual(["cancel", 1, "Tool of far did not end within 1500 ms."]);
  });

  test("that reports progress all the time is shown fifty times a second, the newest each time", () => {
    const shown: string[] = [];
    const { channel, clock, says } = openFarSide();
    says(hello);
    const services = { ...callOf("").services, onProgress: (text: string) => shown.push(text) };
    channel.call(callOf("a", { services, timeoutMs: "own" }));
    says(["ack", 1]);
    for (let line = 0; line < 40_000; line++) {
      if (line % 100 === 0) clock.pass(1);
      says(["progress", 1, `line ${line}`]);
    }
    expect(shown.slice(0, 3)).toEqual(["line 0", "line 1999", "line 3999"]);
    expect(shown).toHaveLength(20);
    says(["result", 1, null]);
    expect(shown.at(-1)).toBe("line 39999");
    expect({ count: shown.length, waiting: clock.waiting }).toEqual({ count: 21, waiting: 0 });
  });

  test("that is cancelled and goes on is stuck after the grace, and fails as cancelled when its guest is ended", async () => {
    const { channel, clock, stuck, says } = openFarSide();
    const abort = new AbortController();
    says(hello);
    const { result } = channel.call(callOf("a", { signal: abort.signal, timeoutMs: "own" }));
    says(["ack", 1]);
    abort.abort();
    clock.pass(1_999);
    expect(stuck).toEqual([]);
    clock.pass(1);
    expect(stuck).toEqual(["stubborn: Tool of far went on for 2000 ms after its cancel"]);
    channel.close(() => new GantryError("GUEST_HUNG", "ended"));
    expect(await reasonOf(result)).toEqual({ code: "TOOL_INTERRUPTED", message: "Tool of far was cancelled." });
  });

  test("whose result was on its way when it was cancelled has it", async () => {
    const { channel, says, violations } = openFarSide();
    const abort = new AbortController();
    says(hello);
    const { result } = channel.call(callOf("a", { signal: abort.signal }));
    abort.abort();
    says(["ack", 1], ["progress", 1, "nearly"], ["result", 1, "done"]);
    expect(await result).toBe("done");
    expect(violations).toEqual([]);
  });

  test("of a guest that ended, before or after it was asked, fails with what it ended of", async () => {
    const { channel, says } = openFarSide();
    says(hello);
    const [first, second] = [channel.call(callOf("a")), channel.call(callOf("b"))];
    channel.close(() => new GantryError("GUEST_CRASHED", "SIGSEGV"));
    const late = channel.call(callOf("c"));
    expect(await Promise.all([first, second, late].map(({ result }) => reasonOf(result)))).toEqual([
      { code: "GUEST_CRASHED", message: "SIGSEGV" },
      { code: "GUEST_CRASHED", message: "SIGSEGV" },
      { code: "GUEST_CRASHED", message: "SIGSEGV" },
    ]);
  });

  test.each([
    ["TOOL_FAILED", "TOOL_FAILED"],
    ["FILE_NOT_FOUND", "FILE_NOT_FOUND"],
    ["PROVIDER_AUTH", "PROVIDER_AUTH"],
    ["PLUGIN_OPTIONS_INVALID", "PLUGIN_OPTIONS_INVALID"],
    ["NO_SUCH_CODE", "TOOL_FAILED"],
    ["toString", "TOOL_FAILED"],
    ["GUEST_CRASHED", "TOOL_FAILED"],
    ["PLUGIN_STOPPED", "TOOL_FAILED"],
    ["ISOLATION_UNAVAILABLE", "TOOL_FAILED"],
    ["INTERNAL", "TOOL_FAILED"],
    ["APPROVAL_DENIED", "TOOL_FAILED"],
  ])("that fails with %s is told as %s: what became of guests and of Gantry is not the guest's to say", async (said, told) => {
    const { channel, says } = openFarSide();
    says(hello);
    const { result } = channel.call(callOf("a"));
    says(["error", 1, { code: said, message: "why" }]);
    expect(await reasonOf(result)).toEqual({ code: told, message: "why" });
  });

  test("with an input that cannot cross fails alone", async () => {
    const { channel, says } = openFarSide();
    says(hello);
    const { result } = channel.call(callOf("a", { input: "x".repeat(maxValueChars) }));
    expect(await reasonOf(result)).toMatchObject({
      code: "TOOL_FAILED",
      message: expect.stringContaining("cannot cross to far"),
    });
    const next = channel.call(callOf("b"));
    says(["result", 2, null]);
    expect(await next.result).toBeNull();
  });
});

describe("a load", () => {
  test("takes the source in parts, and is answered without an ack", async () => {
    const { channel, sent, says } = openFarSide();
    says(hello);
    const source = "a".repeat(maxPartChars * 2);
    const loaded = channel.load(
      { name: "p", options: null, source },
      { signal: new AbortController().signal, timeoutMs: 1_000 },
    );
    expect(sent.map(([kind, id]) => [kind, id])).toEqual([["load", 1], ...[1, 2, 3].map(() => ["part", 1])]);
    expect(sent[0]).toEqual(["load", 1, { name: "p", options: null, source: { $parts: 3 } }]);
    const parts = sent.slice(1).map(([, , text]) => text);
    expect(JSON.parse(parts.join(""))).toBe(source);
    says(["result", 1, { name: "p" }]);
    expect(await loaded).toEqual({ name: "p" });
  });

  test("may ask for no effect", async () => {
    const performed: string[] = [];
    const { channel, sent, says } = openFarSide({ perform: async (method) => String(performed.push(method)) });
    says(hello);
    void channel.load({ name: "p", options: {}, source: "" }, { signal: new AbortController().signal, timeoutMs: "own" });
    says(["request", 1, 1, "fs.read", ["a"]]);
    await new Promise(setImmediate);
    expect(sent.at(-1)).toMatchObject(["reply", 1, false, { code: "CALL_ENDED" }]);
    expect(performed).toEqual([]);
  });
});

describe("a stream", () => {
  const stream = { target: { part: "stream", provider: "p" } as const, timeoutMs: "own" as const };

  test("that is not read is not sent beyond its credit; what is read gives credit back", () => {
    const items: unknown[] = [];
    const { channel, sent, says, violations } = openFarSide();
    says(hello);
    const { taken } = channel.call(callOf("a", { ...stream, isPulled: true, onChunk: (item) => items.push(item) }));
    for (let at = 0; at < streamCredit; at++) says(["chunk", 1, at]);
    expect(items).toHaveLength(streamCredit);
    for (let at = 0; at < streamCredit / 2; at++) taken();
    expect(sent.slice(1)).toEqual([["credit", 1, streamCredit / 2]]);
    for (let at = 0; at < streamCredit / 2; at++) says(["chunk", 1, at]);
    expect(violations).toEqual([]);
    says(["chunk", 1, "one more"]);
    expect(violations).toEqual(["GUEST_PROTOCOL: more than 64 items of 1 without a credit"]);
  });

  test("that nobody pulls has its credit back at once", () => {
    const { channel, sent, says, violations } = openFarSide();
    says(hello);
    channel.call(callOf("a", { target: { part: "command", id: "c" } }));
    for (let at = 0; at < streamCredit * 3; at++) says(["chunk", 1, at]);
    expect({ violations, credits: sent.filter(([kind]) => kind === "credit").length }).toEqual({ violations: [], credits: 6 });
  });
});

describe("a request", () => {
  test("of a call that has ended, or was cancelled, is refused with CALL_ENDED", async () => {
    const { channel, sent, says } = openFarSide();
    const abort = new AbortController();
    says(hello);
    channel.call(callOf("over"));
    channel.call(callOf("cancelled", { signal: abort.signal }));
    abort.abort();
    says(["result", 1, null], ["request", 1, 1, "fs.read", []], ["request", 2, 2, "fs.read", []]);
    await new Promise(setImmediate);
    const ended = { code: "CALL_ENDED", message: "fs.read was asked for by a call that has ended or was cancelled." };
    expect(sent.filter(([kind]) => kind === "reply")).toEqual([
      ["reply", 1, false, ended],
      ["reply", 2, false, ended],
    ]);
  });

  test("that fails in the core by no row of the table tells nothing of it", async () => {
    const { channel, sent, says } = openFarSide({ perform: () => Promise.reject(new Error("ENOENT /home/me/.ssh/id_rsa")) });
    says(hello);
    channel.call(callOf("a"));
    says(["request", 1, 1, "fs.read", []]);
    await new Promise(setImmediate);
    expect(sent.at(-1)).toEqual([
      "reply",
      1,
      false,
      { code: "TOOL_FAILED", message: "The effect failed in Gantry itself; its log says how." },
    ]);
  });

  test("has its signal aborted when its call ends", async () => {
    let seen: AbortSignal | undefined;
    const { channel, says } = openFarSide({
      perform: (_, __, { signal }) => {
        seen = signal;
        return new Promise(() => undefined);
      },
    });
    says(hello);
    channel.call(callOf("a"));
    says(["request", 1, 1, "net.fetch", []]);
    expect(seen?.aborted).toBe(false);
    says(["result", 1, null]);
    expect(seen?.aborted).toBe(true);
  });

  test("with a reply that is long is answered in parts", async () => {
    const text = "é".repeat(maxPartChars);
    const { channel, sent, says } = openFarSide({ perform: async () => text });
    says(hello);
    channel.call(callOf("a"));
    says(["request", 5, 1, "fs.read", []]);
    await new Promise(setImmediate);
    expect(sent.slice(1).map(([kind, id]) => [kind, id])).toEqual([
      ["reply", 5],
      ["part", 5],
      ["part", 5],
    ]);
  });
});

describe("a violation", () => {
  const nested = (depth: number): string => `["result",1,${"[".repeat(depth)}${"]".repeat(depth)}]`;

  test.each<[string, unknown[], string]>([
    ["a frame before hello", [["ping", 1]], "a ping frame out of its turn"],
    ["a second hello", [hello, hello], "a hello frame out of its turn"],
    ["a result nobody waits for", [hello, ["result", 2, 1]], "a result frame for 2, which nobody waits for"],
    ["a second result", [hello, ["result", 1, 1], ["result", 1, 2]], "a result frame for 1, which nobody waits for"],
    [
      "progress after the end",
      [hello, ["result", 1, 1], ["progress", 1, "x"]],
      "a progress frame for 1, which nobody waits for",
    ],
    ["a second ack", [hello, ["ack", 1], ["ack", 1]], "an ack of 1 that was not due"],
    ["an item of a tool", [hello, ["chunk", 1, 1]], "an item of 1, which is no stream"],
    ["a request of no call", [hello, ["request", 1, 2, "fs.read", []]], "request 1 is of call 2, which was never made"],
    [
      "a request whose id does not rise",
      [hello, ["request", 2, 1, "fs.read", []], ["request", 2, 1, "fs.read", []]],
      "request 2 came after request 2",
    ],
    ["a part of nothing", [hello, ["part", 1, "1"]], "a part of nothing: 1"],
    [
      "a frame between parts",
      [hello, ["result", 1, { $parts: 2 }], ["part", 1, "[1,"], ["ping", 1]],
      "a ping frame between the parts of a value",
    ],
    ["parts of another", [hello, ["result", 1, { $parts: 2 }], ["part", 2, "1"]], "a part of nothing: 2"],
    ["parts that are no JSON", [hello, ["result", 1, { $parts: 1 }], ["part", 1, "[1,"]], "a value in parts that is not JSON"],
    ["more parts than a value has", [hello, ["result", 1, { $parts: 97 }]], "a result frame that does not fit its shape"],
    ["a value too deep", [hello, nested(500)], "a value more than 128 deep"],
    ["text that is no JSON", [hello, "[1"], "a frame that is not JSON"],
    ["a kind of the core's", [hello, ["load", 1, {}]], 'a frame of no known kind: "load"'],
    ["a kind that is a member of every object", [hello, ["__proto__", 1]], 'a frame of no known kind: "__proto__"'],
    ["an id that is a text", [hello, ["ack", "1"]], "a ack frame that does not fit its shape"],
    [
      "an error with a member more",
      [hello, ["error", 1, { code: "A", message: "b", stack: "c" }]],
      "a error frame that does not fit its shape",
    ],
  ])("is %s, and nothing is read after it", (_, frames, problem) => {
    const pings: number[] = [];
    const { channel, violations, says } = openFarSide({ onPing: () => pings.push(1) });
    channel.call(callOf("a"));
    says(...frames);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(problem);
    says(["ping", 1]);
    expect(pings).toEqual([]);
  });

  test("is a length beyond the bound, before anything of it is there", () => {
    const { channel, violations } = openFarSide();
    const header = Buffer.alloc(4);
    header.writeUInt32LE(maxFrameBytes + 1);
    channel.push(header.subarray(0, 3));
    expect(violations).toEqual([]);
    channel.push(header.subarray(3));
    expect(violations).toEqual([`GUEST_PROTOCOL: a frame of ${maxFrameBytes + 1} bytes; the limit is ${maxFrameBytes}`]);
  });

  test("is text that is not UTF-8", () => {
    const { channel, violations } = openFarSide();
    channel.push(Buffer.from([3, 0, 0, 0, 0x22, 0xff, 0x22]));
    expect(violations).toEqual(["GUEST_PROTOCOL: a frame that is not UTF-8"]);
  });

  test("is a request more than may be under way", () => {
    const { channel, violations, says } = openFarSide({ perform: () => new Promise(() => undefined) });
    says(hello);
    channel.call(callOf("a"));
    for (let at = 1; at <= 64; at++) says(["request", at, 1, "fs.read", []]);
    expect(violations).toEqual([]);
    says(["request", 65, 1, "fs.read", []]);
    expect(violations).toEqual(["GUEST_FLOOD: it has 65 requests under way; the limit is 64"]);
  });

  test("is a value whose parts are together too long", () => {
    const { channel, violations, says } = openFarSide();
    says(hello);
    channel.call(callOf("a"));
    says(["result", 1, { $parts: 96 }], ["part", 1, "x".repeat(maxPartChars + 1)]);
    expect(violations).toHaveLength(1);
  });
});
