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
    const rows = tools.map(({ name, effect, plugin, description }) => ({ name, effect, plugin, description }));
    const widths = { name: widest(rows, "name"), effect: widest(rows, "effect") };
    const lines = rows.map(({ name, effect, description }) => {
      const left = `${name.padEnd(widths.name)}  ${effect.padEnd(widths.effect)}  `;
      return left + clip(plainLine(firstSentence(description)), terminal.columns - left.length);
    });
    return { data: rows, text: lines.join("\n") };
  },
});

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
