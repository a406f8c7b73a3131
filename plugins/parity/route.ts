/** parity route: which parts of this build a prompt speaks of, and by which words. No model is asked. */
import { type CommandOutput, defineCommand, type Json } from "gantry/plugin";
import { readCount, readPrompt } from "./prompt-arg.ts";

const mostShown = 100;
const fallback = 5;

export const route = defineCommand({
  id: "parity route",
  summary:
    "Show which tools, commands and other parts of this build a prompt speaks of, with a score and the words that matched.",
  description:
    "Words of the prompt are compared with names, summaries and facts of the inventory; no model is asked. What is named comes first, then the best tool and the best command, then all others by score.",
  args: [{ name: "prompt", summary: "What is to be done, in words.", required: true }],
  flags: [{ name: "limit", type: "integer", value: "N", summary: "Show at most this many, 1 to 100; default 5." }],
  examples: ['gantry parity route "find TODO comments"', 'gantry parity route "which rules deny git push" --limit 3 --json'],
  async run({ args, flags }, { host }): Promise<CommandOutput> {
    const prompt = readPrompt(args["prompt"], "parity route");
    const limit = readCount(flags["limit"], { flag: "limit", most: mostShown, fallback });
    const [{ routePrompt }, { describeRoute }] = await Promise.all([import("./route/score.ts"), import("./route/text.ts")]);
    const { words, unknown, matches } = routePrompt(prompt, await host.surface.inventory());
    const shown = matches.slice(0, limit);
    const data = { words, unknown, matches: shown, total: matches.length };
    return { data: data as unknown as Json, text: describeRoute({ words, unknown, matches: shown }, matches.length) };
  },
});
