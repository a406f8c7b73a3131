/** The pool: how a call in a real thread begins, fails and ends, and that nothing it does takes the pool with it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasCode } from "../../core/contract/errors.ts";
import { gone } from "../support/alive.ts";
import { startPool, type TestPool } from "../support/pool.ts";

const text = (outcome: { content: { type: string; text?: string }[] }): string =>
  outcome.content.map((part) => part.text).join("");

/** Resolves when the tool has said this as progress. */
function said(word: string): { onProgress(text: string): void; heard: Promise<void> } {
  let hear = (): void => undefined;
  const heard = new Promise<void>((resolve) => {
    hear = resolve;
  });
  return { heard, onProgress: (line) => line === word && hear() };
}

describe("a call in a thread", () => {
  let at: TestPool;
  beforeAll(async () => {
    at = await startPool({ graceMs: 200, held: { faults: { "process.run": ["*"] } } });
  });
  afterAll(() => at.close());

  test("a string result becomes one text block", async () => {
    expect(await at.call("Echo", { text: "hello" })).toEqual({ content: [{ type: "text", text: "hello" }], isError: false });
  });

  test("an input that does not fit is TOOL_INPUT_INVALID and names the field", async () => {
    const failed = at.call("Echo", { txt: 1 });
    await expect(failed).rejects.toMatchObject({ code: "TOOL_INPUT_INVALID" });
    await expect(failed).rejects.toThrow(/text/);
    await expect(failed).rejects.toThrow(/txt/);
  });

  test("an error keeps its code, message and detail across the thread", async () => {
    await expect(at.call("Fail")).rejects.toMatchObject({
      code: "EDIT_NOT_FOUND",
      message: "no such text",
      detail: { near: 3 },
    });
  });

  test("a thread has no environment of the core", async () => {
    expect(text(await at.call("Env"))).toBe("{}");
  });

  test.each(["Exit", "Uncaught", "Hoard"])(
    "a thread that ends itself (%s) is TOOL_CRASHED, and the pool lives on",
    async (tool) => {
      const before = at.pool.stats().crashed;
      await expect(at.call(tool)).rejects.toMatchObject({ code: "TOOL_CRASHED" });
      expect(at.pool.stats().crashed).toBe(before + 1);
      expect(text(await at.call("Echo", { text: "still here" }))).toBe("still here");
    },
  );

  test("cancel is a message: a tool that listens ends without its thread", async () => {
    const control = new AbortController();
    const waiting = said("waiting");
    const failed = at.call("Polite", {}, { signal: control.signal, onProgress: waiting.onProgress });
    const killed = at.pool.stats().killed;
    await waiting.heard;
    control.abort();
    await expect(failed).rejects.toMatchObject({ code: "TOOL_INTERRUPTED" });
    expect(at.pool.stats().killed).toBe(killed);
  });

  test("a tool that does not listen is ended with its thread after the grace", async () => {
    const control = new AbortController();
    const spinning = said("spinning");
    const failed = at.call("Deaf", {}, { signal: control.signal, onProgress: spinning.onProgress });
    const { killed } = at.pool.stats();
    await spinning.heard;
    control.abort();
    await expect(failed).rejects.toMatchObject({ code: "TOOL_INTERRUPTED" });
    expect(at.pool.stats().killed).toBe(killed + 1);
    expect(text(await at.call("Echo", { text: "again" }))).toBe("again");
  });

  test.each(["Polite", "Deaf"])("a call over its time (%s) is TOOL_TIMEOUT", async (tool) => {
    const failed = at.call(tool, {}, { timeoutMs: 50 });
    await expect(failed).rejects.toMatchObject({ code: "TOOL_TIMEOUT" });
    await expect(failed).rejects.toThrow(/50 ms/);
  });

  test("a call that is cancelled before it begins never begins", async () => {
    const signal = AbortSignal.abort();
    await expect(at.call("Echo", { text: "x" }, { signal })).rejects.toMatchObject({
      code: "TOOL_INTERRUPTED",
      detail: { began: false },
    });
  });

  test("cancel ends the shell that the call waits for", async () => {
    const control = new AbortController();
    const running = said("up");
    const failed = at.call(
      "Run",
      { command: "echo up; exec sleep 41001" },
      { signal: control.signal, onProgress: running.onProgress },
    );
    await running.heard;
    control.abort();
    await expect(failed).rejects.toMatchObject({ code: "TOOL_INTERRUPTED" });
    await gone("sleep 41001");
  });

  test("a crash of the thread ends the shell that its call had running", async () => {
    await expect(at.call("RunAndExit", { command: "exec sleep 41002" })).rejects.toMatchObject({ code: "TOOL_CRASHED" });
    await gone("sleep 41002");
  });

  test("forty calls at once all end, each with its own result, on at most two threads", async () => {
    const words = Array.from({ length: 40 }, (_, index) => `word ${index}`);
    const outcomes = await Promise.all(words.map((word) => at.call("Echo", { text: word })));
    expect(outcomes.map(text)).toEqual(words);
    expect(at.pool.stats().threads).toBeLessThanOrEqual(2);
    expect(at.pool.stats()).toMatchObject({ running: 0, waiting: 0 });
  });

  test("a small call gets a second thread while a long one has the first", async () => {
    const control = new AbortController();
    const waiting = said("waiting");
    const long = at.call("Polite", {}, { signal: control.signal, onProgress: waiting.onProgress });
    await waiting.heard;
    expect(text(await at.call("Echo", { text: "beside" }))).toBe("beside");
    control.abort();
    await expect(long).rejects.toMatchObject({ code: "TOOL_INTERRUPTED" });
  });
});

