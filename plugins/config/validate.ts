import { codeOf, type ErrorCode } from "gantry/errors";
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
    const message = `${problems.length === 1 ? "1 problem" : `${problems.length} problems`} in the config.`;
    return { data, text: [...lines, message].join("\n"), error: { code: codeOfAll(problems), message } };
  },
});

/** The problems' own code where they share one: what a run with this config would end with. */
function codeOfAll(problems: readonly { code: string }[]): ErrorCode {
  const [first] = problems;
  const isShared = problems.every(({ code }) => code === first?.code);
  return (isShared ? codeOf(first) : undefined) ?? "CONFIG_INVALID";
}
