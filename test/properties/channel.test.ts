/** Laws of a guest's channel, under any order of frames, cancels, clocks and ends. */
import fc from "fast-check";
import { GantryError, hasCode } from "gantry/errors";
import { describe, expect, test } from "vitest";
import { maxPartChars } from "../../core/contract/frames.ts";
import type { Json } from "../../core/contract/messages.ts";
import { createFrameReader, frameBytes, parseJson, textsWithValue } from "../../workers/frame-text.ts";
import { readGuestFrame } from "../../workers/guest-frames.ts";
import { createJoiner } from "../../workers/value-parts.ts";
import { callOf, hello, openFarSide } from "../support/far-side.ts";

const text = fc.string({ minLength: 1, unit: "grapheme", maxLength: 200 });
const id = fc.integer({ min: 1, max: 1_000 });
const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
const words = fc.string({ maxLength: 40 });

const validFrame: fc.Arbitrary<unknown[]> = fc.oneof(
  fc.tuple(fc.constant("hello"), fc.record({ protocol: fc.nat(), node: words, tier: words })),
  fc.tuple(fc.constant("ack"), id),
  fc.tuple(fc.constant("progress"), id, words),
  fc.tuple(fc.constant("chunk"), id, json),
  fc.tuple(fc.constant("result"), id, json),
  fc.tuple(fc.constant("result"), id, fc.record({ $parts: fc.integer({ min: 1, max: 96 }) })),
  fc.tuple(fc.constant("error"), id, fc.record({ code: words, message: words })),
  fc.tuple(fc.constant("error"), id, fc.record({ code: words, message: words, detail: json })),
  fc.tuple(fc.constant("request"), id, id, words, fc.array(json)),
  fc.tuple(fc.constant("part"), id, words),
  fc.tuple(fc.constant("log"), fc.constantFrom("debug", "info", "warn", "error"), words),
  fc.tuple(fc.constant("ping"), fc.nat()),
);

describe("bytes", () => {
  test("cut anywhere give the frames they were made of", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (texts, sizes) => {
        const bytes = Buffer.concat(texts.map(frameBytes));
        const seen: string[] = [];
        const read = createFrameReader((one) => seen.push(one));
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value;
          expect(read(bytes.subarray(at, at + size))).toBeUndefined();
          at += size;
        }
        // What is no text in UTF-8 (half a pair) arrives as the character that stands for it.
        expect(seen).toEqual(texts.map((one) => one.toWellFormed()));
      }),
    );
  });

  test("that are anything never make a frame of more than its length, and never throw", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (chunks) => {
        const read = createFrameReader(() => undefined);
        for (const chunk of chunks) read(Buffer.from(chunk));
      }),
    );
  });
});

describe("a value", () => {
  const joined = (texts: readonly string[]): unknown => {
    const join = createJoiner();
    return texts.map((one) => {
      const frame = readGuestFrame(one);
      return typeof frame === "string" ? frame : join(frame);
    });
  };

  test("crosses as itself, alone or in parts", () => {
    const long = fc
      .tuple(fc.constantFrom("a", '"', "\\", "é", "漢", "😀", "\u0000", "\ud800"), fc.integer({ min: -3, max: 3 }))
      .map(([unit, more]): Json => [unit.repeat(Math.max(0, Math.ceil(maxPartChars / unit.length) + more))]);
    fc.assert(
      fc.property(fc.oneof({ weight: 5, arbitrary: json }, long, fc.record({ $parts: json })), (value) => {
        const texts = textsWithValue({ open: '["result",7,', value: JSON.stringify(value), close: "]", id: 7 });
        for (const one of texts) frameBytes(one);
        const frames = joined(texts) as unknown[];
        expect(frames.slice(0, -1)).toEqual(texts.slice(1).map(() => undefined));
        expect(frames.at(-1)).toMatchObject({ kind: "result", id: 7 });
        expect((frames.at(-1) as { value: Json }).value).toEqual(parseJson(JSON.stringify(value)));
      }),
      { numRuns: 200 },
    );
  });

  test("never brings a __proto__ of its own", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom("__proto__", "\\u005f_proto__", "__prot\\u006f__"), (value, key) => {
        const read = JSON.stringify(parseJson(`{"a":[{"${key}":${JSON.stringify(value)},"b":1}]}`));
        expect(read).toBe('{"a":[{"b":1}]}');
      }),
    );
  });
});

