import fc from "fast-check";
import { expect, test } from "vitest";
import { hookReplies, judgementReply, observedReply, trustedReply } from "../../core/contract/hook-replies.ts";
import { isPlainAnswer } from "../../core/taps/plain-answer.ts";

const key = fc.constantFrom(
  "verdict",
  "reason",
  "context",
  "say",
  "stop",
  "failed",
  "skipped",
  "input",
  "content",
  "no",
  "__proto__",
);
const value = fc.oneof(fc.string(), fc.constantFrom("allow", "ask", "deny", true, false, null, 1, undefined, {}, []));
const answer = fc
  .array(fc.tuple(key, value), { maxLength: 5 })
  .map((entries) =>
    entries.reduce(
      (at, [name, said]) => Object.defineProperty(at, name, { value: said, enumerable: true, configurable: true }),
      {},
    ),
  );

test("a plain answer is one that the schemas of its kind accept as it is", () => {
  fc.assert(
    fc.property(answer, (reply) => {
      if (isPlainAnswer("judge", reply)) {
        expect(judgementReply.parse(reply)).toEqual(reply);
        expect(trustedReply.parse(reply)).toEqual(reply);
      }
      if (isPlainAnswer("observe", reply)) expect(observedReply.parse(reply)).toEqual(reply);
      if (isPlainAnswer("rewrite", reply))
        for (const schema of Object.values(hookReplies)) expect(schema.parse(reply)).toEqual(reply);
    }),
    { numRuns: 1_000 },
  );
});

test("what hooks say most is plain", () => {
  expect(isPlainAnswer("judge", { verdict: "deny", reason: "no" })).toBe(true);
  expect(isPlainAnswer("rewrite", { skipped: true })).toBe(true);
  expect(isPlainAnswer("observe", { context: "a", say: "b", stop: "c", failed: "d" })).toBe(true);
  expect(isPlainAnswer("rewrite", {})).toBe(true);
});

test("a verdict from a rewriter, and anything but a plain object, is not", () => {
  expect(isPlainAnswer("rewrite", { verdict: "deny" })).toBe(false);
  expect(isPlainAnswer("judge", ["deny"])).toBe(false);
  expect(isPlainAnswer("judge", { verdict: "yes" })).toBe(false);
  expect(isPlainAnswer("judge", Object.create({ verdict: "deny" }))).toBe(false);
});
