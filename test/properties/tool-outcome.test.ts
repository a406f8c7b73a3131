/** What a guest hands back as a tool's result, and what of it the core takes. */
import { describe, expect, test } from "vitest";
import { outcomeOf } from "../../core/community/tool-outcome.ts";
import type { Reach } from "../../core/contract/execution.ts";
import type { Json } from "../../core/contract/messages.ts";

const reach = { workspace: "/w", roots: ["/w"], approved: ["/etc/hosts"], hidden: [] } as unknown as Reach;
const of = (given: Json) => outcomeOf("One", given, reach);
const text = { type: "text", text: "x" };
const sha256 = "0".repeat(64);

test("a text, and an object with a text or parts, are results", () => {
  expect(of("x")).toEqual({ content: [text], isError: false });
  expect(of({ content: "x" })).toEqual({ content: [text], isError: false });
  expect(of({ content: [text], data: { a: 1 } })).toEqual({ content: [text], isError: false, data: { a: 1 } });
});

test("fields that nobody asked for are not carried on", () => {
  expect(of({ content: [{ ...text, evil: 1 }], usage: { outputTokens: 9 }, outcome: "ok", durationMs: 0 })).toEqual({
    content: [text],
    isError: false,
  });
});

test.each<[string, Json]>([
  ["nothing", null],
  ["a number", 7],
  ["a list", ["x"]],
  ["no content", {}],
  ["content of another kind", { content: 7 }],
  ["a part of another kind", { content: [{ type: "resource", uri: "file:///etc/passwd" }] }],
  ["a part without a text", { content: [{ type: "text" }] }],
  ["an image of no known kind", { content: [{ type: "image", mediaType: "image/svg+xml", data: "AAAA" }] }],
  ["an image that is not base64", { content: [{ type: "image", mediaType: "image/png", data: "<svg>" }] }],
  ["isError that is a word", { content: "x", isError: "no" }],
  ["data that is a list", { content: "x", data: [1] }],
  ["files that are no list", { content: "x", files: {} }],
  ["a file without its hash", { content: "x", files: [{ path: "/w/a" }] }],
])("%s is the tool's failure", (_what, given) => {
  expect(() => of(given)).toThrow(expect.objectContaining({ code: "TOOL_FAILED" }));
});

describe("codes", () => {
  test.each([
    ["FILE_NOT_FOUND", "FILE_NOT_FOUND"],
    ["APPROVAL_DENIED", "TOOL_FAILED"],
    ["TURN_CANCELLED", "TOOL_FAILED"],
    ["LOG_WRITE_FAILED", "TOOL_FAILED"],
    ["NO_SUCH_CODE", "TOOL_FAILED"],
    ["__proto__", "TOOL_FAILED"],
  ])("%s of a failed call is told as %s", (code, told) => {
    expect(of({ content: "x", isError: true, code })).toMatchObject({ isError: true, code: told });
  });

  test("a call that did not fail has none", () => {
    expect(of({ content: "x", code: "FILE_NOT_FOUND" })).not.toHaveProperty("code");
  });
});

test("its word about files counts within what the call reached, and nowhere else", () => {
  const named = ["/w/a", "/etc/hosts", "/etc/passwd", "/w/../etc/passwd", "/wide/a", "/w"];
  const { files } = of({ content: "x", files: named.map((path) => ({ path, sha256 })) });
  expect(files?.map(({ path }) => path)).toEqual(["/w/a", "/etc/hosts"]);
});
