/**
 * The user's answer about a plan: flags that cover what it asks, or a yes on a terminal. Nothing stands for an answer that was
 * not given: without a terminal, what is missing is an error with the line to type.
 */
import type { CommandContext, FlagSpec, Grants } from "gantry/plugin";
import { askWords, type Plan, type Words } from "./plan.ts";
import { quoteWord } from "./text.ts";

export const grantFlag: FlagSpec = {
  name: "grant",
  type: "string",
  multiple: true,
  value: "KIND=SCOPE",
  summary: "Grant what it asks for, as fs.read='./notes/**' or user.ask. Repeatable.",
};

export const yesFlag: FlagSpec = {
  name: "yes",
  char: "y",
  type: "boolean",
  summary: "Grant again what you granted this plugin before, and nothing else.",
};

export const projectFlag: FlagSpec = {
  name: "project",
  type: "boolean",
  summary: "For this project: its bytes go to .gantry, for everyone who works in it.",
};

export interface Given {
  grants: Grants;
  yes: boolean;
}

export interface Answer {
  grants: Grants;
  keepGranted: boolean;
}

/** USAGE of `--grant`: every problem at once. */
export function readGiven(flags: Record<string, unknown>, { host }: CommandContext): Given {
  const grant = flags["grant"];
  return { grants: host.plugins.readGrants(Array.isArray(grant) ? grant.map(String) : []), yes: flags["yes"] === true };
}

/** Undefined: the user said no. PLUGIN_CONSENT_REQUIRED with the line `again` and the flags that are missing. */
export async function answerFor(
  plan: Plan,
  { given, again, ctx }: { given: Given; again: string; ctx: CommandContext },
): Promise<Answer | undefined> {
  const keepGranted = given.yes || plan.replaces !== undefined;
  const open = keepGranted ? plan.missing : plan.asks;
  for (const { kind, words } of ctx.host.plugins.cover(plan.asks, given.grants).beyond)
    ctx.warn(`${plan.name} does not ask for ${kind} so far (${words}); it is granted what it asks for`);
  const { missing, flags } = ctx.host.plugins.cover(open, given.grants);
  if (missing.length === 0) return { grants: given.grants, keepGranted };
  const { ask } = ctx.host.plugins;
  if (ask !== undefined && !ctx.json) return await askUser(plan, missing, { given, keepGranted, ask, ctx });
  const { GantryError } = await import("gantry/errors");
  const said = missing.map(({ words, kind }) => `  ${words} [${kind}]`).join("\n");
  const line = `${again} ${flags.join(" ")}`;
  throw new GantryError(
    "PLUGIN_CONSENT_REQUIRED",
    `${plan.name} ${plan.version} asks for what you have not granted:\n${said}\nTo grant exactly that: ${line}`,
    {
      detail: { plugin: plan.name, missing: missing.map(({ kind, scope, words }) => ({ kind, scope, words })), command: line },
    },
  );
}

type Ask = NonNullable<CommandContext["host"]["plugins"]["ask"]>;

const yes = "yes, all of it";
const choose = "choose one by one";
const no = "no";

async function askUser(
  plan: Plan,
  missing: readonly Words[],
  { given, keepGranted, ask, ctx }: { given: Given; keepGranted: boolean; ask: Ask; ctx: CommandContext },
): Promise<Answer | undefined> {
  ctx.say(plan.text);
  const question =
    plan.replaces === undefined ? `Install ${plan.name}, with what it asks for?` : `Grant ${plan.name} what is new?`;
  const answer = await ask(question, [yes, choose, no]);
  if (isYes(answer, yes)) return { grants: grantsOf([...wordsIn(given), ...missing], ctx), keepGranted };
  if (answer !== choose && !/^(?:c|choose)$/i.test(answer)) return undefined;
  const chosen: Words[] = [];
  for (const words of missing) {
    if (isYes(await ask(`${plan.name} ${askWords(words)}`, ["yes", "no"]), "yes")) chosen.push(words);
  }
  return { grants: grantsOf([...wordsIn(given), ...chosen], ctx), keepGranted };
}

const isYes = (answer: string, label: string): boolean => answer === label || /^y(?:es)?$/i.test(answer.trim());

/** What was given by flags already. */
function wordsIn({ grants }: Given): Pick<Words, "kind" | "scope">[] {
  return Object.entries(grants).map(([kind, scope]) => ({ kind, scope }) as Pick<Words, "kind" | "scope">);
}

function grantsOf(words: readonly Pick<Words, "kind" | "scope">[], { host }: CommandContext): Grants {
  return host.plugins.readGrants(words.map(flagOf));
}

function flagOf({ kind, scope }: Pick<Words, "kind" | "scope">): string {
  if (scope === true) return kind;
  return `${kind}=${typeof scope === "string" ? scope : JSON.stringify(scope)}`;
}

/** The command as it was typed, to be typed again with more. */
export function commandLine(words: readonly string[], given: Given, flags: Record<string, unknown>): string {
  const kept = Array.isArray(flags["grant"]) ? flags["grant"].map((flag) => `--grant ${quoteWord(String(flag))}`) : [];
  const others = [...(flags["project"] === true ? ["--project"] : []), ...(given.yes ? ["--yes"] : [])];
  return ["gantry plugins", ...words.map(quoteWord), ...others, ...kept].join(" ");
}