describe("grants", () => {
  const reached = async (kind: string, held: Parameters<typeof startPool>[0] = {}): Promise<string> => {
    const at = await startPool(held);
    try {
      return text(await at.call("Reach", { kind }));
    } catch (error) {
      return error instanceof Error && "code" in error ? `${error.code}: ${error.message}` : String(error);
    } finally {
      await at.close();
    }
  };

  test.each(["fs.read", "fs.write", "fs.list", "user.ask", "session.read", "process.list"])(
    "without a grant %s is PERMISSION_DENIED",
    async (kind) => {
      expect(await reached(kind)).toMatch(/^PERMISSION_DENIED: faults may not .*; it holds no /);
    },
  );

  test("a scope that does not cover the path is named in the denial", async () => {
    const held = { held: { faults: { "fs.write": ["./docs/**"] } } };
    expect(await reached("fs.write", held)).toBe(
      "PERMISSION_DENIED: faults may not write b.txt; it holds fs.write for ./docs/**.",
    );
  });

  test("a granted effect of the core is performed there", async () => {
    const held = { faults: { "session.read": "own" } } as const;
    const coreEffects = { lastRead: async (path: string) => ({ sha256: `of ${path}` }) };
    expect(await reached("session.read", { held, coreEffects })).toBe('{"sha256":"of /x"}');
  });

  test("a question is answered by the session's front end, and USER_UNAVAILABLE without one", async () => {
    const held = { faults: { "user.ask": true } } as const;
    const askUser = async (questions: readonly { question: string }[]) =>
      questions.map(({ question }) => ({ question, answers: ["a"] }));
    expect(await reached("user.ask", { held, coreEffects: { askUser } })).toBe('[{"question":"Which?","answers":["a"]}]');
    expect(await reached("user.ask", { held })).toMatch(/^USER_UNAVAILABLE: /);
  });
});

describe("the pool's own life", () => {
  test("close ends calls that run, and a closed pool begins none", async () => {
    const at = await startPool();
    const spinning = said("spinning");
    const running = at.call("Deaf", {}, { onProgress: spinning.onProgress });
    await spinning.heard;
    const [outcome] = await Promise.allSettled([running, at.pool.close()]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "TOOL_INTERRUPTED" } });
    await expect(at.call("Echo", { text: "x" })).rejects.toMatchObject({ code: "TOOL_INTERRUPTED" });
    await at.close();
  });

  test("warm starts one thread and a call uses it", async () => {
    const at = await startPool();
    await at.pool.warm("faults");
    expect(text(await at.call("Echo", { text: "warm" }))).toBe("warm");
    expect(at.pool.stats().threads).toBe(1);
    await at.close();
  });

  test("a thread that cannot even start fails every call, and none waits for ever", async () => {
    const at = await startPool({ filename: "/nowhere/tool-thread.cjs" });
    for (let round = 0; round < 3; round++) {
      const error: unknown = await at.call("Echo", { text: "x" }).catch((reason: unknown) => reason);
      expect(hasCode(error, "TOOL_CRASHED")).toBe(true);
    }
    await at.close();
  });
});
