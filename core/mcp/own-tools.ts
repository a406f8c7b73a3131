/** The tools that MCP servers bring with them as such: finding their tools, and their resources. They run in the core. */
import type { ToolExecution, ToolOutcome } from "../contract/execution.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { Mcp } from "./mcp.ts";

/** The plugin that these tools are registered under. */
export const ownPlugin = "mcp";

const mostNamed = 40;

/** `servers`: names of those that are configured and may be used. The same for as long as they are: requests are cached. */
export function ownTools(servers: readonly string[]): ToolManifest[] {
  const more = servers.length > mostNamed ? ` and ${servers.length - mostNamed} more` : "";
  const names = `${servers.slice(0, mostNamed).join(", ")}${more}`;
  return [
    {
      name: "ToolSearch",
      description:
        "Finds tools of MCP servers and loads them: their definitions come back as text, and from then on you can call them. " +
        `Query: words, +word for one that must fit, or select:name,name for exact names. Servers: ${names}.`,
      inputSchema: schema({ query: { type: "string", minLength: 1, maxLength: 1000 }, max_results: count(20, 5) }, ["query"]),
      effect: "session",
      timeoutMs: "own",
    },
    {
      name: "ListMcpResources",
      description: "Lists resources and resource templates of MCP servers.",
      inputSchema: schema({ server: { type: "string" }, page: count(1000, 1) }, []),
      effect: "reads",
      timeoutMs: "own",
    },
    {
      name: "ReadMcpResource",
      description: "Reads one resource of an MCP server.",
      inputSchema: schema({ server: { type: "string" }, uri: { type: "string", minLength: 1, maxLength: 8192 } }, [
        "server",
        "uri",
      ]),
      effect: "reads",
      timeoutMs: "own",
    },
    {
      name: "SubscribeMcpResource",
      description: "Asks an MCP server to say when a resource changes; you are told before your next step. off: no more.",
      inputSchema: schema(
        { server: { type: "string" }, uri: { type: "string", minLength: 1, maxLength: 8192 }, off: { type: "boolean" } },
        ["server", "uri"],
      ),
      effect: "session",
      timeoutMs: "own",
    },
  ];
}

function schema(properties: JsonObject, required: string[]): JsonObject {
  return { type: "object", properties, required, additionalProperties: false };
}

function count(maximum: number, fallback: number): JsonObject {
  return { type: "integer", minimum: 1, maximum, default: fallback };
}

/** One call of a tool of ownTools. MCP_*, TOOL_UNKNOWN, TOOL_INTERRUPTED. */
export async function runOwnTool(name: string, execution: ToolExecution, { mcp }: { mcp: Mcp }): Promise<ToolOutcome> {
  if (name === "ToolSearch") return await (await import("./tool-search.ts")).searchTools(execution, mcp);
  const resources = await import("./own-tools-resources.ts");
  if (name === "ListMcpResources") return await resources.listResources(execution, mcp);
  if (name === "ReadMcpResource") return await resources.readResource(execution, mcp);
  return await resources.subscribeResource(execution, mcp);
}
