import { defineCommand } from "gantry/plugin";
import { clean, placeOf } from "./text.ts";

export const permissionsList = defineCommand({
  id: "permissions list",
  summary: "List the permission rules of every layer: where each is written, whether it counts, and why not",
  description:
    "In the order they are consulted: deny, ask, allow. States: ready; untrusted (waits for gantry trust grant); absent (names a known tool that is not in this build); wrong.",
  examples: ["gantry permissions list", "gantry permissions list --json"],
  async run(_input, { host, warn }) {
    const { mode, modeSource, rules, problems } = await host.permissions.list();
    for (const problem of problems) warn(clean(`${placeOf(problem)}${problem.message}`));
    const lines = [`mode ${mode}, from ${modeSource}`];
    for (const behavior of ["deny", "ask", "allow"] as const) {
      const own = rules.filter((rule) => rule.behavior === behavior);
      lines.push("", own.length === 0 ? `${behavior}: no rule` : `${behavior}:`);
      for (const { rule, source, state, problem } of own) {
        lines.push(`  ${rule}  ${source}${state === "ready" ? "" : `  [${state}]`}`);
        if (problem !== undefined) lines.push(`    ${problem}`);
      }
    }
    return { data: { mode, modeSource, rules: rules.map((rule) => ({ ...rule })) }, text: clean(lines.join("\n")) };
  },
});
