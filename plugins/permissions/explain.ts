import { defineCommand, type Json } from "gantry/plugin";
import { clean, decider, placeOf } from "./text.ts";

export const permissionsExplain = defineCommand({
  id: "permissions explain",
  summary: "Say what would be decided about a call, part by part, by which rule or default, and what would change it",
  description:
    "Starts nothing and asks nobody. A call is Tool(subject) as in a rule, a tool's name, or Tool({…}) with its input as JSON. Built-in judges count; hooks of the config are named, not run.",
  args: [{ name: "call", summary: "The call, for instance 'Bash(git push)' or 'Read(src/a.ts)'", required: true }],
  examples: [
    "gantry permissions explain 'Bash(cd x && rm -rf $(cat y))'",
    "gantry permissions explain 'Read(src/a.ts)' --json",
    'gantry permissions explain \'Bash({"command": "npm start", "run_in_background": true})\'',
  ],
  async run({ args }, { host, warn }) {
    const told = await host.permissions.explain(args["call"] ?? "");
    for (const problem of await host.permissions.warnings()) warn(clean(`${placeOf(problem)}${problem.message}`));
    const { call, verdict, by, reason, parts, judges, wouldChange, mode, modeSource } = told;
    const isMany = parts.length > 1;
    const lines = [
      `${call}: ${verdict}, ${decider(by)}`,
      ...(isMany ? [] : [`  ${reason}`]),
      `  mode ${mode}, from ${modeSource}`,
      ...(isMany ? ["", "Parts:"] : []),
      ...(isMany
        ? parts.flatMap((part) => [
            `  ${verdictWord(part.verdict)} ${part.text}`,
            `        ${decider(part.by)}; ${part.reason}`,
          ])
        : []),
      ...section("Also seen, before anything runs, by:", judges),
      ...section("What would change it:", wouldChange),
    ];
    return { data: told as unknown as Json, text: clean(lines.join("\n")) };
  },
});

function verdictWord(verdict: string): string {
  return verdict.padEnd(5);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}
