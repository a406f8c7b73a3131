/** One tool of an MCP server by its whole name: its server is started to look, and ended. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { trustRequired } from "../../config/usable.ts";
import { GantryError } from "../contract/errors.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { didYouMean } from "../contract/nearest.ts";
import { serverOf } from "../mcp/server-words.ts";
import { unknownServer, usableServer } from "../mcp/usable-server.ts";
import type { HostOptions } from "./host-options.ts";
import { leftOut, openServers } from "./mcp-open.ts";

/** MCP_* where its server cannot be used, TOOL_UNKNOWN where the server has no such tool, TRUST_REQUIRED. */
export async function findServerTool(
  name: string,
  config: LoadedConfig,
  { io, signal }: Pick<HostOptions, "io" | "signal">,
): Promise<ToolManifest & { plugin: string }> {
  const { mcp, trust } = config;
  const server = serverOf(name, mcp.servers);
  if (server === undefined) {
    if (serverOf(name, mcp.waiting) !== undefined) throw trustRequired(trust);
    const [, wanted = name] = /^mcp__(.+?)(?:__.*)?$/s.exec(name) ?? [];
    const names = new Set([...mcp.servers, ...mcp.disabled].map((each) => each.name));
    throw leftOut(wanted, config) ?? unknownServer(wanted, [...names]);
  }
  const open = openServers(config, io);
  try {
    await usableServer(server.name, open.mcp, signal);
    const tool = open.registry.findTool(name);
    if (tool !== undefined) return open.clean(manifestOf(tool));
    const names = open.registry.tools().flatMap((each) => (each.mcp === undefined ? [] : [each.name]));
    const offered = names.length === 0 ? "It offers none." : `It offers ${names.slice(0, 40).join(", ")}.`;
    throw new GantryError(
      "TOOL_UNKNOWN",
      `the MCP server ${server.name} has no tool ${name}.${didYouMean(name, names)} ${offered}`,
    );
  } finally {
    await open.close();
  }
}

function manifestOf({
  execute: _execute,
  mcp: _mcp,
  ...manifest
}: ToolManifest & { plugin: string; execute?: unknown; mcp?: unknown }) {
  return manifest;
}
