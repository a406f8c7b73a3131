/**
 * THE command table: the shell's own commands and what the plugins' manifests contribute, no plugin code. One table drives
 * the parser, help and completion. Ids are words separated by spaces; the longest id that the words begin with is meant.
 */
import { GantryError } from "../contract/errors.ts";
import type { CommandManifest, PluginManifest } from "../contract/manifest.ts";
import { didYouMean } from "../contract/nearest.ts";
import { shellCommands } from "./own-commands.ts";

/** `plugin` is undefined for the shell's own; `isCommunity`: it runs in a guest. */
export type TableCommand = CommandManifest & { plugin: string | undefined; isCommunity?: true };

export interface CommandTable {
  /** Sorted by id. */
  readonly commands: readonly TableCommand[];
  /** Every proper prefix of an id: `tools`, `sessions`. Sorted. */
  readonly topics: readonly string[];
  find(id: string): TableCommand | undefined;
  /** The command that `words` begin with, and how many of them are its name. */
  match(words: readonly string[]): { command: TableCommand; length: number } | undefined;
  /** What to say about words that are no command: COMMAND_UNKNOWN with the nearest name. */
  unknown(words: readonly string[]): GantryError;
}

/**
 * NAME_TAKEN when two built-ins, or one and the shell, offer one id. An id may begin another: the longer one wins. `installed`
 * are community plugins whose names clash with none; `refused` are commands of others, and why they cannot be run.
 */
export function createCommandTable(
  manifests: readonly PluginManifest[],
  {
    installed = [],
    refused = new Map(),
  }: { installed?: readonly PluginManifest[]; refused?: ReadonlyMap<string, GantryError> } = {},
): CommandTable {
  const byId = new Map<string, TableCommand>();
  for (const command of shellCommands) claim(byId, { ...command, plugin: undefined });
  for (const { name, contributes } of manifests) {
    for (const command of contributes.commands) claim(byId, { ...command, plugin: name });
  }
  for (const { name, contributes } of installed) {
    for (const command of contributes.commands) {
      if (!byId.has(command.id)) byId.set(command.id, { ...command, plugin: name, isCommunity: true });
    }
  }
  const commands = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const topics = [...new Set(commands.flatMap(({ id }) => prefixesOf(id)))].sort();
  const longest = Math.max(...commands.map(({ id }) => id.split(" ").length));
  return {
    commands,
    topics,
    find: (id) => byId.get(id),
    match(words) {
      for (let length = Math.min(longest, words.length); length > 0; length--) {
        const command = byId.get(words.slice(0, length).join(" "));
        if (command) return { command, length };
      }
      return undefined;
    },
    unknown: (words) =>
      words
        .map((_, index) => refused.get(words.slice(0, words.length - index).join(" ")))
        .find((error) => error !== undefined) ?? unknownCommand(words, { commands, topics }),
  };
}

function claim(table: Map<string, TableCommand>, command: TableCommand): void {
  const holder = table.get(command.id);
  if (holder) {
    const owner = holder.plugin === undefined ? "the shell" : `plugin ${holder.plugin}`;
    throw new GantryError("NAME_TAKEN", `${owner} and plugin ${command.plugin} both offer the command ${command.id}`);
  }
  table.set(command.id, command);
}

function prefixesOf(id: string): string[] {
  const words = id.split(" ");
  return words.slice(1).map((_, index) => words.slice(0, index + 1).join(" "));
}

function unknownCommand(words: readonly string[], table: Pick<CommandTable, "commands" | "topics">): GantryError {
  const [first = ""] = words;
  if (table.topics.includes(first)) {
    const below = table.commands.map(({ id }) => id).filter((id) => id.startsWith(`${first} `));
    const said = words.slice(0, 2).join(" ");
    const message = `There is no command ${said}.${didYouMean(said, below)} ${first} has: ${below.map((id) => id.slice(first.length + 1)).join(", ")}.`;
    return new GantryError("COMMAND_UNKNOWN", message, { detail: { words: [...words] } });
  }
  const names = [...table.commands.map(({ id }) => id), ...table.topics];
  const message = `There is no command ${first}.${didYouMean(first, names)} To ask the model: gantry run "${first} …".`;
  return new GantryError("COMMAND_UNKNOWN", message, { detail: { words: [...words] } });
}
