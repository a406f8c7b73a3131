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
      return imageOf(content.data, content.mimeType) ?? described("image", content.data, content.mimeType);
    case "audio":
      return described("audio", content.data, content.mimeType);
    case "resource": {
      const [block] = contentsBlocks([content.resource], maxBytes);
      if (block?.type !== "text") return block ?? described("resource", "", content.resource.mimeType);
      return { type: "text", text: `Resource ${content.resource.uri}:\n${block.text}` };
    }
    case "resource_link":
      return { type: "text", text: `Resource ${content.uri} (${content.title ?? content.name})` };
  }
}

function blobBlock({ uri, mimeType = "", blob = "" }: McpContents): ResultContent {
  return imageOf(blob, mimeType) ?? described(`resource ${uri}`, blob, mimeType);
}

function imageOf(data: string, mediaType: string): ImageBlock | undefined {
  const isSeen = seenImages.has(mediaType) && bytesOf(data) <= mostImageBytes;
  return isSeen ? { type: "image", mediaType, data } : undefined;
}

function described(what: string, data: string, mimeType = ""): ResultContent {
  return { type: "text", text: `[${what}: ${mimeType || "binary"}, ${bytesOf(data)} bytes, not shown]` };
}

function bytesOf(base64: string): number {
  return Math.floor((base64.length * 3) / 4);
}

/** The cut is marked, and never inside a character. */
export function cutBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  const kept = Buffer.from(text)
    .subarray(0, maxBytes)
    .toString()
    .replace(/\ufffd+$/, "");
  return `${kept}\n[cut: ${bytes} bytes in all, the first ${Buffer.byteLength(kept)} are shown]`;
}
