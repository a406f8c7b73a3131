import { expect, test } from "vitest";
import { modelEventsOf } from "../../core/community/model-events.ts";
import type { Json } from "../../core/contract/messages.ts";

/** How many pieces of an endless stream are taken before it fails; and that it is left. */
async function takenOf(item: Json): Promise<{ taken: number; isLeft: boolean; error: unknown }> {
  let taken = 0;
  let isLeft = false;
  async function* endless(): AsyncGenerator<Json> {
    try {
      for (; taken < 5_000_000; taken++) yield item;
    } finally {
      isLeft = true;
    }
  }
  try {
    for await (const _ of modelEventsOf("p", endless()));
    return { taken, isLeft, error: undefined };
  } catch (error) {
    return { taken, isLeft, error };
  }
}

test.each<[string, Json, number]>([
  ["long texts", { type: "text", text: "x".repeat(100_000) }, 252],
  ["texts without a letter", { type: "thinking", text: "" }, 1_572_864],
  ["input of a tool", { type: "tool_input", callId: "1", json: " ".repeat(100_000) }, 252],
])("a provider that streams %s without end is refused, and its stream is left", async (_, item, most) => {
  const { taken, isLeft, error } = await takenOf(item);
  expect(taken).toBeLessThanOrEqual(most);
  expect(isLeft).toBe(true);
  expect(error).toMatchObject({ code: "PROVIDER_REJECTED", message: expect.stringContaining("without an answer") });
});
