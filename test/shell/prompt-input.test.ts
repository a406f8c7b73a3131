import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readPrompt } from "../../core/shell/prompt-input.ts";

const { signal } = new AbortController();
const from = (chunks: (string | Buffer)[], more: object = {}) => ({
  stdin: () => Object.assign(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), more),
  fd: undefined,
  signal,
  say: () => undefined,
});

describe("the prompt", () => {
  test("is the argument, or stdin, or both with stdin marked", async () => {
    expect(await readPrompt("fix it", from([]))).toEqual({ text: "fix it", source: "prompt" });
    expect(await readPrompt(undefined, from(["from ", "stdin\n"]))).toEqual({ text: "from stdin\n", source: "stdin" });
    expect(await readPrompt("-", from(["x"]))).toEqual({ text: "x", source: "stdin" });
    expect(await readPrompt("review", from(["diff\n"]))).toEqual({
      text: "review\n\n<stdin>\ndiff\n</stdin>",
      source: "prompt",
    });
  });

  test.each([
    ["an empty argument", "  ", from([])],
    ["an empty stdin", undefined, from(["\n"])],
    ["no argument on a terminal", undefined, from([], { isTTY: true })],
    ["text that is not UTF-8", undefined, from([Buffer.from([0xff, 0xfe])])],
  ])("is refused: %s", async (_, argument, options) => {
    await expect(readPrompt(argument, options)).rejects.toMatchObject({ code: "USAGE_INVALID" });
  });

  test("of more than 10 MB is refused and not kept", async () => {
    const megabyte = "x".repeat(1024 * 1024);
    await expect(readPrompt(undefined, from(Array.from({ length: 11 }, () => megabyte)))).rejects.toThrow("more than 10 MB");
  });

  test("an open stdin that brings nothing is left aside when there is an argument", async () => {
    const idle = new Readable({ read: () => undefined });
    expect(await readPrompt("go", { ...from([]), stdin: () => idle })).toEqual({ text: "go", source: "prompt" });
  });
});
