/** `/mcp__server__prompt arguments…` as the whole input: the server's prompt, filled in, is what the model is given. */
import { GantryError } from "../contract/errors.ts";
import type { McpPrompt } from "../contract/mcp.ts";
import type { ReplyOf } from "../contract/mcp-frames.ts";
import { mcpFullName } from "../contract/mcp-names.ts";
import type { InputContent, ResultContent } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import { type Filling, writtenIn } from "./filling.ts";
import { fillArguments, promptUsage } from "./prompts-arguments.ts";
import { contentBlock } from "./resource-content.ts";
import { serverOf } from "./server-words.ts";
import { unknownServer, usableServer } from "./usable-server.ts";

const mostBytes = 1024 * 1024;

/** MCP_SERVER_UNKNOWN, USAGE_INVALID, and what the server failed with. The content as it is when the signal is aborted. */
export async function promptInput(content: InputContent[], filling: Filling): Promise<InputContent[]> {
  const [first, ...others] = content;
  if (first?.type !== "text") return content;
  const { mcp, signal, sessionId, redact } = filling;
  const line = writtenIn(first.text);
  const [, name = "", rest = ""] = /^\/(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
  const specs = mcp?.facts() ?? [];
  const server = serverOf(name, specs);
  if (mcp === undefined || server === undefined) throw noServer(name, specs);
  try {
    await usableServer(server.name, mcp, signal);
    const prompts = mcp.catalog(server.name)?.prompts ?? [];
    const prompt = prompts.find((each) => promptName(server.name, each) === name);
    if (prompt === undefined) throw noPrompt(name, server.name, prompts);
    const given = { name: prompt.name, arguments: fillArguments(rest, prompt, `/${name}`) };
    const reply = await mcp.request(server.name, "getPrompt", given, { signal, sessionId });
    const piped = first.text.slice(line.length).trim();
    return [...redact(inputOf(reply)), ...(piped === "" ? [] : [{ type: "text" as const, text: piped }]), ...others];
  } catch (error) {
    if (signal.aborted) return content;
    throw error;
  }
}

/** As it is typed, without the slash. */
export function promptName(server: string, { name }: Pick<McpPrompt, "name">): string {
  return mcpFullName({ server, tool: name });
}

/** Neighbouring texts of one speaker stand apart; what the assistant is to have said is marked as its. */
function inputOf({ messages }: ReplyOf<"getPrompt">): ResultContent[] {
  let left = mostBytes;
  return messages.map(({ role, content }): ResultContent => {
    const block = contentBlock(content, left);
    if (block.type !== "text") return block;
    left = Math.max(0, left - Buffer.byteLength(block.text));
    return role === "assistant" ? { type: "text", text: `[assistant]\n${block.text}` } : block;
  });
}

function noServer(name: string, servers: readonly { name: string }[]): GantryError {
  const wanted = /^mcp__(.+?)__/.exec(name)?.[1] ?? name;
  return unknownServer(
    wanted,
    servers.map((server) => server.name),
  );
}

function noPrompt(name: string, server: string, prompts: readonly McpPrompt[]): GantryError {
  const names = prompts.map((prompt) => `/${promptName(server, prompt)}`);
  const known =
    prompts.length === 0
      ? "It has none."
      : `It has ${prompts
          .slice(0, 20)
          .map((each) => promptUsage(each, `/${promptName(server, each)}`))
          .join(", ")}.`;
  return new GantryError(
    "USAGE_INVALID",
    `the MCP server ${server} has no prompt /${name}.${didYouMean(`/${name}`, names)} ${known}`,
  );
}
