/** An address that a server wants opened: shown whole, and opened only after a yes. */
import type { McpAsks } from "../contract/mcp.ts";
import type { About, McpSessionParts } from "./answers.ts";
import { elicit } from "./elicit.ts";

const longestUrl = 4_096;

export async function answerUrl(
  { message, url, elicitationId, problem }: McpAsks["elicitUrl"]["params"],
  about: About,
  parts: McpSessionParts,
): Promise<McpAsks["elicitUrl"]["reply"]> {
  const address = problem === undefined ? readAddress(url) : { problem };
  const { server } = about;
  const { action } = await elicit(
    {
      facts: { sessionId: parts.sessionId, server, mode: "url", message, url, elicitationId },
      ...("problem" in address ? { problem: address.problem } : { host: address.host }),
      misfit: (content) => (content === undefined ? undefined : "an address takes no content"),
      async ask(asker, options) {
        if ("problem" in address) return { action: "decline" };
        const said = await asker.url({ server, message, url: address.href, host: address.host }, options);
        if (said === "accept" && !(await parts.open(address.href)))
          await asker.tell(`Nothing here can open it: open it yourself, ${address.href}`);
        return { action: said };
      },
    },
    about,
    parts,
  );
  return { action };
}

/** In the letters that a browser would go to: what looks like another host does not here. */
function readAddress(url: string): { href: string; host: string } | { problem: string } {
  if (url.length > longestUrl) return { problem: `the address has ${url.length} characters; at most ${longestUrl} are shown` };
  const parsed = URL.parse(url);
  if (parsed === null) return { problem: "what it wants opened is no address" };
  const { protocol, username, password, href, host } = parsed;
  if (protocol !== "http:" && protocol !== "https:")
    return { problem: `only http and https are opened, not ${protocol.slice(0, 40)}` };
  if (username !== "" || password !== "") return { problem: "the address has a user's name before its host" };
  return { href, host };
}
