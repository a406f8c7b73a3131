import { type CommandContext, defineCommand } from "gantry/plugin";
import { commandLine, type Given, grantFlag, projectFlag, readGiven, yesFlag } from "./consent.ts";
import { settle } from "./install.ts";
import type { Plan } from "./plan.ts";
import { printable, toJson } from "./text.ts";

export const updateCommand = defineCommand({
  id: "plugins update",
  summary: "Fetch a plugin's source again, show what is different, and ask about what is asked beyond before.",
  description:
    "The version before is kept until the new one has started once, and comes back when it does not start. Without NAME every plugin of yours is updated; with --project those of this project.",
  args: [{ name: "name", summary: "The plugin. Default: all." }],
  flags: [grantFlag, yesFlag, projectFlag],
  examples: ["gantry plugins update", "gantry plugins update notes --grant net.fetch=api.example.com"],
  async run({ args, flags }, ctx) {
    const given = readGiven(flags, ctx);
    const { GantryError, codeOf, messageOf } = await import("gantry/errors");
    const names = await namesOf(args["name"], flags, ctx);
    if (names.length > 1 && Object.keys(given.grants).length > 0)
      throw new GantryError(
        "USAGE_INVALID",
        `--grant is about one plugin; name it: gantry plugins update ${names[0]?.name} --grant …`,
      );
    if (names.length === 0) return { data: { plugins: [] }, text: "There is no plugin to update." };
    const done: Updated[] = [];
    for (const { name, scope } of names) {
      try {
        done.push(await updateOne({ name, scope, given, flags, ctx }));
      } catch (error) {
        const code = codeOf(error);
        if (code === undefined || names.length === 1) throw error;
        done.push({ name, outcome: code, text: messageOf(error), error });
      }
    }
    const text = done.map((each) => each.text).join("\n\n");
    const data = toJson({
      plugins: done.map(({ name, outcome, plan }) => ({ name, outcome, ...(plan === undefined ? {} : { plan }) })),
    });
    const failed = done.filter(({ error }) => error !== undefined);
    const code = codeOf(failed[0]?.error);
    if (code === undefined) return { data, text };
    return { data, text, error: { code, message: failed.map(({ name, text }) => `${name}: ${text}`).join("\n") } };
  },
});

interface Updated {
  name: string;
  outcome: string;
  text: string;
  plan?: Plan;
  error?: unknown;
}

type Named = { name: string; scope: "user" | "project" };

async function namesOf(name: string | undefined, flags: Record<string, unknown>, { host }: CommandContext): Promise<Named[]> {
  const inProject = flags["project"] === true;
  if (name === undefined)
    return (await host.plugins.list())
      .filter(({ scope }) => (scope === "project") === inProject)
      .map(({ name, scope }) => ({ name, scope }));
  const { scope } = await host.plugins.inspect(name);
  return [{ name, scope: inProject ? "project" : scope }];
}

async function updateOne(one: Named & { given: Given; flags: Record<string, unknown>; ctx: CommandContext }): Promise<Updated> {
  const { name, scope, given, flags, ctx } = one;
  const plan = await ctx.host.plugins.plan({ update: name, scope });
  const { replaces } = plan;
  const isSame = replaces?.sha512 === plan.sha512 && replaces.version === plan.version && plan.missing.length === 0;
  // Bytes that were changed on disk are put right by the same version.
  if (isSame && (await ctx.host.plugins.verify(name)).every(({ ok }) => ok)) {
    await plan.drop();
    return {
      name,
      outcome: "same",
      plan,
      text: `${printable(name)} ${printable(plan.version)} is what its source holds; nothing changes.`,
    };
  }
  const installed = await settle(plan, { given, again: commandLine(["update", name], given, flags), ctx });
  if (!installed)
    return { name, outcome: "declined", plan, text: `${printable(name)} stays at ${printable(replaces?.version ?? "")}.` };
  const former = replaces?.version === plan.version ? "The bytes before are" : `${printable(replaces?.version ?? "")} is`;
  const kept = `${former} kept until ${printable(plan.version)} has started once.`;
  return {
    name,
    outcome: "updated",
    plan,
    text: `${plan.text}\n\n${printable(name)} is ${printable(plan.version)} now. ${kept}`,
  };
}
