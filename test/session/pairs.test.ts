import { expect, test } from "vitest";
import type { AnswerContent, InputContent, Message } from "../../core/contract/messages.ts";
import { assertPairs } from "../../core/session/pairs.ts";
import { callOf } from "../support/session-events.ts";

const user = (...content: InputContent[]): Message => ({ role: "user", content });
const model = (...content: AnswerContent[]): Message => ({ role: "assistant", content });
const text = { type: "text", text: "x" } as const;
const result = (callId: string): InputContent => ({ type: "tool_result", callId, content: [], isError: false });

const broken = expect.objectContaining({ code: "PAIR_LAW_BROKEN" });

test("messages in which each call has its result are proven", () => {
  expect(assertPairs([user(text), model(callOf("1"), callOf("2")), user(result("1"), result("2"), text), model(text)])).toBe(3);
  expect(assertPairs([])).toBe(0);
});

test.each<[string, Message[]]>([
  ["a call at the end", [user(text), model(callOf("1"))]],
  ["a call without a result", [user(text), model(callOf("1"), callOf("2")), user(result("1"))]],
  ["a result twice", [user(text), model(callOf("1")), user(result("1"), result("1"))]],
  ["a call twice in one answer", [user(text), model(callOf("1"), callOf("1")), user(result("1"))]],
  ["a result of no call", [user(text), model(text), user(result("1"))]],
  ["a result before any answer", [user(result("1"))]],
  ["a result one message late", [user(text), model(callOf("1")), user(text), user(result("1"))]],
  ["two answers in a row", [user(text), model(text), model(text)]],
])("%s breaks the law", (_, messages) => {
  expect(() => assertPairs(messages)).toThrow(broken);
});

test("what was proven before is not looked at again, what came since is", () => {
  const messages = [user(text), model(callOf("1")), user(result("1"))];
  const proven = assertPairs(messages);
  messages.push(model(callOf("2")));
  expect(() => assertPairs(messages, proven)).toThrow(broken);
  messages.push(user(result("2")));
  expect(assertPairs(messages, proven)).toBe(4);
  messages[2] = user(result("1"), result("7"));
  expect(() => assertPairs(messages, proven)).toThrow(broken);
});
