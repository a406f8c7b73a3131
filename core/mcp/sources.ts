/**
 * The tools of a ready server as the registry takes them. What cannot be offered (a name that is taken) is left out and said;
 * the other tools of the server are offered all the same. Schemas are the thread's business.
 */
import { messageOf } from "../contract/errors.ts";
import type { Execute } from "../contract/execution.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { McpServerSpec, McpTool } from "../contract/mcp.ts";
import { mcpPrefix, mcpToolName, mcpWord } from "../contract/mcp-names.ts";
import type { PluginSource, Registry } from "../registry.ts";
import type { Mcp } from "./mcp.ts";
import { outcomeOf } from "./outcome.ts";
import { createToolMemory } from "./tool-memory.ts";

const mostDescription = 4_096;

export interface Sources {
  /** In place of what the server offered before. What was left out or changed, a sentence each. */
  put(spec: McpServerSpec, tools: readonly McpTool[]): string[];
  remove(server: string): void;
}

export function createSources({ registry, request }: { registry: Registry; request: Mcp["request"] }): Sources {
  const memory = createToolMemory();
  return {
    put(spec, given) {
      const owner = ownerOf(spec.name);
      const holderOf = (name: string): string | undefined => {
        const holder = registry.findTool(name);
        if (holder === undefined || holder.plugin === owner) return undefined;
        const { mcp, plugin } = holder;
        return mcp === undefined ? `the plugin ${plugin}` : `the tool ${mcp.tool} of the server ${mcp.server}`;
      };
      try {
        const known = given.map((tool) => memory.tightened(spec.name, tool));
        const { tools, problems } = offered(
          spec,
          known.map(({ tool }) => tool),
          holderOf,
        );
        registry.replace(sourceOf(spec, tools, request));
        return [...known.flatMap(({ news }) => news), ...problems];
      } catch (error) {
        registry.remove(owner);
        return [`Its tools are left out: ${messageOf(error)}.`];
      }
    },
    remove: (server) => registry.remove(ownerOf(server)),
  };
}

function ownerOf(server: string): string {
  return `mcp:${server}`;
}

interface Offered {
  tools: Map<string, { manifest: ToolManifest; tool: McpTool }>;
  problems: string[];
}

function offered(spec: McpServerSpec, given: readonly McpTool[], holderOf: (name: string) => string | undefined): Offered {
  const tools: Offered["tools"] = new Map();
  const problems = cutPrefix(spec.name);
  for (const tool of given) {
    const { name, shortened } = mcpToolName(spec.name, tool.name);
    const holder = holderOf(name) ?? (tools.has(name) ? `its tool ${tools.get(name)?.tool.name}` : undefined);
    if (holder !== undefined) problems.push(`The tool ${tool.name} is left out: ${holder} has the name ${name} already.`);
    else {
      if (shortened) problems.push(`The tool ${tool.name} is offered as ${name}, for names have at most 64 letters.`);
      tools.set(name, { manifest: manifestOf(name, tool, spec), tool });
    }
  }
  return { tools, problems };
}

/** Rules know both names; a hook's matcher and a --tools list see the tool's own. */
function cutPrefix(server: string): string[] {
  const [whole, own] = [`mcp__${mcpWord(server)}__`, mcpPrefix(server)];
  return whole === own ? [] : [`Its tools are named ${own}…, for names have at most 64 letters; matchers of hooks see these.`];
}

function manifestOf(name: string, tool: McpTool, spec: McpServerSpec): ToolManifest {
  const { title, description, inputSchema } = tool;
  const isNews = title !== undefined && title !== "" && title !== tool.name && !description.startsWith(title);
  const whole = isNews ? `${title}${description === "" ? "" : `: ${description}`}` : description;
  return {
    name,
    description: whole.length > mostDescription ? `${whole.slice(0, mostDescription - 1)}…` : whole,
    inputSchema,
    effect: effectOf(tool),
    timeoutMs: spec.callTimeoutMs,
  };
}

/** A server's word, believed only where it restrains itself to reading what is its own. */
function effectOf({ annotations }: McpTool): ToolManifest["effect"] {
  const { readOnlyHint, destructiveHint, openWorldHint } = annotations;
  return readOnlyHint === true && destructiveHint !== true && openWorldHint !== true ? "reads" : "runs";
}

function sourceOf(spec: McpServerSpec, tools: Offered["tools"], request: Mcp["request"]): PluginSource {
  const { name: server, alwaysLoad } = spec;
  const name = ownerOf(server);
  const description = `Tools of the MCP server ${server}.`;
  const contributes = { tools: [...tools.values()].map(({ manifest }) => manifest), commands: [], taps: [], providers: [] };
  const nameOf = (manifest: ToolManifest): string => tools.get(manifest.name)?.tool.name ?? manifest.name;
  return {
    manifest: { name, version: "0.0.0", description, permissions: {}, contributes },
    isCommunity: true,
    load: async () => ({ name, description }),
    mcpOf: (manifest) => ({
      ...{ server, tool: nameOf(manifest), isAlwaysLoaded: alwaysLoad },
      annotations: tools.get(manifest.name)?.tool.annotations ?? {},
    }),
    execute: (manifest) => executeOf(server, nameOf(manifest), request),
  };
}

function executeOf(server: string, tool: string, request: Mcp["request"]): Execute {
  return async ({ input, signal, sessionId, onProgress, timeoutMs }) => {
    const options = { signal, sessionId, onProgress, ...(timeoutMs === "own" ? {} : { timeoutMs }) };
    return outcomeOf(server, await request(server, "callTool", { name: tool, arguments: input }, options));
  };
}
