/**
 * argv → command, arguments, flags. oclif's Parser cuts the line; what the values may be is judged here, so that all
 * problems of one line are told at once. Flags may stand anywhere, also before the command; `--` ends them.
 */
import { parse } from "@oclif/core/parser";
import { codeOf, GantryError, messageOf } from "../contract/errors.ts";
import { didYouMean } from "../contract/nearest.ts";
import type { ArgSpec, CommandInput, FlagSpec } from "../contract/plugin.ts";
import type { CommandTable, TableCommand } from "./commands.ts";
import { flagsOf, flagsOfLaterBuilds, globalFlags, lineSession } from "./own-commands.ts";

export type CommandLine =
  | { kind: "version" }
  | { kind: "help"; words: string[]; json: boolean }
  | { kind: "command"; command: TableCommand; input: CommandInput; json: boolean; cwd: string | undefined };

/** USAGE_INVALID or COMMAND_UNKNOWN; `detail.problems` lists every problem. */
export async function readCommandLine(argv: readonly string[], table: CommandTable): Promise<CommandLine> {
  const { words, rest, asked } = splitWords(argv, table);
  if (asked.has("version")) return { kind: "version" };
  const json = asked.has("json");
  const found = table.match(words);
  if (asked.has("help")) return { kind: "help", words: found ? found.command.id.split(" ") : knownTopic(words, table), json };
  if (found?.command.id === "help") return { kind: "help", words: words.slice(1), json };
  if (!found && words.length > 0) {
    if (words.length === 1 && table.topics.includes(words[0] ?? "")) return { kind: "help", words, json };
    throw table.unknown(words);
  }
  const command = found?.command ?? { ...lineSession, plugin: undefined };
  const input = await parseInput(command, rest(found?.length ?? 0));
  const cwd = input.flags["cwd"];
  return { kind: "command", command, input, json, cwd: typeof cwd === "string" ? cwd : undefined };
}

/** `--help` after words that are no command is an error like the words alone. */
function knownTopic(words: readonly string[], table: CommandTable): string[] {
  const topic = words.join(" ");
  if (topic !== "" && !table.topics.includes(topic)) throw table.unknown(words);
  return [...words];
}

interface Words {
  /** Everything that is neither a flag nor a flag's value, in order, up to `--`. */
  words: string[];
  /** argv without the first `count` words. */
  rest(count: number): string[];
  /** Global boolean flags that were given. */
  asked: Set<string>;
}

function splitWords(argv: readonly string[], table: CommandTable): Words {
  const takesValue = valueFlags(table);
  const short = new Map(globalFlags.flatMap((flag) => (flag.char ? [[`-${flag.char}`, flag.name]] : [])));
  const at: number[] = [];
  const asked = new Set<string>();
  for (let i = 0; i < argv.length && argv[i] !== "--"; i++) {
    const token = argv[i] ?? "";
    if (!token.startsWith("-") || token === "-") at.push(i);
    else if (takesValue.has(token)) i++;
    else {
      const name = token.startsWith("--") ? token.slice(2) : short.get(token);
      if (name === "json" || name === "help" || name === "version") asked.add(name);
    }
  }
  return {
    words: at.map((index) => argv[index] ?? ""),
    rest: (count) => argv.filter((_, index) => !at.slice(0, count).includes(index)),
    asked,
  };
}

/** Spellings of flags whose next token is their value, whatever the command. */
function valueFlags(table: CommandTable): Set<string> {
  const all = [...globalFlags, ...lineSession.flags, ...table.commands.flatMap(({ flags }) => flags)];
  const spellings = (flag: FlagSpec): string[] => (flag.char ? [`--${flag.name}`, `-${flag.char}`] : [`--${flag.name}`]);
  const booleans = new Set(all.filter(({ type }) => type === "boolean").flatMap(spellings));
  return new Set(
    all
      .filter(({ type }) => type !== "boolean")
      .flatMap(spellings)
      .filter((spelling) => !booleans.has(spelling)),
  );
}

async function parseInput(command: TableCommand, argv: string[]): Promise<CommandInput> {
  const flags = flagsOf(command);
  const { values, given, unknown } = await cut(flags, argv);
  const problems = unknown.map((flag) => unknownFlag(flag, flags, command));
  const { args, rest } = readArgs(command.args, values, problems, unknown.length > 0);
  const read: CommandInput["flags"] = {};
  for (const flag of flags) {
    const texts = given.get(flag.name);
    if (texts) read[flag.name] = readFlag(flag, texts, problems);
  }
  if (problems.length > 0) throw usageError(problems, command.id);
  return { args, flags: read, ...(rest === undefined ? {} : { rest }) };
}

export function usageError(problems: readonly string[], commandId: string): GantryError {
  const [only = ""] = problems;
  const message =
    problems.length === 1 ? only : `${problems.length} problems:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`;
  return new GantryError("USAGE_INVALID", message, { detail: { command: commandId, problems: [...problems] } });
}

