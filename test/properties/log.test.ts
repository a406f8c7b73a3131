import fc from "fast-check";
import { expect, test } from "vitest";
import type { SessionEvent } from "../../core/contract/events.ts";
import { readChain } from "../../core/session/chain.ts";
import { encodeLine, firstPrev, hashLine, parseLine } from "../../core/session/line.ts";

const events = fc.array(fc.tuple(fc.string(), fc.jsonValue({ maxDepth: 2 })), { minLength: 1, maxLength: 6 }).map((notes) =>
  notes.map(
    ([text, extra], index) =>
      ({
        v: 1,
        seq: index + 1,
        at: "2026-01-01T00:00:00.000Z",
        type: "note",
        data: { text, extra },
      }) as unknown as SessionEvent,
  ),
);

function writeLines(all: readonly SessionEvent[]): { bytes: Buffer; hash: string } {
  let hash = firstPrev;
  const lines = all.map((event) => {
    const line = encodeLine(event, hash);
    hash = hashLine(line.subarray(0, -1));
    return line;
  });
  return { bytes: Buffer.concat(lines), hash };
}

test("reading back what was written gives the same events", () => {
  fc.assert(
    fc.property(events, (all) => {
      const { bytes, hash } = writeLines(all);
      const chain = readChain(bytes, undefined);
      expect(JSON.stringify(chain.events)).toBe(JSON.stringify(all));
      expect(chain).toMatchObject({ head: { count: all.length, hash }, size: bytes.length, tornBytes: 0, problems: [] });
    }),
  );
});

test("a log cut anywhere is read up to its last whole line, and the head file knows what is gone", () => {
  fc.assert(
    fc.property(events, fc.nat(), (all, at) => {
      const { bytes, hash } = writeLines(all);
      const cut = bytes.subarray(0, at % bytes.length);
      const chain = readChain(cut, { count: all.length, hash });
      const whole = cut.lastIndexOf(10) + 1;
      expect([chain.size, chain.tornBytes]).toEqual([whole, cut.length - whole]);
      if (whole > 0) expect(chain.lostLines).toBe(all.length - chain.events.length);
      else expect(chain.problems).toEqual([{ line: 1, what: "the log is empty" }]);
    }),
  );
});

test("a byte changed anywhere is seen, and the first line named is the changed one or its neighbour", () => {
  fc.assert(
    fc.property(events, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, at, flip) => {
      const { bytes, hash } = writeLines(all);
      const place = at % bytes.length;
      const line = bytes.subarray(0, place).filter((byte) => byte === 10).length + 1;
      bytes[place] = (bytes[place] ?? 0) ^ flip;
      const { problems, tornBytes, lostLines } = readChain(bytes, { count: all.length, hash });
      const [first] = problems;
      if (first) expect([line - 1, line, line + 1]).toContain(first.line);
      else expect(tornBytes + lostLines).toBeGreaterThan(0);
    }),
  );
});

test("a line taken out, put in twice or moved is seen", () => {
  fc.assert(
    fc.property(events, fc.nat(), fc.constantFrom("out", "twice", "moved"), (all, at, how) => {
      fc.pre(all.length > 2);
      const { bytes } = writeLines(all);
      const lines = bytes.toString().split("\n").slice(0, -1);
      const index = at % (lines.length - 1);
      const [line = ""] = lines.splice(index, how === "twice" ? 0 : 1);
      if (how === "twice") lines.splice(index, 0, line);
      if (how === "moved") lines.splice(index + 1, 0, line);
      expect(readChain(Buffer.from(lines.map((each) => `${each}\n`).join("")), undefined).problems).not.toEqual([]);
    }),
  );
});

test("no text makes the line parser throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseLine(text)));
});
