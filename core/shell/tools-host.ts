/** host.tools: the tools of this build, and those of MCP servers by name, whose server is then started to look. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { GantryError } from "../contract/errors.ts";
import type { ToolsHost } from "../contract/host.ts";
import { didYouMean } from "../contract/nearest.ts";
import { callTool } from "./call-tool.ts";
import type { HostOptions } from "./host-options.ts";

interface Parts {
  loaded(): Promise<LoadedConfig>;
  problems: ToolsHost["problems"];
}

export function createToolsHost(options: HostOptions, { loaded, problems }: Parts): ToolsHost {
  const { io } = options;
  const builtin = io.inForce().flatMap(({ name, contributes }) => contributes.tools.map((tool) => ({ ...tool, plugin: name })));
  const list: ToolsHost["list"] = async () => [...builtin, ...(await broughtByServers(io, await loaded()))];
  return {
    list,
    problems,
    async servers() {
      const { servers, waiting, disabled } = (await loaded()).mcp;
      return {
        usable: servers.map(({ name }) => name),
        waiting: waiting.map(({ name }) => name),
        disabled: disabled.map(({ name }) => name),
      };
    },
    async find(name) {
      const own = builtin.find((each) => each.name === name) ?? (await ofServer(name, { options, loaded }));
      if (own) return own;
      const tools = await list();
      const tool = tools.find((each) => each.name === name);
      if (tool) return tool;
      const names = tools.map((each) => each.name);
      throw new GantryError(
        "TOOL_UNKNOWN",
        `There is no tool ${name}.${didYouMean(name, names)} There are ${names.join(", ")}.`,
      );
    },
    async call(name, input) {
      return await callTool(name, input, options);
    },
  };
}

/** What is offered where a server may be used: finding tools of servers, and their resources. Starts none. */
async function broughtByServers({ inForce }: HostOptions["io"], { mcp }: LoadedConfig) {
  if (mcp.servers.length === 0 || inForce().every(({ name }) => name !== "mcp")) return [];
  const { ownPlugin, ownTools } = await import("../mcp/own-tools.ts");
  return ownTools(mcp.servers.map(({ name }) => name)).map((tool) => ({ ...tool, plugin: ownPlugin }));
}

/** Undefined for a name that is none of a server's tools. Starts the server. MCP_*, TOOL_UNKNOWN. */
async function ofServer(name: string, { options, loaded }: { options: HostOptions; loaded: Parts["loaded"] }) {
  if (!name.startsWith("mcp__")) return undefined;
  const { findServerTool } = await import("./mcp-tool.ts");
  return await findServerTool(name, await loaded(), options);
}
