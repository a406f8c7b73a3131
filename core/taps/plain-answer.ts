/**
 * The quick yes for what taps answer most: a verdict and texts. Where it says no, the schemas decide (contract/hook-replies.ts);
 * they cost the load of zod, which a command hook's three milliseconds have no room for (test/properties/plain-answer.test.ts).
 */
import type { HookKind, Verdict } from "../contract/hooks.ts";

const texts = new Set(["context", "say", "stop", "failed"]);
const verdicts: readonly unknown[] = ["allow", "ask", "deny"] satisfies Verdict[];

/** True only for an answer that the kind's schema accepts as it is; false says nothing. */
export function isPlainAnswer(kind: HookKind, reply: unknown): boolean {
  if (typeof reply !== "object" || reply === null || Object.getPrototypeOf(reply) !== Object.prototype) return false;
  return Object.entries(reply).every(([key, value]) => {
    if (texts.has(key)) return typeof value === "string";
    if (key === "skipped") return value === true;
    if (kind !== "judge") return false;
    return key === "reason" ? typeof value === "string" : key === "verdict" && verdicts.includes(value);
  });
}
