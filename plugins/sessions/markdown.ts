/** A conversation as Markdown that reads well in any viewer: answers as they are, calls and results in fences. */
import type { SessionSummary } from "gantry/plugin";
import type { Conversation, Told, ToldCall } from "./conversation.ts";
import { duration, printable, shorten, tokensLine } from "./text.ts";

export function writeMarkdown(summary: SessionSummary, { parts, usage, costUsd }: Conversation): string {
  const { id, title, project, model, createdAt, updatedAt, turns } = summary;
  const facts = [
    `- session: \`${id}\``,
    `- project: \`${project}\``,
    `- model: \`${model}\``,
    `- begun ${createdAt}, changed ${updatedAt}`,
    `- turns: ${turns}; tokens: ${tokensLine(usage)}${costUsd === undefined ? "" : `; cost: $${costUsd.toFixed(4)}`}`,
  ];
  return [`# ${escapeHeading(title) || id}`, facts.join("\n"), ...parts.map(section)].join("\n\n");
}

function section(part: Told): string {
  switch (part.kind) {
    case "input":
      return `## User\n\n${quote(printable(part.text))}`;
    case "answer":
      return `## Assistant\n\n${printable(part.text)}`;
    case "thinking":
      return `<details><summary>Thinking</summary>\n\n${fence(printable(part.text), "text")}\n\n</details>`;
    case "note":
      return `*${printable(part.text).replace(/\n/g, " ")}*`;
    case "call":
      return callSection(part);
  }
}

function callSection(call: ToldCall): string {
  const outcome = call.code === undefined ? call.outcome : `${call.outcome}, ${call.code}`;
  const parts = [
    `### ${escapeHeading(call.name)}: ${outcome} (${duration(call.durationMs)})`,
    fence(JSON.stringify(call.input, undefined, 2), "json"),
  ];
  if (call.diff !== undefined) parts.push(fence(printable(call.diff), "diff"));
  else if (call.text !== "") parts.push(fence(printable(call.text), "text"));
  return parts.join("\n\n");
}

/** A fence longer than any in the text. */
function fence(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const marks = "`".repeat(longest + 1);
  return `${marks}${language}\n${text.trimEnd()}\n${marks}`;
}

function quote(text: string): string {
  return text.replace(/^/gm, "> ");
}

function escapeHeading(text: string): string {
  return shorten(text, 120).replace(/[\\`*_[\]<>#]/g, "\\$&");
}
