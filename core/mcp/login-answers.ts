/** What a login that the user asked for needs of the user: an address opened or shown, and a code to paste. */
import { GantryError } from "../contract/errors.ts";
import type { McpAskKind, McpAsks } from "../contract/mcp.ts";
import type { McpSession } from "./mcp.ts";

export interface LoginParts {
  id: string;
  /** A text for the user, at once. */
  say(text: string): Promise<void>;
  /** The next line typed or piped; undefined when there is none. */
  nextLine(options: { signal: AbortSignal }): Promise<string | undefined>;
  open(url: string): Promise<boolean>;
}

/** For as long as the login runs. MCP_LOGIN_FAILED for an address that no browser should be sent to; all other asks are refused. */
export function createLoginAnswers({ id, say, nextLine, open }: LoginParts): McpSession {
  const openUrl = async ({ url }: McpAsks["openUrl"]["params"]): Promise<McpAsks["openUrl"]["reply"]> => {
    const href = webAddress(url);
    await say(`To log in, go to\n${href}\n`);
    return { opened: await open(href) };
  };
  const pasteCode = async (
    { url }: McpAsks["pasteCode"]["params"],
    signal: AbortSignal,
  ): Promise<McpAsks["pasteCode"]["reply"]> => {
    await say(`To log in, go to\n${webAddress(url)}\nThen paste the code, or the whole address that the browser ended at: `);
    const line = await nextLine({ signal });
    if (line === undefined || line.trim() === "") throw new GantryError("MCP_LOGIN_FAILED", "no code was given");
    return { text: line.trim() };
  };
  return {
    id,
    async answer<K extends McpAskKind>(kind: K, params: McpAsks[K]["params"], { signal }: { signal: AbortSignal }) {
      if (kind === "openUrl") return (await openUrl(params as McpAsks["openUrl"]["params"])) as McpAsks[K]["reply"];
      if (kind === "pasteCode")
        return (await pasteCode(params as McpAsks["pasteCode"]["params"], signal)) as McpAsks[K]["reply"];
      throw new GantryError("MCP_LOGIN_FAILED", "only a login is under way: nothing else is asked of the user");
    },
  };
}

function webAddress(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new GantryError("MCP_LOGIN_FAILED", "the address to log in at is not http or https, so it is not opened");
  return parsed.href;
}
