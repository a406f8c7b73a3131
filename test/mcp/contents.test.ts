import { expect, test } from "vitest";
import { createAllowance } from "../../plugins/mcp/thread/allowance.ts";
import { contentsOf } from "../../plugins/mcp/thread/contents.ts";

test("a text that comes as bytes is a text; bytes that are none are left out", () => {
  const allowance = createAllowance();
  const about = { uri: "note://a", mimeType: "text/csv; charset=utf-8" };
  const blob = Buffer.from("a,ä\n").toString("base64");
  expect(contentsOf({ ...about, blob }, allowance)).toEqual({ ...about, text: "a,ä\n" });
  expect(contentsOf({ ...about, blob: "/////w==" }, allowance)).toEqual({ ...about, blob: "", bytes: 4 });
});
