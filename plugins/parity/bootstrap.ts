/** parity bootstrap: how a session would begin in this folder, as Markdown. Nothing is started, sent or written. */
import { type CommandOutput, defineCommand, type Json } from "gantry/plugin";
import { readCount, readPrompt } from "./prompt-arg.ts";

const fallback = 5;

export const bootstrap = defineCommand({
  id: "parity bootstrap",
  summary: "Report how a session with a prompt would begin here: config, trust, plugins, hooks, servers, system prompt, tools.",
  description:
    "Nothing is started, sent or written. Works where no run would start, and says why: a project that is not trusted, a config with problems, a plugin that waits for consent.",
  args: [{ name: "prompt", summary: "The session's first input.", required: true }],
  flags: [
    { name: "limit", type: "integer", value: "N", summary: "Show at most this many matched routes, 1 to 100; default 5." },
  ],
  examples: ['gantry parity bootstrap "fix the failing test"', 'gantry parity bootstrap "hello" --json'],
  async run({ args, flags }, { host }): Promise<CommandOutput> {
    const prompt = readPrompt(args["prompt"], "parity bootstrap");
    const limit = readCount(flags["limit"], { flag: "limit", most: 100, fallback });
    const [{ describeOpening }, { routePrompt }] = await Promise.all([
      import("./bootstrap-text.ts"),
      import("./route/score.ts"),
    ]);
    const [opening, inventory] = await Promise.all([host.surface.opening(), host.surface.inventory()]);
    const routes = routePrompt(prompt, inventory).matches.slice(0, limit);
    const data = { input: prompt, ...opening, routes };
    return { data: data as unknown as Json, text: describeOpening(opening, { prompt, routes }) };
  },
});
