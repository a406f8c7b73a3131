/**
 * Which tools a request offers. Those of MCP servers are sent as they are while they are few; when their definitions need more
 * than their share of the model's window, only those that were searched for or called are, in that order, for the session's rest.
 */
import type { RegisteredTool } from "../registry.ts";
import { ownPlugin } from "./own-tools.ts";

export interface Deferral {
  /** Whether tools are held back. Once they are, they stay so: a request must not lose what the last one offered. */
  readonly isOn: boolean;
  offer(tools: readonly RegisteredTool[], options: OfferOptions): readonly RegisteredTool[];
}

export interface OfferOptions {
  /** For the definitions of all servers' tools that may be deferred, and of ToolSearch and its like. */
  maxTokens: number;
  /** In the order in which they were loaded. */
  loaded: readonly string[];
  /** Whether a server has resources, and tells of their changes. */
  resources: { areThere: boolean; areWatchable: boolean };
}

/** `wasOn`: the session has loaded tools in an earlier process. */
export function createDeferral({ wasOn }: { wasOn: boolean }): Deferral {
  let isOn = wasOn;
  return {
    get isOn() {
      return isOn;
    },
    offer(tools, { maxTokens, loaded, resources }) {
      const own = tools.filter((tool) => isOwn(tool) && isUseful(tool.name, resources));
      const others = tools.filter((tool) => !isOwn(tool) && tool.mcp === undefined);
      const always = tools.filter((tool) => tool.mcp?.isAlwaysLoaded === true);
      const deferrable = tools.filter((tool) => tool.mcp !== undefined && !tool.mcp.isAlwaysLoaded);
      // Without ToolSearch, which a rule or --tools has taken away, nobody could find what is held back.
      const canSearch = own.some((tool) => tool.name === "ToolSearch");
      isOn ||= canSearch && tokensOf([...own, ...deferrable]) > maxTokens;
      const sent = isOn && canSearch ? loadedOf(deferrable, loaded) : deferrable;
      return [...others, ...own, ...always, ...sent];
    },
  };
}

function isOwn({ plugin, mcp }: RegisteredTool): boolean {
  return plugin === ownPlugin && mcp === undefined;
}

function isUseful(name: string, { areThere, areWatchable }: OfferOptions["resources"]): boolean {
  if (name === "ListMcpResources" || name === "ReadMcpResource") return areThere;
  return name !== "SubscribeMcpResource" || areWatchable;
}

function loadedOf(tools: readonly RegisteredTool[], loaded: readonly string[]): RegisteredTool[] {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  return loaded.flatMap((name) => byName.get(name) ?? []);
}

const charactersPerToken = 3.5;
const sizes = new WeakMap<RegisteredTool, number>();

function tokensOf(tools: readonly RegisteredTool[]): number {
  return tools.reduce((sum, tool) => sum + sizeOf(tool), 0) / charactersPerToken;
}

/** Characters of the definition as it is sent. */
function sizeOf(tool: RegisteredTool): number {
  const known = sizes.get(tool);
  if (known !== undefined) return known;
  const { name, description, inputSchema } = tool;
  const size = JSON.stringify({ name, description, inputSchema }).length;
  sizes.set(tool, size);
  return size;
}
