/** Of an inventory: commands and their flags, and what is typed after `/` in the line session. */
import type { FlagSpec } from "../contract/command.ts";
import type { InventoryItem } from "../contract/inventory.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import { createCommandTable, type TableCommand } from "./commands.ts";
import { item, type OfferedPlugin, plain, sourceOf } from "./inventory-item.ts";
import { flagsOf, flagsOfLaterBuilds, globalFlags, lineSession } from "./own-commands.ts";
import { slashCommands } from "./slash.ts";

/** No id is spelled so; it has none. */
const lineSessionName = "(line session)";

interface OfferedCommand {
  name: string;
  source: string;
  command: Omit<TableCommand, "plugin">;
}

/** Of the table that the command line is read with. */
export function offeredCommands(plugins: readonly OfferedPlugin[]): OfferedCommand[] {
  const of = (kind: OfferedPlugin["kind"]): PluginManifest[] =>
    plugins.filter((plugin) => plugin.kind === kind).map(({ manifest }) => manifest);
  const table = createCommandTable(of("built-in"), { installed: of("community") });
  const byPlugin = new Map(plugins.map((plugin) => [plugin.manifest.name, sourceOf(plugin)]));
  return [
    { name: lineSessionName, source: "shell", command: lineSession },
    ...table.commands.map((command) => ({
      name: command.id,
      source: command.plugin === undefined ? "shell" : (byPlugin.get(command.plugin) ?? `plugin ${command.plugin}`),
      command,
    })),
  ];
}

/** Without the flags that every command takes. */
export function commandItems(commands: readonly OfferedCommand[]): InventoryItem[] {
  return commands.map(({ name, source, command: { summary, args, flags } }) =>
    item(name, source, { summary, facts: plain({ args, flags }) }),
  );
}

interface FlagUse {
  flag: FlagSpec;
  name: string;
  source: string;
}

/** One item a name. `commands` are those that take it, `*` all but those of `except`. */
export function flagItems(commands: readonly OfferedCommand[]): InventoryItem[] {
  const uses = Map.groupBy(
    commands.flatMap(({ name, source, command }) => command.flags.map((flag): FlagUse => ({ flag, name, source }))),
    ({ flag }) => flag.name,
  );
  const everywhere = new Set(globalFlags.map(({ name }) => name));
  const own = [...uses].filter(([name]) => !everywhere.has(name)).map(([name, each]) => flagItem(name, each));
  return [...own, ...globalFlags.map((flag) => globalFlagItem(flag, commands)), ...laterFlags(uses)];
}

function flagItem(name: string, uses: readonly FlagUse[]): InventoryItem {
  const flags = uses.map(({ flag }) => flag);
  const different = <T>(values: readonly (T | undefined)[]): T[] => [...new Set(values)].filter((value) => value !== undefined);
  const char = different(flags.map((flag) => flag.char)).sort();
  const facts = {
    char: char.length === 0 ? undefined : char.join("|"),
    type: different(flags.map(({ type }) => type))
      .sort()
      .join("|"),
    commands: uses.map((use) => use.name).sort(),
  };
  const sources = different(uses.map(({ source }) => source)).sort();
  return item(`--${name}`, sources.join(", "), { summary: flags[0]?.summary ?? "", facts: plain(facts) });
}

function globalFlagItem(flag: FlagSpec, commands: readonly OfferedCommand[]): InventoryItem {
  const without = commands.filter(({ command }) => !flagsOf(command).some(({ name }) => name === flag.name));
  const except = without.length === 0 ? undefined : without.map(({ name }) => name).sort();
  const facts = plain({ char: flag.char, type: flag.type, commands: ["*"], except });
  return item(`--${flag.name}`, "shell", { summary: flag.summary, facts });
}

/** Known by name, and refused with a word that says so. */
function laterFlags(uses: ReadonlyMap<string, unknown>): InventoryItem[] {
  return [...flagsOfLaterBuilds]
    .filter((name) => !uses.has(name))
    .map((name) =>
      item(`--${name}`, "shell", {
        summary: "Known, but not in this build.",
        status: "declared-only",
        facts: { commands: [lineSessionName, "run"] },
      }),
    );
}

export function slashItems(): InventoryItem[] {
  return slashCommands.map(({ name, argument, summary }) => item(`/${name}`, "shell", { summary, facts: plain({ argument }) }));
}