describe("a frame", () => {
  test("of a known kind in its shape is read", () => {
    fc.assert(
      fc.property(validFrame, (frame) => {
        expect(readGuestFrame(JSON.stringify(frame))).toMatchObject({ kind: frame[0] });
      }),
    );
  });

  test("with a member more or less, or anything else, is told in words", () => {
    const changed = fc.tuple(validFrame, fc.boolean(), json).map(([frame, isMore, value]) => {
      const fits = isMore ? [...frame, value] : frame.slice(0, -1);
      return fits;
    });
    const others = fc.oneof(
      changed,
      json,
      fc.tuple(fc.constantFrom("load", "call", "reply", "toString", "constructor"), id, json),
    );
    fc.assert(
      fc.property(others, (frame) => {
        expect(readGuestFrame(JSON.stringify(frame))).toEqual(expect.any(String));
      }),
    );
  });

  test("that is any text never throws", () => {
    fc.assert(fc.property(fc.string(), (one) => void readGuestFrame(one)));
  });
});

type Step =
  | { step: "call"; streams: boolean }
  | { step: "says"; frame: (lastId: number) => unknown }
  | { step: "abort"; call: number }
  | { step: "pass"; ms: number }
  | { step: "close" };

const someId = (lastId: number, seed: number): number => 1 + (seed % Math.max(1, lastId + (seed % 20 === 0 ? 1 : 0)));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ step: fc.constant("call" as const), streams: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom("ack", "progress", "chunk", "result", "error", "request"), fc.nat())
      .map(([kind, seed]) => ({
        step: "says" as const,
        frame: (lastId: number) => saidOf(kind, someId(lastId, seed), seed),
      })),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant("abort" as const), call: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant("pass" as const), ms: fc.constantFrom(1, 500, 2_500, 6_000) }) },
  { weight: 1, arbitrary: fc.constant({ step: "close" as const }) },
);

function saidOf(kind: string, of: number, seed: number): unknown[] {
  switch (kind) {
    case "ack":
      return [kind, of];
    case "progress":
      return [kind, of, "half"];
    case "error":
      return [kind, of, { code: "TOOL_FAILED", message: "no" }];
    case "request":
      return [kind, seed + 1, of, "fs.read", []];
    default:
      return [kind, of, seed];
  }
}

describe("a channel", () => {
  test("settles each call exactly once, whatever is said, cancelled or closed in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const far = openFarSide();
        const outcomes: string[][] = [];
        const aborts: AbortController[] = [];
        far.says(hello);
        const close = (): void => far.channel.close(() => new GantryError("GUEST_CRASHED", "gone"));
        for (const one of steps) {
          if (one.step === "call") {
            const abort = new AbortController();
            const outcome: string[] = [];
            const target = one.streams ? ({ part: "stream", provider: "p" } as const) : ({ part: "tool", name: "T" } as const);
            const call = far.channel.call(callOf(String(outcomes.length + 1), { signal: abort.signal, target }));
            call.result.then(
              () => outcome.push("ok"),
              (error) => outcome.push(String(error.code)),
            );
            outcomes.push(outcome);
            aborts.push(abort);
          }
          if (one.step === "says") far.says(one.frame(outcomes.length));
          if (one.step === "abort") aborts[one.call % Math.max(1, aborts.length)]?.abort();
          if (one.step === "pass") far.clock.pass(one.ms);
          if (one.step === "close" || far.violations.length > 0 || far.stuck.length > 0) close();
        }
        close();
        await new Promise(setImmediate);
        expect(outcomes.map((outcome) => outcome.length)).toEqual(outcomes.map(() => 1));
        // Effects of a call end with it: each is told once.
        expect(far.ended.toSorted()).toEqual(outcomes.map((_, index) => String(index + 1)).toSorted());
        expect(far.channel.pending).toBe(0);
        expect(far.clock.waiting).toBe(0);
        expect(far.violations.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 400 },
    );
  });

  test("gives its own calls ids that rise, and answers each request once", async () => {
    const requests = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), requests, fc.nat(), async (calls, ids, seed) => {
        const rising = ids.toSorted((a, b) => a - b);
        const far = openFarSide({
          perform: async (_, [which]) => {
            for (let turn = 0; turn < Number(which) % 4; turn++) await undefined;
            if (Number(which) % 3 === 0) throw new GantryError("PERMISSION_DENIED", "not granted");
            return { which: which ?? null };
          },
        });
        far.says(hello);
        for (let made = 0; made < calls; made++) far.channel.call(callOf(String(made)));
        const callIds = far.sent.map((frame) => frame[1] as number);
        for (const one of rising) far.says(["request", one, 1 + ((one + seed) % calls), "storage.get", [one]]);
        await new Promise(setImmediate);
        expect(callIds).toEqual(callIds.map((_, index) => index + 1));
        const replies = far.sent.filter(([kind]) => kind === "reply");
        expect(replies.map((reply) => reply[1] as number).toSorted((a, b) => a - b)).toEqual(rising);
        for (const [, one, ok, value] of replies) {
          expect(ok ? value : hasCode(value, "PERMISSION_DENIED")).toEqual(ok ? { which: one } : true);
        }
        expect(far.violations).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
