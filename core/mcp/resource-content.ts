/** What servers answer becomes what a model reads: texts within bounds, images it can see, a line for all else. */
import type { McpContent, McpContents } from "../contract/mcp.ts";
import type { ImageBlock, ResultContent } from "../contract/messages.ts";

const seenImages = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const mostImageBytes = 5 * 1024 * 1024;

/** The contents of a resource; all texts together hold at most `maxBytes`. */
export function contentsBlocks(contents: readonly McpContents[], maxBytes: number): ResultContent[] {
  let left = maxBytes;
  return contents.map((each): ResultContent => {
    if (each.text === undefined) return blobBlock(each);
    const text = cutBytes(each.text, left);
    left = Math.max(0, left - Buffer.byteLength(text));
    return { type: "text", text };
  });
}

/** One part of a prompt's message. */
export function contentBlock(content: McpContent, maxBytes: number): ResultContent {
  switch (content.type) {
    case "text":
      return { type: "text", text: cutBytes(content.text, maxBytes) };
    case "image":
    case "audio":
      return (content.type === "image" ? imageOf(content) : undefined) ?? described(content.type, content);
    case "resource": {
      const [block] = contentsBlocks([content.resource], maxBytes);
      if (block?.type !== "text") return block ?? described("resource", { data: "", ...content.resource });
      return { type: "text", text: `Resource ${content.resource.uri}:\n${block.text}` };
    }
    case "resource_link":
      return { type: "text", text: `Resource ${content.uri} (${content.title ?? content.name})` };
  }
}

/** `bytes`: of what the thread has left out. */
interface Binary {
  data: string;
  mimeType?: string;
  bytes?: number;
}

function blobBlock({ uri, blob = "", ...about }: McpContents): ResultContent {
  const binary = { data: blob, ...about };
  return imageOf(binary) ?? described(`resource ${uri}`, binary);
}

function imageOf({ data, mimeType = "", bytes }: Binary): ImageBlock | undefined {
  const isSeen = bytes === undefined && seenImages.has(mimeType) && bytesOf(data) <= mostImageBytes;
  return isSeen ? { type: "image", mediaType: mimeType, data } : undefined;
}

function described(what: string, { data, mimeType = "", bytes = bytesOf(data) }: Binary): ResultContent {
  const why = seenImages.has(mimeType) ? ": the images of one result may have 5 MiB in all" : "";
  return { type: "text", text: `[${what}: ${mimeType || "binary"}, ${bytes} bytes, not shown${why}]` };
}

function bytesOf(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.floor(((base64.length - padding) * 3) / 4);
}

/** The cut is marked, and never inside a character. */
export function cutBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  const kept = Buffer.from(text)
    .subarray(0, maxBytes)
    .toString()
    .replace(/\ufffd+$/, "");
  return `${kept}\n[cut: ${bytes} bytes in all, the first ${Buffer.byteLength(kept)} are shown]`;
}
