/** Texts that a model, a tool or a file brings are taken in one pass: the words of the plain expression, not its square. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isInRange } from "../../core/install/semver.ts";
import { withoutLineEnds } from "../../core/shell/line-ends.ts";
import { createBlockCutter } from "../../core/shell/markdown-blocks.ts";
import { withoutComments } from "../../core/turn/instructions.ts";

const of = (...units: string[]) => fc.string({ unit: fc.constantFrom(...units), maxLength: 30 });

test("line ends at the end go, all others stay", () => {
  fc.assert(
    fc.property(of("\n", "a", " ", "\r"), (text) => {
      expect(withoutLineEnds(text)).toBe(text.replace(/\n+$/, ""));
    }),
  );
});

test("comments go from their beginning to the next end, and one without an end stays", () => {
  fc.assert(
    fc.property(of("<!--", "-->", "-", ">", "a"), (text) => {
      expect(withoutComments(text)).toBe(text.replace(/<!--[\s\S]*?-->/g, ""));
    }),
  );
});

// Of expressions whose cost is the square of a run, none comes back from these within a test's time.
test.each([
  ["line ends before a last word", () => withoutLineEnds(`${"\n".repeat(2e6)}a`).length, 2e6 + 1],
  ["beginnings of comments", () => withoutComments("<!--".repeat(5e5)).length, 2e6],
  ["blank lines in a fence", () => blocksOf(`\`\`\`\n${"\n".repeat(2e5)}a\n\`\`\`\n`), 1],
  ["signs of a range of versions", () => isInRange({ numbers: [1, 0, 0], pre: [] }, `${"=".repeat(2e6)}x`), undefined],
] as const)("%s cost one pass", (_, run, expected) => {
  expect(run()).toBe(expected);
});

function blocksOf(text: string): number {
  const cutter = createBlockCutter();
  return [...cutter.push(text), ...cutter.end()].length;
}
