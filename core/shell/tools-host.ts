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
  const tools = io.inForce().flatMap(({ name, contributes }) => contributes.tools.map((tool) => ({ ...tool, plugin: name })));
  const names = tools.map((each) => each.name);
  return {
    list: async () => tools,
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
      const tool = tools.find((each) => each.name === name) ?? (await ofServer(name, { options, loaded }));
      if (tool) return tool;
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

/** Undefined for a name that is none of a server's tools. Starts the server. MCP_*, TOOL_UNKNOWN. */
async function ofServer(name: string, { options, loaded }: { options: HostOptions; loaded: Parts["loaded"] }) {
  if (!name.startsWith("mcp__")) return undefined;
  const { findServerTool } = await import("./mcp-tool.ts");
  return await findServerTool(name, await loaded(), options);
}
