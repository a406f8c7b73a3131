/** What each request to a server is called in the protocol: so it is named to people. */
import type { McpMethod } from "../../../core/contract/mcp.ts";

export const protocolNames: Readonly<Record<McpMethod, string>> = {
  callTool: "tools/call",
  readResource: "resources/read",
  subscribe: "resources/subscribe",
  unsubscribe: "resources/unsubscribe",
  getPrompt: "prompts/get",
  complete: "completion/complete",
  login: "login",
  logout: "logout",
};
