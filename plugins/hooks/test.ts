import { defineCommand, type Host } from "gantry/plugin";
import { aboutFlags, eventArg, readAbout } from "./about.ts";
import { counted, duration, indent, printable, shorten, toJson } from "./text.ts";

type Trial = Awaited<ReturnType<Host["hooks"]["test"]>>["trials"][number];

export const testHooks = defineCommand({
  id: "hooks test",
  summary: "Run the hooks that match an event, for real, on a sample or a given input, and show what each would do.",
  args: [eventArg],
  flags: aboutFlags,
  examples: ["gantry hooks test PreToolUse --tool Bash", "gantry hooks test PreToolUse --tool Write --input call.json"],
  run: async (input, ctx) => {
    const { event, about } = await readAbout(input, ctx);
    const { input: given, trials } = await ctx.host.hooks.test(event, about);
    const data = toJson({ event, input: given, trials });
    const { each } = await ctx.host.hooks.explain(event, about);
    const others = each.filter(({ runs }) => !runs).length;
    const why = `gantry hooks explain ${event} says why`;
    if (trials.length === 0) return { data, text: `No hook of ${event} runs for this input; ${why}.` };
    const rest = others === 0 ? [] : [`${counted(others, "other hook")} of ${event} did not run; ${why}.`];
    return { data, text: [...trials.map(describeTrial), ...rest].join("\n\n") };
  },
});

function describeTrial({ what, source, outcome, decision, ms, exit, stdout, stderr, violations }: Trial): string {
  const lines = [
    `${shorten(what, 80)}  (${printable(source)})`,
    `  ${outcome} in ${duration(ms)}${exit === undefined ? "" : `, exit ${exit}`}: ${shorten(decision, 400)}`,
    ...violations.map((violation) => `  does not fit the format: ${shorten(violation, 400)}`),
    ...output("stdout", stdout),
    ...output("stderr", stderr),
  ];
  return lines.join("\n");
}

const shownCharacters = 4_000;

function output(name: string, text: string): string[] {
  const plain = printable(text).trimEnd();
  if (plain === "") return [];
  const cut = plain.length > shownCharacters ? `${plain.slice(0, shownCharacters)}… (${plain.length} characters)` : plain;
  return [`  ${name}:`, indent(cut)];
}
