import type { SessionSummary } from "gantry/plugin";
import { defineCommand } from "gantry/plugin";
import { ago, shorten, toJson } from "./text.ts";

export const listSessions = defineCommand({
  id: "sessions list",
  summary: "List this project's sessions, newest first.",
  flags: [{ name: "all", type: "boolean", summary: "Sessions of every project." }],
  examples: ["gantry sessions list", "gantry sessions list --all --json"],
  run: async ({ flags }, ctx) => {
    const all = flags["all"] === true;
    const sessions = await ctx.host.sessions.list({ all });
    return {
      data: toJson({ sessions }),
      text:
        sessions.length === 0
          ? nothing(all)
          : table(sessions, { all, columns: ctx.terminal.isTerminal ? ctx.terminal.columns : Number.POSITIVE_INFINITY }),
    };
  },
});

function nothing(all: boolean): string {
  return all
    ? "There are no sessions yet."
    : "There are no sessions of this project yet. gantry sessions list --all shows every project's.";
}

function table(sessions: readonly SessionSummary[], { all, columns }: { all: boolean; columns: number }): string {
  const now = Date.now();
  const head = ["ID", "CHANGED", "TURNS", "MODEL", ...(all ? ["PROJECT"] : []), "TITLE"];
  const rows = sessions.map((session) => [
    session.id,
    ago(session.updatedAt, now),
    String(session.turns),
    shorten(session.model, 32),
    ...(all ? [shorten(session.project, 48)] : []),
    titleOf(session),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)));
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return lines.map((line) => shortenEnd(line, columns)).join("\n");
}

function titleOf({ title, lockedBy, broken }: SessionSummary): string {
  if (broken !== undefined) return `[broken] ${shorten(broken, 200)}`;
  const inUse = lockedBy ? `[in use by process ${lockedBy.pid}] ` : "";
  return `${inUse}${shorten(title, 120) || "(no input yet)"}`;
}

function shortenEnd(line: string, columns: number): string {
  return line.length > columns ? `${line.slice(0, Math.max(0, columns - 1))}…` : line;
}
