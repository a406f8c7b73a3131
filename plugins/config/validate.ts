import { codeOf, type ErrorCode } from "gantry/errors";
import { defineCommand, type Host, type JsonObject } from "gantry/plugin";

type Problem = Awaited<ReturnType<Host["config"]["problems"]>>[number];

export const configValidate = defineCommand({
  id: "config validate",
  summary: "Check every config file, variable and flag, rules, hooks and permission tests; exit 2 when something is wrong",
  examples: ["gantry config validate", "gantry config validate --json"],
  async run(_input, { host }) {
    const problems = await host.config.problems();
    const errors = problems.filter(({ severity }) => severity !== "warning");
    const warnings = problems.length - errors.length;
    const plain = problems.map((problem): JsonObject => ({ ...problem, severity: problem.severity ?? "error" }));
    const data = { valid: errors.length === 0, problems: plain };
    const warned = counted(warnings, "warning");
    if (errors.length === 0) {
      const text = warnings === 0 ? "The config is sound." : `The config is sound; ${warned}.`;
      return { data, text: [...problems.flatMap(lines), text].join("\n") };
    }
    const message = `${counted(errors.length, "problem")}${warnings === 0 ? "" : ` and ${warned}`} in the config.`;
    const text = [...problems.flatMap(lines), message].join("\n");
    return { data, text, error: { code: codeOfAll(errors), message } };
  },
});

function lines({ file, line, message, hint, severity }: Problem): string[] {
  const place = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
  return [`${place}${severity === "warning" ? "warning: " : ""}${message}`, ...(hint === undefined ? [] : [`  ${hint}`])];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The problems' own code where they share one: what a run with this config would end with. No run ends with a failed test. */
function codeOfAll(problems: readonly Problem[]): ErrorCode {
  const [first] = problems;
  const isShared = first?.code !== "PERMISSION_TEST_FAILED" && problems.every(({ code }) => code === first?.code);
  return (isShared ? codeOf(first) : undefined) ?? "CONFIG_INVALID";
}
