import { defineCommand } from "gantry/plugin";
import { aboutFlags, eventArg, readAbout } from "./about.ts";
import { columnsOf, counted, printable, shorten, toJson } from "./text.ts";

export const explainHooks = defineCommand({
  id: "hooks explain",
  summary: "Say which hooks would run for an event, in which order, and why each other would not. Runs nothing.",
  args: [eventArg],
  flags: aboutFlags,
  examples: ["gantry hooks explain PreToolUse --tool Bash", "gantry hooks explain PreToolUse --tool Write --input call.json"],
  run: async (input, ctx) => {
    const { event, about } = await readAbout(input, ctx);
    const told = await ctx.host.hooks.explain(event, about);
    const { each } = told;
    const data = toJson(told);
    const sample = `The input:\n${JSON.stringify(told.input, undefined, 2)}`;
    if (each.length === 0) return { data, text: `No hook is declared for ${event}.\n\n${printable(sample)}` };
    const running = each.filter(({ runs }) => runs).length;
    const rows = each.map(({ hook, runs, why }) => [
      String(hook.order),
      runs ? "runs" : "does not run",
      shorten(hook.what, 48),
      printable(hook.source),
      shorten(why, 400),
    ]);
    const first = `${event}: ${running} of ${counted(each.length, "hook")} would run.`;
    return { data, text: `${first}\n${columnsOf(["#", "", "HOOK", "SOURCE", "WHY"], rows)}\n\n${printable(sample)}` };
  },
});