interface Cut {
  values: string[];
  given: Map<string, string[]>;
  unknown: string[];
}

interface Token {
  type: string;
  flag?: string;
  input: string;
}

/** oclif's Parser does the cutting; every flag may repeat and no value is judged, so that it only ever stops at a missing value. */
async function cut(flags: readonly FlagSpec[], argv: string[]): Promise<Cut> {
  const values: string[] = [];
  const given = new Map<string, string[]>();
  const output = await parseLoosely(flags, argv);
  for (const token of output.raw) {
    if (token.type === "arg") values.push(token.input);
    else if (token.flag !== undefined) given.set(token.flag, [...(given.get(token.flag) ?? []), token.input]);
  }
  return { values, given, unknown: output.nonExistentFlags };
}

async function parseLoosely(flags: readonly FlagSpec[], argv: string[]): Promise<{ raw: Token[]; nonExistentFlags: string[] }> {
  try {
    const { raw, nonExistentFlags } = await parse(argv, { flags: oclifFlags(flags), args: {}, strict: false });
    return { raw: raw as Token[], nonExistentFlags: nonExistentFlags ?? [] };
  } catch (error) {
    const stopped = (error as { parse?: { output?: { raw: Token[]; nonExistentFlags?: string[] } } }).parse?.output;
    if (stopped) return { raw: stopped.raw, nonExistentFlags: stopped.nonExistentFlags ?? [] };
    if (codeOf(error) !== undefined || !(error instanceof Error)) throw error;
    throw new GantryError("USAGE_INVALID", messageOf(error).split("\n")[0] ?? "", { cause: error });
  }
}

type OclifFlags = NonNullable<Parameters<typeof parse>[1]["flags"]>;

function oclifFlags(flags: readonly FlagSpec[]): OclifFlags {
  const entries = flags.map((flag) => {
    const base = {
      name: flag.name,
      parse: (input: unknown) => Promise.resolve(input),
      ...(flag.char ? { char: flag.char } : {}),
    };
    if (flag.type === "boolean") return [flag.name, { ...base, type: "boolean", allowNo: false }];
    return [flag.name, { ...base, type: "option", input: [], multiple: true, multipleNonGreedy: true }];
  });
  return Object.fromEntries(entries) as OclifFlags;
}

function unknownFlag(spelling: string, flags: readonly FlagSpec[], command: TableCommand): string {
  const [flag = spelling] = spelling.split("=");
  const name = flag.replace(/^-+/, "");
  if ((command.id === "run" || command.id === "") && flagsOfLaterBuilds.has(name))
    return `${flag} is known, but not in this build.`;
  if (command.id === "run" && name === "json") return "run has no flag --json; use --output json.";
  const where = command.id === "" ? "gantry" : command.id;
  const known = flags.map((each) => `--${each.name}`);
  const behind = command.args.at(-1)?.rest ? " Put -- before what is not for Gantry." : "";
  return `${where} has no flag ${flag}.${didYouMean(flag, known)}${behind}`;
}

function readArgs(
  specs: readonly ArgSpec[],
  values: readonly string[],
  problems: string[],
  lenient: boolean,
): Pick<CommandInput, "args" | "rest"> {
  const args: CommandInput["args"] = {};
  for (const [index, spec] of specs.entries()) {
    const value = values[index];
    if (spec.rest && value !== undefined) return { args, rest: values.slice(index) };
    if (value === undefined) {
      if (spec.required) problems.push(`The argument ${spec.name.toUpperCase()} is missing: ${spec.summary}`);
    } else if (spec.options && !spec.options.includes(value)) {
      problems.push(
        `${spec.name.toUpperCase()} is one of ${spec.options.join(", ")}, not ${value}.${didYouMean(value, spec.options)}`,
      );
    } else args[spec.name] = value;
  }
  const extra = values.slice(specs.length);
  // What follows an unknown flag may have been its value.
  if (extra.length > 0 && !lenient) {
    problems.push(
      `Too many arguments: ${extra.map((value) => JSON.stringify(value)).join(" ")}. Put quotes around an argument of several words.`,
    );
  }
  return { args };
}

function readFlag(flag: FlagSpec, texts: readonly string[], problems: string[]): CommandInput["flags"][string] {
  if (flag.type === "boolean") return true;
  if (!flag.multiple && texts.length > 1) problems.push(`--${flag.name} can be given only once.`);
  for (const text of texts) {
    if (flag.type === "integer" && !isInteger(text))
      problems.push(`--${flag.name} takes a whole number, not ${JSON.stringify(text)}.`);
    if (flag.options && !flag.options.includes(text)) {
      problems.push(`--${flag.name} is one of ${flag.options.join(", ")}, not ${text}.${didYouMean(text, flag.options)}`);
    }
  }
  if (flag.multiple) return [...texts];
  const [value = ""] = texts;
  return flag.type === "integer" ? Number(value) : value;
}

function isInteger(text: string): boolean {
  return /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text));
}
