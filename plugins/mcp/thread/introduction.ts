/** Who a server says it is, and what of its messages could not be used. */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { McpServerFacts } from "../../../core/contract/mcp.ts";
import { cleanLine, cleanText } from "./clean-text.ts";
import type { Problems } from "./problems.ts";

export type Introduction = Pick<McpServerFacts, "server" | "protocolVersion" | "instructions" | "capabilities">;

export function introduce(client: Client, protocolVersion: string | undefined): Introduction {
  const { name = "", version = "", title } = client.getServerVersion() ?? {};
  const instructions = client.getInstructions();
  return {
    server: {
      name: cleanLine(name, 200),
      version: cleanLine(version, 100),
      ...(title === undefined ? {} : { title: cleanLine(title, 200) }),
    },
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    ...(instructions === undefined ? {} : { instructions: cleanText(instructions, 2000) }),
    capabilities: capabilityNames(client),
  };
}

function capabilityNames(client: Client): string[] {
  const { tools, prompts, resources, logging, completions } = client.getServerCapabilities() ?? {};
  const all = { tools, prompts, resources, "resources.subscribe": resources?.subscribe || undefined, logging, completions };
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

/** Answers and notifications that nobody can use: counted, in one problem each. */
export function countErrors(client: Client, problems: Problems): void {
  let unknownIds = 0;
  let unread = 0;
  client.onerror = (error) => {
    const { message } = error;
    if (message.startsWith("Received a response for an unknown message ID")) {
      problems.add(`It sent ${++unknownIds} answers to nothing that was asked.`, "unknown ids");
    } else if (message.startsWith("Uncaught error in notification handler")) {
      problems.add(`It sent ${++unread} notifications that cannot be read.`, "notifications");
    }
  };
}
