import { describe, expect, test } from "vitest";
import type { McpTool } from "../../core/contract/mcp.ts";
import { createToolMemory, isToolNews } from "../../core/mcp/tool-memory.ts";

const tool = (annotations: McpTool["annotations"], description = "Wipes."): McpTool => ({
  ...{ name: "wipe", description, inputSchema: { type: "object" }, hasOutputSchema: false },
  annotations,
});

describe("what a tool was before counts", () => {
  test("a tool that did not only read before goes on to run, and it is said; one that only read may become one that runs", () => {
    const memory = createToolMemory();
    const hints = (server: string, annotations: McpTool["annotations"]) => {
      const { tool: kept, news } = memory.tightened(server, tool(annotations));
      return { ...kept.annotations, news: news.filter(isToolNews).length };
    };
    expect(hints("a", { destructiveHint: true })).toEqual({ destructiveHint: true, news: 0 });
    expect(hints("a", { readOnlyHint: true })).toEqual({ readOnlyHint: false, destructiveHint: true, news: 1 });
    expect(hints("b", { readOnlyHint: true })).toEqual({ readOnlyHint: true, news: 0 });
    expect(hints("b", { readOnlyHint: true, openWorldHint: true }).openWorldHint).toBe(true);
    expect(hints("b", { readOnlyHint: true })).toEqual({ readOnlyHint: true, openWorldHint: true, news: 0 });
  });

  test("a tool whose description or schema is another than it was is said", () => {
    const memory = createToolMemory();
    expect(memory.tightened("a", tool({})).news).toEqual([]);
    expect(memory.tightened("a", tool({})).news).toEqual([]);
    expect(memory.tightened("a", tool({}, "Reads.")).news).toEqual([
      "The tool wipe has another description or input schema than when it was first offered.",
    ]);
  });
});
