/**
 * Help, drawn by oclif's own Help over an oclif Config that is made in memory from the command table. Nothing is loaded but
 * oclif. Texts come from manifests, which others write: oclif would run them as ejs templates, so `render` is replaced.
 */
import { Config } from "@oclif/core/config";
import { CommandHelp, Help } from "@oclif/core/help";
import type { FlagSpec } from "../contract/plugin.ts";
import type { CommandTable, TableCommand } from "./commands.ts";
import { flagsOf, globalFlags } from "./own-commands.ts";
import { sanitizeText } from "./sanitize.ts";

export interface HelpOptions {
  version: string;
  columns: number;
  color: boolean;
}

type PluginOfOclif =
  NonNullable<ConstructorParameters<typeof Config>[0]["plugins"]> extends Map<string, infer Plugin> ? Plugin : never;
type LoadableCommand = PluginOfOclif["commands"][number];
type HelpSettings = ConstructorParameters<typeof Help>[1];

const description = "A coding agent whose core is small and whose every tool, command, provider and hook is a plugin.";
const fixedText = (id: string) => (text: string) => text.replaceAll("<%= command.id %>", id);

class TableCommandHelp extends CommandHelp {
  override render = fixedText(this.command.id);
}

class TableHelp extends Help {
  readonly lines: string[] = [];
  protected override CommandHelpClass = TableCommandHelp;
  override render = fixedText("");

  protected override log(...parts: string[]): void {
    this.lines.push(parts.join(" "));
  }

  everywhere(): void {
    const rows = lettersFirst(globalFlags).map((flag): [string, string] => [flagLabel(flag), flag.summary]);
    this.log(this.section("FLAGS OF EVERY COMMAND", rows));
    this.log("");
    this.log("On a terminal, gantry without a command opens a session line by line; it takes the session flags of gantry run.");
  }
}

/** The help of one command, one topic, or with no words of everything. COMMAND_UNKNOWN for other words. */
export async function renderHelp(words: readonly string[], table: CommandTable, options: HelpOptions): Promise<string> {
  const id = words.join(" ");
  if (id !== "" && !table.find(id) && !table.topics.includes(id)) throw table.unknown(words);
  const settings: HelpSettings = {
    maxWidth: Math.min(options.columns, 120),
    stripAnsi: !options.color,
    flagSortOrder: "none",
    docopts: false,
  };
  const help = new TableHelp(await createConfig(table, options.version), settings);
  await help.showHelp([...words]);
  if (id === "") help.everywhere();
  return `${help.lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`;
}

function createConfig(table: CommandTable, version: string): Promise<Config> {
  const oclif = { bin: "gantry", topicSeparator: " " as const };
  const pjson = { name: "gantry", version, description, oclif };
  const commands = table.commands.map(oclifCommand);
  const plugin = {
    _base: "",
    alias: "gantry",
    name: "gantry",
    version,
    type: "core",
    root: "/",
    valid: true,
    isRoot: true,
    hasManifest: true,
    moduleType: "commonjs",
    hooks: {},
    options: { root: "/" },
    pjson,
    commands,
    commandIDs: commands.map(({ id }) => id),
    commandsDir: undefined,
    topics: table.topics.map((name) => ({ name: name.replaceAll(" ", ":"), description: topicSummary(name, table) })),
    findCommand: () => undefined,
    load: () => Promise.resolve(),
  };
  // oclif's types ask for more than it reads: a whole package.json, command classes.
  const plugins = new Map([["gantry", plugin]]) as unknown as Map<string, PluginOfOclif>;
  return Config.load({ root: "/", version, plugins });
}

/** A topic has no sentence of its own: it is what its commands are called. */
function topicSummary(topic: string, table: CommandTable): string {
  const below = table.commands.filter(({ id }) => id.startsWith(`${topic} `)).map(({ id }) => id.slice(topic.length + 1));
  return `Commands: ${below.join(", ")}.`;
}

function oclifCommand(command: TableCommand): LoadableCommand {
  return {
    id: command.id.replaceAll(" ", ":"),
    summary: sanitizeText(command.summary),
    ...(command.description === undefined ? {} : { description: sanitizeText(command.description) }),
    args: Object.fromEntries(command.args.map((arg) => [arg.name, { ...arg, description: sanitizeText(arg.summary) }])),
    // oclif cuts the indent of the first row, which shows when it has no letter.
    flags: Object.fromEntries(lettersFirst(flagsOf(command)).map((flag) => [flag.name, oclifFlag(flag)])),
    examples: command.examples.map(sanitizeText),
    aliases: [],
    hiddenAliases: [],
    hidden: false,
    strict: true,
    pluginName: "gantry",
    pluginType: "core",
    load: () => Promise.reject(new Error("help loads no command")),
  } as unknown as LoadableCommand;
}

function lettersFirst(flags: readonly FlagSpec[]): FlagSpec[] {
  return [...flags].sort((a, b) => Number(b.char !== undefined) - Number(a.char !== undefined));
}

function oclifFlag(flag: FlagSpec): Record<string, unknown> {
  const base = { name: flag.name, summary: sanitizeText(flag.summary), ...(flag.char ? { char: flag.char } : {}) };
  if (flag.type === "boolean") return { ...base, type: "boolean", allowNo: false };
  const choices = flag.options ? `${base.summary} One of ${flag.options.map(sanitizeText).join(", ")}.` : base.summary;
  const value = flag.value ?? (flag.type === "integer" ? "N" : flag.name.replace(/^.*-/, "").toUpperCase());
  return { ...base, summary: choices, type: "option", helpValue: sanitizeText(value), multiple: flag.multiple === true };
}

function flagLabel(flag: FlagSpec): string {
  const name = flag.char ? `-${flag.char}, --${flag.name}` : `    --${flag.name}`;
  return flag.value ? `${name}=${flag.value}` : name;
}
