/** host.mcp: MCP servers as the product's own commands configure, start and call them. Types only; core/shell/mcp-host.ts is the other side. */
import type { ConfigProblem, ConfigSource } from "./host.ts";
import type { McpCatalog, McpServerFacts } from "./mcp.ts";
import type { JsonObject } from "./messages.ts";
import type { ToolEffect } from "./plugin.ts";

/** One configured server; `idle` where nothing was started to look. */
export interface McpListed extends McpServerFacts {
  layer: ConfigSource["layer"];
  /** `file:line`, a variable, or a flag. */
  source: string;
  required: boolean;
}

/** A tool of a server as models are offered it. */
export interface McpOffered {
  /** `mcp__server__tool`. */
  calledAs: string;
  name: string;
  effect: ToolEffect;
  description: string;
  inputSchema: JsonObject;
}

export interface ToolEnd {
  isError: boolean;
  code?: string;
  text: string;
  data?: JsonObject;
  durationMs: number;
}

export type ConfigFileLayer = "user" | "project" | "local";

/** Servers that wait for trust are listed, and never started. */
export interface McpHost {
  /** `check`: every usable server is started for real, all at once, each within its own bound, and ended. */
  list(options: { check: boolean }): Promise<{ servers: McpListed[]; problems: ConfigProblem[] }>;
  /** Starts one. MCP_SERVER_UNKNOWN names the nearest; TRUST_REQUIRED. One that failed is handed back as it is. */
  inspect(name: string): Promise<{ server: McpListed; catalog: McpCatalog; tools: McpOffered[] }>;
  /** One call through the dispatcher, by the tool's own name. MCP_SERVER_UNKNOWN, TRUST_REQUIRED, CONFIG_*. */
  call(server: string, tool: string, input: JsonObject): Promise<ToolEnd & { calledAs: string }>;
  /** By the user's browser; with `paste` by a code that is typed or piped. MCP_LOGIN_FAILED. */
  login(name: string, options: { paste: boolean }): Promise<void>;
  /** Whether there was something to forget. */
  logout(name: string): Promise<boolean>;
  /** CONFIG_INVALID for an entry that could not be used, and for a name that is taken, with its place. Where it is written. */
  add(name: string, entry: JsonObject, layer: ConfigFileLayer): Promise<{ source: string; warnings: string[] }>;
  /** From the one layer that has it, or from the one named. The file. */
  remove(name: string, layer: ConfigFileLayer | undefined): Promise<{ file: string; layer: ConfigFileLayer }>;
}
