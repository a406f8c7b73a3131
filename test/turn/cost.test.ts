import { describe, expect, test } from "vitest";
import { noUsage } from "../../core/contract/messages.ts";
import { costUsd } from "../../core/turn/cost.ts";

const million = { inputTokens: 1_000_000, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

describe("cost", () => {
  test("tokens cost what the price data says, cached ones at their own prices", async () => {
    const model = "anthropic/claude-opus-4-1";
    expect(await costUsd(model, million)).toBeCloseTo(15, 9);
    expect(await costUsd(model, { ...noUsage, outputTokens: 1_000_000 })).toBeCloseTo(75, 9);
    expect(await costUsd(model, { ...noUsage, cacheReadTokens: 1_000_000 })).toBeCloseTo(1.5, 9);
    expect(await costUsd(model, { ...noUsage, cacheWriteTokens: 1_000_000 })).toBeCloseTo(18.75, 9);
    expect(
      await costUsd(model, { inputTokens: 1000, outputTokens: 100, cacheReadTokens: 1000, cacheWriteTokens: 1000 }),
    ).toBeCloseTo(0.04275, 9);
  });

  test("no tokens cost nothing", async () => {
    expect(await costUsd("anthropic/claude-sonnet-4-5", noUsage)).toBe(0);
  });

  test("the default model has a price", async () => {
    expect(await costUsd("anthropic/claude-sonnet-5", million)).toBeGreaterThan(0);
  });

  test("a model, a provider and a name that nobody knows have no price", async () => {
    expect(await costUsd("anthropic/no-such-model", million)).toBeUndefined();
    expect(await costUsd("scripted/demo.json", million)).toBeUndefined();
    expect(await costUsd("claude-sonnet-5", million)).toBeUndefined();
  });
});
