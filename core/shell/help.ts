/**
 * Help, drawn by oclif's own Help over an oclif Config that is made in memory from the command table. Nothing is loaded but
 * oclif. Texts come from manifests, which others write: oclif would run them as ejs templates, so `render` is replaced.
 */
import { Config } from "@oclif/core/config";
import { CommandHelp, Help } from "@oclif/core/help";
import type { FlagSpec } from "../contract/plugin.ts";
import type { CommandTable, TableCommand } from "./commands.ts";
import { flagsOf, globalFlags } from "./own-commands.ts";
import { sanitizeLine, sanitizeText } from "./sanitize.ts";

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
  const help = new TableHelp(await createConfig(table, { id, version: options.version }), settings);
  await help.showHelp([...words]);
  if (id === "") help.everywhere();
  return `${help.lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`;
}

/** `id`: the command whose own help is drawn; of the others only the first sentence is looked at. */
function createConfig(table: CommandTable, { id, version }: { id: string; version: string }): Promise<Config> {
  const oclif = { bin: "gantry", topicSeparator: " " as const };
  const pjson = { name: "gantry", version, description, oclif };
  const commands = table.commands.map((command) => oclifCommand(command, command.id === id));
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

function oclifCommand(command: TableCommand, isWhole: boolean): LoadableCommand {
  const flags = isWhole ? lettersFirst(flagsOf(command)) : [];
  return {
    id: command.id.replaceAll(" ", ":"),
    summary: sanitizeLine(command.summary),
    ...(command.description === undefined ? {} : { description: sanitizeText(command.description) }),
    args: Object.fromEntries(command.args.map((arg) => [arg.name, argOf(arg)])),
    // oclif cuts the indent of the first row, which shows when it has no letter.
    flags: Object.fromEntries(flags.map((flag) => [flag.name, oclifFlag(flag)])),
    examples: command.examples.map(sanitizeLine),
    aliases: [],
    hiddenAliases: [],
    hidden: false,
    strict: true,
    pluginName: "gantry",
    pluginType: "core",
    load: () => Promise.reject(new Error("help loads no command")),
  } as unknown as LoadableCommand;
}

function argOf({ summary, options, rest: _rest, ...arg }: TableCommand["args"][number]): Record<string, unknown> {
  const shown = { ...arg, summary: sanitizeLine(summary), description: sanitizeLine(summary) };
  return options === undefined ? shown : { ...shown, options: options.map(sanitizeLine) };
}

function lettersFirst(flags: readonly FlagSpec[]): FlagSpec[] {
  return [...flags].sort((a, b) => Number(b.char !== undefined) - Number(a.char !== undefined));
}

function oclifFlag(flag: FlagSpec): Record<string, unknown> {
  const base = { name: flag.name, summary: sanitizeLine(flag.summary), ...(flag.char ? { char: flag.char } : {}) };
  if (flag.type === "boolean") return { ...base, type: "boolean", allowNo: false };
  const choices = flag.options ? `${base.summary} One of ${flag.options.map(sanitizeLine).join(", ")}.` : base.summary;
  const value = flag.value ?? (flag.type === "integer" ? "N" : flag.name.replace(/^.*-/, "").toUpperCase());
  return { ...base, summary: choices, type: "option", helpValue: sanitizeLine(value), multiple: flag.multiple === true };
}

function flagLabel(flag: FlagSpec): string {
  const name = flag.char ? `-${flag.char}, --${flag.name}` : `    --${flag.name}`;
  return flag.value ? `${name}=${flag.value}` : name;
}
