import { GantryError, hasCode } from "gantry/errors";
import { expect, test } from "vitest";
import { type Retry, withRetries } from "../../core/turn/retry.ts";

const passing = (detail: Record<string, unknown> = {}): GantryError =>
  new GantryError("PROVIDER_OVERLOADED", "busy", { detail: { retryable: true, ...detail } });

function failing(times: number, error: () => Error): () => Promise<string> {
  let left = times;
  return async () => {
    if (left-- > 0) throw error();
    return "answer";
  };
}

const signal = new AbortController().signal;

test("a passing failure is repeated until it passes, and each repetition is reported", async () => {
  const retries: Retry[] = [];
  const answer = await withRetries(failing(3, passing), { signal, onRetry: (retry) => retries.push(retry), random: () => 0 });
  expect(answer).toBe("answer");
  expect(retries).toEqual([1, 2, 3].map((attempt) => ({ attempt, code: "PROVIDER_OVERLOADED", message: "busy", delayMs: 0 })));
});

test("a failure that will not pass is thrown at once", async () => {
  const refuse = failing(1, () => new GantryError("PROVIDER_REJECTED", "no"));
  await expect(withRetries(refuse, { signal, onRetry: () => expect.unreachable() })).rejects.toSatisfy((error) =>
    hasCode(error, "PROVIDER_REJECTED"),
  );
});

test("after eight repetitions the failure stands", async () => {
  let attempts = 0;
  const always = async (): Promise<never> => {
    attempts++;
    throw passing();
  };
  await expect(withRetries(always, { signal, onRetry: () => undefined, random: () => 0 })).rejects.toThrow("busy");
  expect(attempts).toBe(9);
});

test("what the provider asked to wait is waited, with jitter on top and never less", async () => {
  const delays: number[] = [];
  await withRetries(
    failing(1, () => passing({ retryAfterMs: 20 })),
    { signal, onRetry: ({ delayMs }) => delays.push(delayMs), random: () => 0.5 },
  );
  expect(delays).toEqual([145]);
});

test("a wait longer than the time left is not begun", async () => {
  const late = withRetries(
    failing(1, () => passing({ retryAfterMs: 200_000 })),
    { signal, onRetry: () => expect.unreachable() },
  );
  await expect(late).rejects.toThrow("busy");
});

test("a cancel ends the wait", async () => {
  const abort = new AbortController();
  const waiting = withRetries(
    failing(1, () => passing({ retryAfterMs: 60_000 })),
    { signal: abort.signal, onRetry: () => abort.abort() },
  );
  await expect(waiting).rejects.toThrow();
});
