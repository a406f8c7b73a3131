import { type CommandContext, type CommandOutput, defineCommand } from "gantry/plugin";
import { answerFor, commandLine, type Given, grantFlag, projectFlag, readGiven, yesFlag } from "./consent.ts";
import type { Plan } from "./plan.ts";
import { counted, printable, toJson } from "./text.ts";

export const installCommand = defineCommand({
  id: "plugins install",
  summary: "Install a plugin, after showing what it asks for; without SPEC answer for the plugins of this project.",
  description:
    "SPEC is a folder, a tarball, a git URL with a ref (git+https://…#v1), an npm name with a version, or the name of a plugin that the project's lock has and you have not answered for. No script of a package is run. Without a terminal every permission is granted by its own flag.",
  args: [{ name: "spec", summary: "Folder, tarball, git URL, npm name, or the name of one that waits." }],
  flags: [grantFlag, yesFlag, projectFlag],
  examples: ["gantry plugins install ./notes", "gantry plugins install gantry-plugin-notes@1.2.0 --grant fs.read='./notes/**'"],
  async run({ args, flags }, ctx) {
    const given = readGiven(flags, ctx);
    const waiting = await ctx.host.plugins.waiting();
    const spec = args["spec"];
    const scope = flags["project"] === true ? "project" : "user";
    if (spec === undefined)
      return await answerAll(
        waiting.map(({ name }) => name),
        { given, flags, ctx },
      );
    const isWaiting = waiting.some(({ name }) => name === spec);
    const plan = await ctx.host.plugins.plan(isWaiting ? { waiting: spec, scope: "project" } : { spec, scope });
    const installed = await settle(plan, { given, again: commandLine(["install", spec], given, flags), ctx });
    const told = installed ? "installed" : "declined";
    return { data: toJson({ outcome: told, plan }), text: `${installedText(plan, installed)}` };
  },
});

interface Answering {
  given: Given;
  flags: Record<string, unknown>;
  ctx: CommandContext;
}

/** Every plugin that waits is looked at before any is refused, so that all that is missing is told at once. */
async function answerAll(names: readonly string[], { given, flags, ctx }: Answering): Promise<CommandOutput> {
  if (names.length === 0)
    return { data: { outcome: "nothing", plans: [] }, text: "No plugin of this project waits for an answer." };
  const { GantryError, messageOf, codeOf } = await import("gantry/errors");
  if (names.length > 1 && Object.keys(given.grants).length > 0)
    throw new GantryError(
      "USAGE_INVALID",
      `--grant is about one plugin, and ${names.join(", ")} wait; name it: gantry plugins install ${names[0]} --grant …`,
    );
  const done: { name: string; outcome: string }[] = [];
  const refused: unknown[] = [];
  const texts: string[] = [];
  for (const name of names) {
    try {
      const plan = await ctx.host.plugins.plan({ waiting: name, scope: "project" });
      const installed = await settle(plan, { given, again: commandLine(["install", name], given, flags), ctx });
      done.push({ name, outcome: installed ? "installed" : "declined" });
      texts.push(installedText(plan, installed));
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      refused.push(error);
      done.push({ name, outcome: codeOf(error) ?? "failed" });
      texts.push(messageOf(error));
    }
  }
  const [first] = refused;
  const data = toJson({ outcome: first === undefined ? "answered" : "refused", plugins: done });
  const text = texts.join("\n\n");
  const code = refused.map((error) => codeOf(error)).find((each) => each !== "PLUGIN_CONSENT_REQUIRED") ?? codeOf(first);
  if (first === undefined || code === undefined) return { data, text };
  return { data, text, error: { code, message: refused.map(messageOf).join("\n\n") } };
}

/** True when it is in force now. */
export async function settle(
  plan: Plan,
  { given, again, ctx }: { given: Given; again: string; ctx: CommandContext },
): Promise<boolean> {
  let isDone = false;
  try {
    for (const warning of plan.warnings) ctx.warn(printable(warning));
    const answer = await answerFor(plan, { given, again, ctx });
    if (answer === undefined) return false;
    await plan.commit(answer.grants, { keepGranted: answer.keepGranted });
    isDone = true;
    return true;
  } finally {
    if (!isDone) await plan.drop();
  }
}

export function installedText(plan: Plan, installed: boolean): string {
  const { tools, commands, taps, providers } = plan.contributes;
  const brings = [
    ...(tools.length > 0 ? [counted(tools.length, "tool")] : []),
    ...(commands.length > 0 ? [counted(commands.length, "command")] : []),
    ...(taps.length > 0 ? [counted(taps.length, "tap")] : []),
    ...(providers.length > 0 ? [counted(providers.length, "provider")] : []),
  ];
  if (!installed) return `${plan.name} is not installed: you said no. Nothing of it stays.`;
  const what = brings.length === 0 ? "" : ` It brings ${brings.join(", ")}.`;
  return `${plan.text}\n\n${printable(plan.name)} ${printable(plan.version)} is installed.${what}`;
}
