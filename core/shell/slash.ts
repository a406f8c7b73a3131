/** THE table of what can be typed after `/` in the line session. Help, parsing and the nearest name come from it. */
import { messageOf } from "../contract/errors.ts";
import { modes } from "../contract/modes.ts";
import { didYouMean } from "../contract/nearest.ts";
import { isPromptCall } from "../mcp/server-words.ts";
import type { Session } from "../open-session.ts";
import { parseMode } from "../permission/modes.ts";
import type { Runtime } from "../runtime.ts";
import { sanitizeLine } from "./sanitize.ts";
import type { Style } from "./style.ts";
import { formatCost, formatTokens } from "./tool-lines.ts";

export interface SlashContext {
  session: Session;
  runtime: Runtime;
  style: Style;
  say(text: string): void;
  /** Closes this session and goes on with another. */
  resume(reference: string): Promise<void>;
}

/** `exit`: the line session ends. */
type SlashResult = "exit" | undefined;

interface SlashCommand {
  name: string;
  argument?: string;
  summary: string;
  run(argument: string, context: SlashContext): Promise<SlashResult> | SlashResult;
}

const mostListed = 10;

export const slashCommands: readonly SlashCommand[] = [
  { name: "help", summary: "What can be typed here.", run: (_, { say, style }) => void say(helpText(style)) },
  { name: "status", summary: "Session, model, mode, folder.", run: (_, context) => void context.say(statusText(context)) },
  { name: "model", argument: "[PROVIDER/NAME]", summary: "Show the model, or ask another from now on.", run: changeModel },
  { name: "mode", argument: "[MODE]", summary: "Show the permission mode, or change it.", run: changeMode },
  { name: "cost", summary: "Tokens and cost of this session.", run: (_, context) => void context.say(costText(context)) },
  {
    name: "mcp",
    argument: "[reconnect NAME]",
    summary: "MCP servers and their states, or start one again.",
    run: async (argument, { runtime, style, say }) => {
      const { mcpCommand } = await import("./repl-servers.ts");
      say(mcpCommand(argument.trim(), { mcp: runtime.mcp, style }));
      return undefined;
    },
  },
  { name: "resume", argument: "[ID]", summary: "List sessions, or go on with one.", run: resumeSession },
  { name: "exit", summary: "Leave. Ctrl-D does the same.", run: () => "exit" },
];

/** Whether an input is meant as a command of this table. A leading space sends a text that starts with `/`. */
export function isSlash(input: string): boolean {
  return /^\/\S*/.test(input) && !isPromptCall([{ type: "text", text: input }]);
}

/** Runs the command; an error is said, and the session goes on. */
export async function runSlash(input: string, context: SlashContext): Promise<SlashResult> {
  const [, name = "", argument = ""] = /^\/(\S*)\s*(.*)$/s.exec(input.trimEnd()) ?? [];
  const command = slashCommands.find((each) => each.name === name);
  if (!command) {
    const names = slashCommands.map((each) => `/${each.name}`);
    context.say(
      `${context.style.red("There is no command")} /${sanitizeLine(name)}.${didYouMean(`/${name}`, names)} /help lists them.`,
    );
    return undefined;
  }
  try {
    return await command.run(argument, context);
  } catch (error) {
    context.say(context.style.red(sanitizeLine(messageOf(error))));
    return undefined;
  }
}

function helpText(style: Style): string {
  const rows = slashCommands.map(
    ({ name, argument, summary }) => [`/${name}${argument ? ` ${argument}` : ""}`, summary] as const,
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `  ${style.cyan(left.padEnd(width))}  ${right}`);
  return [
    ...lines,
    "",
    "A line that ends in \\ goes on; pasted text stays together. Ctrl-C stops a turn, twice it leaves.",
  ].join("\n");
}

function statusText({ session, style }: SlashContext): string {
  const { state } = session;
  const rows = [
    ["session", `${session.id}, ${state.turns} ${state.turns === 1 ? "turn" : "turns"}`],
    ["model", session.model],
    ["mode", session.mode],
    ["project", state.project],
    ["folder", state.cwd],
  ] as const;
  return rows.map(([name, value]) => `  ${style.dim(name.padEnd(8))} ${sanitizeLine(value)}`).join("\n");
}

function costText({ session }: SlashContext): string {
  return `  ${formatTokens(session.state.usage)} · ${formatCost(session.state.costUsd, session.model)}`;
}

async function changeModel(argument: string, { session, say }: SlashContext): Promise<undefined> {
  if (argument !== "") await session.setModel(argument);
  say(`  model ${sanitizeLine(session.model)}`);
}

function changeMode(argument: string, { session, say }: SlashContext): undefined {
  if (argument !== "") session.setMode(parseMode(argument, "/mode"));
  say(`  mode ${session.mode}${argument === "" ? `; there are ${modes.join(", ")}` : ""}`);
}

async function resumeSession(argument: string, { runtime, resume, say, session }: SlashContext): Promise<undefined> {
  if (argument !== "") {
    await resume(argument);
    return;
  }
  const all = await runtime.store.list({ all: false });
  const others = all.filter(({ id }) => id !== session.id).slice(0, mostListed);
  const lines = others.map(
    ({ id, updatedAt, title }) => `  ${id}  ${updatedAt.slice(0, 16).replace("T", " ")}  ${sanitizeLine(title)}`,
  );
  say(lines.length === 0 ? "  This project has no other session." : [...lines, "  /resume ID goes on with one."].join("\n"));
}
