/** tools list: every tool with what it may change and who offers it. */
import { defineCommand } from "gantry/plugin";
import { plainLine } from "./text.ts";

export const listTools = defineCommand({
  id: "tools list",
  summary: "List the tools that a model is offered.",
  examples: ["gantry tools list", "gantry tools list --json"],
  async run(_input, { host, terminal, warn }) {
    for (const { file, line, message } of await host.tools.problems())
      warn(`${file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `}${message}`);
    const tools = await host.tools.list();
    const { usable, waiting } = await host.tools.servers();
    if (usable.length + waiting.length > 0) warn(serverWords(usable.length, waiting.length));
    const rows = tools.map(({ name, effect, plugin, description }) => ({ name, effect, plugin, description }));
    const widths = { name: widest(rows, "name"), effect: widest(rows, "effect") };
    const lines = rows.map(({ name, effect, description }) => {
      const left = `${name.padEnd(widths.name)}  ${effect.padEnd(widths.effect)}  `;
      return left + clip(plainLine(firstSentence(description)), terminal.columns - left.length);
    });
    return { data: rows, text: lines.join("\n") };
  },
});

/** Their tools are theirs to tell, and none is started for a list. */
function serverWords(usable: number, waiting: number): string {
  const configured = `${usable} MCP ${usable === 1 ? "server is" : "servers are"} configured, whose tools are not in this list`;
  const held = waiting === 0 ? "" : `; ${waiting} more ${waiting === 1 ? "waits" : "wait"} for trust`;
  return `${configured}${held}. gantry mcp inspect NAME starts one and shows them.`;
}

function widest<K extends string>(rows: readonly Record<K, string>[], key: K): number {
  return Math.max(0, ...rows.map((row) => row[key].length));
}

function firstSentence(text: string): string {
  const [line = ""] = text.trim().split("\n");
  return /^.*?[.](?=\s|$)/.exec(line)?.[0] ?? line;
}

function clip(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(1, columns - 1))}…`;
}
