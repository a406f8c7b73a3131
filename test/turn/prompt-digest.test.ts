import { expect, test } from "vitest";
import { createPromptDigest } from "../../core/turn/prompt.ts";

test("a prompt's digest is of the tools as they are, and the same for the same ones in a new list", () => {
  const digest = createPromptDigest();
  const read = { name: "Read", description: "Reads.", inputSchema: { type: "object" } };
  const first = digest({ system: "a", tools: [read] });
  expect(digest({ system: "a", tools: [{ ...read }] })).toBe(first);
  const others = [
    digest({ system: "a", tools: [{ ...read, name: "Write" }] }),
    digest({ system: "a", tools: [{ ...read, description: "Reads a file." }] }),
    digest({ system: "a", tools: [{ ...read, inputSchema: { type: "object", properties: {} } }] }),
    digest({ system: "b", tools: [read] }),
    digest({ system: "a", tools: [] }),
  ];
  expect(new Set([first, ...others]).size).toBe(6);
  expect(digest({ system: "a", tools: [read] })).toBe(first);
});
