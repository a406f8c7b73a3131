/** The bytes of replies that lie in the core before guests have taken them: room, shares, order; and how they become frames. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createInFlight, type Weight } from "../../workers/broker/in-flight.ts";
import { rawBytesOf, textsWithRawBytes, withRawBytes } from "../../workers/raw-bytes.ts";

const mib = 1024 * 1024;

function bench() {
  const flight = createInFlight();
  const entered: string[] = [];
  const enter = (plugin: string, bytes: number, signal = new AbortController().signal) =>
    flight.enter({ plugin, bytes, signal }).then((weight): Weight => {
      entered.push(plugin);
      return weight;
    });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { enter, entered, settled };
}

describe("replies in flight", () => {
  test("have 32 MiB in all, and wait beyond it", async () => {
    const { enter, entered, settled } = bench();
    const [first] = await Promise.all([enter("a", 16 * mib), enter("b", 16 * mib)]);
    void enter("c", 1);
    await settled();
    expect(entered).toEqual(["a", "b"]);
    first?.leave();
    await settled();
    expect(entered).toEqual(["a", "b", "c"]);
  });

  test("have 16 MiB for a plugin, which holds nobody else back", async () => {
    const { enter, entered, settled } = bench();
    const first = await enter("a", 10 * mib);
    void enter("a", 10 * mib);
    await enter("b", 10 * mib);
    expect(entered).toEqual(["a", "b"]);
    first.is(6 * mib);
    await settled();
    expect(entered).toEqual(["a", "b", "a"]);
  });

  test("let a large one go first that came first", async () => {
    const { enter, entered, settled } = bench();
    const [first] = await Promise.all([enter("a", 16 * mib), enter("b", 14 * mib)]);
    void enter("large", 8 * mib);
    void enter("small", mib);
    await settled();
    expect(entered).toEqual(["a", "b"]);
    first?.leave();
    await settled();
    expect(entered).toEqual(["a", "b", "large", "small"]);
  });

  test("leave the line when their call ends, with its reason, and those behind go on", async () => {
    const { enter, entered, settled } = bench();
    await Promise.all([enter("a", 16 * mib), enter("b", 14 * mib)]);
    const call = new AbortController();
    const large = enter("large", 8 * mib, call.signal);
    void enter("small", mib);
    call.abort(new Error("over"));
    await expect(large).rejects.toThrow("over");
    await settled();
    expect(entered).toEqual(["a", "b", "small"]);
    await expect(enter("late", 1, call.signal)).rejects.toThrow("over");
  });
});

test("raw bytes of any length become parts that are the reply's JSON, and are given up", () => {
  const sizes = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(196_607, 196_608, 196_609, 500_000));
  fc.assert(
    fc.property(sizes, fc.string({ unit: "binary" }), (size, path) => {
      const bytes = new Uint8Array(Buffer.alloc(size, "some bytes\0\xff"));
      const encoded = Buffer.from(bytes).toString("base64");
      const reply = withRawBytes({ path, mode: 420 }, bytes);
      const [open, ...parts] = [...textsWithRawBytes(7, reply)].map((text) => JSON.parse(text) as unknown[]);
      expect(open).toEqual(["reply", 7, true, { $parts: parts.length }]);
      expect(parts.every(([kind, id]) => kind === "part" && id === 7)).toBe(true);
      expect(JSON.parse(parts.map(([, , text]) => text).join(""))).toEqual({ path, mode: 420, bytes: { $bytes: encoded } });
      expect(rawBytesOf(reply)?.byteLength).toBe(0);
    }),
    { numRuns: 12 },
  );
});
