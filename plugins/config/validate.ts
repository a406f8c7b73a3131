import { defineCommand, type JsonObject } from "gantry/plugin";

export const configValidate = defineCommand({
  id: "config validate",
  summary: "Check every config file, variable and flag; exit 2 when something is wrong",
  examples: ["gantry config validate", "gantry config validate --json"],
  async run(_input, { host }) {
    const problems = await host.config.problems();
    const data = { valid: problems.length === 0, problems: problems.map((problem): JsonObject => ({ ...problem })) };
    if (problems.length === 0) return { data, text: "The config is sound." };
    const lines = problems.flatMap(({ file, line, message, hint }) => {
      const place = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
      return [`${place}${message}`, ...(hint === undefined ? [] : [`  ${hint}`])];
    });
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    return { data, text: [...lines, `${count} in the config.`].join("\n"), exit: 2 };
  },
});
