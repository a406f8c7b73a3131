/** A tool's result as it crosses. A large structure crosses as text: objects by the hundred thousand would hold up the core. */
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { McpContent } from "../../../core/contract/mcp.ts";
import type { ReplyOf } from "../../../core/contract/mcp-frames.ts";
import type { JsonObject } from "../../../core/contract/messages.ts";
import { createAllowance, withinParts } from "./allowance.ts";
import { contentOf } from "./contents.ts";

/** Of what is kept as a structure, in the log too. */
const maxDataChars = 256 * 1024;
/** Indenting multiplies: by the levels of what is indented. */
const maxIndentedChars = 16 * 1024;
const lineChars = 100;

/** Where the server gives its structure no words, its JSON is the text. */
export function toolResultOf(
  content: CallToolResult["content"],
  value: JsonObject | undefined,
): Omit<ReplyOf<"callTool">, "isError"> {
  const allowance = createAllowance();
  const parts = withinParts<(typeof content)[number], McpContent>(content, (block) => contentOf(block, allowance), textPart);
  if (value === undefined) return { content: parts };
  const json = JSON.stringify(value);
  const isShown = !parts.some(({ type }) => type === "text");
  if (isShown)
    parts.push(textPart(allowance.text(json.length > maxIndentedChars ? inLines(json) : JSON.stringify(value, undefined, 1))));
  if (json.length <= maxDataChars) return { content: parts, structuredContent: value };
  const as = isShown ? "is kept as text alone" : "is left out";
  parts.push(
    textPart(`[structured content of ${json.length} characters ${as}: at most ${maxDataChars} are kept as a structure]`),
  );
  return { content: parts };
}

function textPart(text: string): McpContent {
  return { type: "text", text };
}

/** The same JSON, broken after commas that are no text's: whoever reads a file by lines can read it. */
function inLines(json: string): string {
  const lines: string[] = [];
  let from = 0;
  let isInText = false;
  for (let at = 0; at < json.length; at++) {
    const letter = json[at];
    if (letter === "\\") at++;
    else if (letter === '"') isInText = !isInText;
    else if (letter === "," && !isInText && at - from >= lineChars) {
      lines.push(json.slice(from, at + 1));
      from = at + 1;
    }
  }
  return [...lines, json.slice(from)].join("\n");
}
