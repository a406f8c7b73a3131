/**
 * `@server:uri` in what the user writes: the resource's content is put behind the input. Only a configured server's name before
 * the colon, and what reads as a URI behind it, is a mention; of what a pipe brought nothing is.
 */
import { messageOf } from "../contract/errors.ts";
import type { InputContent, ResultContent, TextBlock } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import { type Filling, writtenIn } from "./filling.ts";
import type { Mcp } from "./mcp.ts";
import { contentsBlocks } from "./resource-content.ts";
import { isPromptCall } from "./server-words.ts";
import { usableServer } from "./usable-server.ts";

interface Mention {
  server: string;
  uri: string;
}

const mostMentions = 8;
const mostBytes = 256 * 1024;
const mostReadMs = 30_000;

/** The input with what it mentions. Prompts: MCP_SERVER_UNKNOWN, USAGE_INVALID, and what the server failed with. */
export async function fillInput(content: InputContent[], filling: Filling): Promise<InputContent[]> {
  if (isPromptCall(content)) return await (await import("./prompts.ts")).promptInput(content, filling);
  const { mcp, signal, note, redact } = filling;
  if (mcp === undefined) return content;
  const texts = content.flatMap((block) => (block.type === "text" ? [writtenIn(block.text)] : []));
  const found = findMentions(texts.join("\n"), mcp);
  if (found.length === 0) return content;
  if (found.length > mostMentions) note(`${found.length} resources are mentioned; the first ${mostMentions} are attached`);
  const attached = await Promise.all(found.slice(0, mostMentions).map((mention) => attach(mention, mcp, filling)));
  return signal.aborted ? content : [...content, ...redact(attached.flat())];
}

/** Each once, in order. */
export function findMentions(text: string, mcp: Pick<Mcp, "facts" | "catalog">): Mention[] {
  const names = mcp.facts().map(({ name }) => name);
  if (names.length === 0 || !text.includes("@")) return [];
  const longestFirst = names.toSorted((a, b) => b.length - a.length).map((name) => name.replaceAll(/[^\w]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\w@./:+-])@(${longestFirst.join("|")}):(\\S+)`, "g");
  const found = new Map<string, Mention>();
  for (const [, server = "", rest = ""] of text.matchAll(pattern)) {
    const uri = uriIn(rest, mcp.catalog(server)?.resources.map((resource) => resource.uri) ?? []);
    if (uri !== undefined) found.set(`${server} ${uri}`, { server, uri });
  }
  return [...found.values()];
}

/** Marks at a sentence's end are none of it. */
function uriIn(text: string, known: readonly string[]): string | undefined {
  if (known.includes(text)) return text;
  const bare = text.replace(/[.,;:!?)\]}'"`>»]+$/, "");
  return known.includes(bare) || /^[a-zA-Z][\w+.-]*:\S/.test(bare) ? bare : undefined;
}

/** What cannot be read is told to the user and to the model; the input goes on. */
async function attach({ server, uri }: Mention, mcp: Mcp, filling: Filling): Promise<ResultContent[]> {
  const { signal, sessionId, note } = filling;
  const head = `<mcp-resource server="${attribute(server)}" uri="${attribute(uri)}">`;
  try {
    await usableServer(server, mcp, signal);
    const { contents } = await mcp.request(server, "readResource", { uri }, { signal, sessionId, timeoutMs: mostReadMs });
    const blocks = contentsBlocks(contents, mostBytes);
    return [
      text(head),
      ...blocks.map((block) => (block.type === "text" ? text(inside(block.text)) : block)),
      text("</mcp-resource>"),
    ];
  } catch (error) {
    if (signal.aborted) return [];
    const known = mcp.catalog(server)?.resources.map((resource) => resource.uri) ?? [];
    const near = known.includes(uri) ? "" : didYouMean(uri, known);
    const why = `${messageOf(error)}${near}`;
    note(`@${server}:${uri} is not attached: ${why}`);
    return [text(`${head}\nIt could not be read: ${inside(why)}\n</mcp-resource>`)];
  }
}

function text(given: string): TextBlock {
  return { type: "text", text: given };
}

/** It cannot end its own frame. */
function inside(given: string): string {
  return given.replaceAll(/<(?=\/mcp-)/gi, "&lt;");
}

function attribute(given: string): string {
  return given.replaceAll(/["<>&]|\p{Cc}/gu, "_");
}
