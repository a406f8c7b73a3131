import type { SessionSummary } from "gantry/plugin";
import { defineCommand } from "gantry/plugin";
import { type Conversation, type Told, type ToldCall, tellConversation } from "./conversation.ts";
import { warnOfProblems } from "./problems.ts";
import { ago, counted, duration, printable, shorten, toJson, tokensLine } from "./text.ts";

export const showSession = defineCommand({
  id: "sessions show",
  summary: "Show one session: what was asked, done and answered.",
  args: [{ name: "id", summary: "The session's id, the beginning of it, or last.", required: true }],
  examples: ["gantry sessions show last", "gantry sessions show 20261122T1015 --json"],
  run: async ({ args }, ctx) => {
    const { summary, events, problems } = await ctx.host.sessions.read(args["id"] ?? "");
    warnOfProblems(summary.id, problems, ctx);
    const conversation = tellConversation(events);
    const { usage, costUsd } = conversation;
    const text = [...heading(summary, conversation), "", ...conversation.parts.map(line)].join("\n");
    return { data: toJson({ summary, usage, costUsd: costUsd ?? null, problems, events }), text };
  },
});

function heading(summary: SessionSummary, { usage, costUsd }: Conversation): string[] {
  const { id, title, project, model, turns, events, createdAt, updatedAt, lockedBy } = summary;
  const now = Date.now();
  return [
    `${id}  ${shorten(title, 100)}`,
    `project  ${printable(project)}`,
    `model    ${printable(model)}`,
    `begun    ${createdAt} (${ago(createdAt, now)}), changed ${ago(updatedAt, now)}`,
    `size     ${counted(turns, "turn")}, ${counted(events, "event")}`,
    `tokens   ${tokensLine(usage)}${costUsd === undefined ? "" : `, $${costUsd.toFixed(4)}`}`,
    ...(lockedBy ? [`in use   by process ${lockedBy.pid} on ${lockedBy.host}`] : []),
  ];
}

function line(part: Told): string {
  switch (part.kind) {
    case "input":
      return `\n> ${printable(part.text).replace(/\n/g, "\n  ")}\n`;
    case "answer":
      return printable(part.text);
    case "thinking":
      return `(thinking) ${shorten(part.text, 100)}`;
    case "note":
      return `! ${printable(part.text)}`;
    case "call":
      return callLine(part);
  }
}

function callLine(call: ToldCall): string {
  const outcome = call.code === undefined ? call.outcome : `${call.outcome} ${call.code}`;
  const first = `* ${printable(call.name)}(${shorten(subjectOf(call), 80)})  ${outcome}  ${duration(call.durationMs)}`;
  if (call.diff !== undefined) return `${first}\n${indent(printable(call.diff).trimEnd())}`;
  return call.outcome === "ok" ? first : `${first}\n${indent(shorten(call.text, 200))}`;
}

/** The field that says most about a call: its file, command or pattern; else the first text in it. */
function subjectOf({ input }: ToldCall): string {
  const texts = ["file_path", "command", "pattern", "path"].map((field) => input[field]).concat(Object.values(input));
  const text = texts.find((value) => typeof value === "string");
  return typeof text === "string" ? text : "";
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
