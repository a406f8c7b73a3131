import { expect, test } from "vitest";
import { hookReplies } from "../../core/contract/hook-replies.ts";

test.each(["prompt.build", "model.request"] as const)("a system text for %s has at most 256 KiB, in bytes", (point) => {
  const fits = (system: string): boolean => hookReplies[point].safeParse({ system }).success;
  expect(["a".repeat(262_144), "é".repeat(131_072), "a".repeat(262_145), "é".repeat(131_073)].map(fits)).toEqual([
    ...[true, true],
    ...[false, false],
  ]);
  expect(hookReplies[point].safeParse({ system: "a".repeat(262_145) }).error?.issues[0]?.message).toBe("longer than 256 KiB");
});
