/**
 * What a server's tools were when they were first offered. A list that comes later may only tighten a tool's hints, or a server
 * would turn what the user is asked about into what he is not; and who allowed a tool is told when it has become another.
 */
import { createHash } from "node:crypto";
import type { McpTool } from "../contract/mcp.ts";

interface Known {
  digest: string;
  mayWrite: boolean;
  isDestructive: boolean;
  isOpen: boolean;
}

export interface ToolMemory {
  /** The tool with hints as they may count now, and what is to be said of it. */
  tightened(server: string, tool: McpTool): { tool: McpTool; news: string[] };
}

/** Of one server in a runtime; a tool beyond them is taken for one that writes. */
const mostTools = 5_000;

export function createToolMemory(): ToolMemory {
  const servers = new Map<string, Map<string, Known>>();
  return {
    tightened(server, tool) {
      const known = servers.get(server) ?? new Map<string, Known>();
      servers.set(server, known);
      const before = known.get(tool.name);
      const now = seen(tool);
      if (before === undefined && known.size >= mostTools)
        return { tool: withHints(tool, { ...now, mayWrite: true }), news: [] };
      const kept = before === undefined ? now : tighter(before, now);
      known.set(tool.name, kept);
      const news = [
        ...(before?.mayWrite && !now.mayWrite
          ? [`The tool ${tool.name} ${toolNews.hints}: it said otherwise before, which goes on to count.`]
          : []),
        ...(kept.digest === now.digest ? [] : [`The tool ${tool.name} ${toolNews.words} than when it was first offered.`]),
      ];
      return { tool: withHints(tool, kept), news };
    },
  };
}

/** What each such sentence holds. */
const toolNews = { hints: "now says that it only reads", words: "has another description or input schema" };

export function isToolNews(problem: string): boolean {
  return problem.startsWith("The tool ") && Object.values(toolNews).some((words) => problem.includes(words));
}

function seen({ title, description, inputSchema, annotations }: McpTool): Known {
  return {
    digest: createHash("sha256")
      .update(JSON.stringify([title, description, inputSchema]))
      .digest("base64"),
    mayWrite: annotations.readOnlyHint !== true,
    isDestructive: annotations.destructiveHint === true,
    isOpen: annotations.openWorldHint === true,
  };
}

function tighter(before: Known, now: Known): Known {
  return {
    digest: before.digest,
    mayWrite: before.mayWrite || now.mayWrite,
    isDestructive: before.isDestructive || now.isDestructive,
    isOpen: before.isOpen || now.isOpen,
  };
}

function withHints(tool: McpTool, { mayWrite, isDestructive, isOpen }: Known): McpTool {
  const { annotations } = tool;
  return {
    ...tool,
    annotations: {
      ...annotations,
      ...(mayWrite && annotations.readOnlyHint === true ? { readOnlyHint: false } : {}),
      ...(isDestructive ? { destructiveHint: true } : {}),
      ...(isOpen ? { openWorldHint: true } : {}),
    },
  };
}
