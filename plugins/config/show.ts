import { defineCommand } from "gantry/plugin";

export const configShow = defineCommand({
  id: "config show",
  summary: "Show the effective config, secrets hidden",
  examples: ["gantry config show", "gantry config show --json"],
  async run(_input, { host, warn }) {
    // A failed permission test hides nothing of what is shown.
    const problems = (await host.config.problems()).filter(({ code }) => code !== "PERMISSION_TEST_FAILED");
    for (const { file, line, message } of problems)
      warn(`${file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `}${message}`);
    const data = await host.config.effective();
    return { data, text: JSON.stringify(data, null, 2) };
  },
});
