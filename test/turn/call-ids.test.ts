import { expect, test } from "vitest";
import type { AnswerContent, Message } from "../../core/contract/messages.ts";
import { withOwnIds } from "../../core/turn/call-ids.ts";
import { bench } from "../support/cli.ts";

const call = (callId: string): AnswerContent => ({ type: "tool_call", callId, name: "Read", input: {} });
const idsOf = (content: AnswerContent[]) => content.map((block) => (block.type === "tool_call" ? block.callId : ""));

test("an answer whose ids are its own is returned as it is", () => {
  const content = [call("a"), call("b"), { type: "text" as const, text: "x" }];
  expect(withOwnIds(content, [])).toBe(content);
});

test("later calls of an id get another, which no other call has", () => {
  expect(idsOf(withOwnIds([call("a"), call("a"), call("a_2"), call("a")], []))).toEqual(["a", "a_2", "a_2_2", "a_3"]);
});

test("ids of earlier answers are taken, also when messages came since the last look", () => {
  const messages: Message[] = [{ role: "assistant", content: [call("call_0")] }];
  expect(idsOf(withOwnIds([call("call_0")], messages))).toEqual(["call_0_2"]);
  messages.push({ role: "user", content: [] }, { role: "assistant", content: [call("call_0_2"), call("z")] });
  expect(idsOf(withOwnIds([call("call_0"), call("z"), call("constructor")], messages))).toEqual([
    "call_0_3",
    "z_2",
    "constructor",
  ]);
});

test("ten thousand calls of one id are told apart without a search for each", () => {
  const ids = idsOf(
    withOwnIds(
      Array.from({ length: 10_000 }, () => call("x")),
      [],
    ),
  );
  expect(new Set(ids).size).toBe(10_000);
  expect(ids.at(-1)).toBe("x_10000");
});

test("two calls of one id in an answer, and the same id in the next, leave a session that goes on", async () => {
  const glob = { name: "Glob", input: { pattern: "*" }, id: "a" };
  const b = await bench([{ calls: [glob, glob] }, { calls: [glob] }, { say: "fine" }, { say: "still fine" }]);
  const first = await b.run("x");
  expect(first.json).toMatchObject({ ok: true, text: "fine" });
  expect(first.json.toolCalls.map(({ callId, outcome }) => [callId, outcome])).toEqual([
    ["a", "ok"],
    ["a_2", "ok"],
    ["a_3", "ok"],
  ]);
  const resumed = await b.run("y", ["--resume", first.json.sessionId]);
  expect(resumed.json).toMatchObject({ ok: true, text: "still fine" });
  expect(b.model.requests[1]?.toolResults.map(({ callId }) => callId)).toEqual(["a", "a_2"]);
  const sent = b.model.requests.at(-1)?.text ?? "";
  expect([...sent.matchAll(/"type":"tool_use","id":"([^"]+)"/g)].map(([, id]) => id)).toEqual(["a", "a_2", "a_3"]);
});
