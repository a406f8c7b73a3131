/** Names that may be taken once: of plugins, tools, commands and providers. A community plugin never takes one that somebody has. */
import type { PluginManifest } from "../contract/manifest.ts";
import { shellCommands } from "../shell/own-commands.ts";

export interface Owners {
  /** The owner in words, by what is owned: `tool Read`, `command run`. */
  find(what: string): string | undefined;
  claim(manifest: PluginManifest): void;
}

/** `builtins`: what is below their commands' first words is theirs, too. */
export function ownersOf(builtins: readonly PluginManifest[]): Owners {
  const owners = new Map<string, string>();
  const add = (name: string, owner: string): void => {
    owners.set(name, owner);
    for (const begun of beginningsOf(name)) owners.set(`begins ${begun}`, owners.get(`begins ${begun}`) ?? owner);
  };
  const claim = (manifest: PluginManifest): void => {
    for (const name of namesOf(manifest)) add(name, `the plugin ${manifest.name}`);
  };
  for (const { id } of shellCommands) add(`command ${id}`, "the shell");
  for (const manifest of builtins) claim(manifest);
  const first = new Map<string, string>();
  for (const [name, owner] of owners) if (name.startsWith("command ")) first.set(firstWordOf(name), owner);
  const find = (what: string): string | undefined => {
    const taken = owners.get(what) ?? owners.get(`begins ${what}`);
    if (taken !== undefined || !what.startsWith("command ")) return taken;
    return (
      first.get(firstWordOf(what)) ??
      beginningsOf(what)
        .map((begun) => owners.get(begun))
        .find((owner) => owner !== undefined)
    );
  };
  return { find, claim };
}

/**
 * Whether one command's words begin the other's: of two owners, the longer one would take what is meant for the shorter, and
 * `plugins uninstall NAME` could be a plugin's own.
 */
export function takesWords(id: string, other: string): boolean {
  return id === other || id.startsWith(`${other} `) || other.startsWith(`${id} `);
}

/** Of `command a b c`: `command a`, `command a b`. Of other names nothing. */
function beginningsOf(name: string): string[] {
  const [what = "", ...words] = name.split(" ");
  if (what !== "command") return [];
  return words.slice(1).map((_, at) => [what, ...words.slice(0, at + 1)].join(" "));
}

function firstWordOf(command: string): string {
  return command.split(" ")[1] ?? "";
}

/** Both owners in words; undefined when all names are free. */
export function clashOf(manifest: PluginManifest, owners: Owners): string | undefined {
  for (const name of namesOf(manifest)) {
    const owner = owners.find(name);
    if (owner === undefined) continue;
    if (name.startsWith("plugin ")) return `two plugins are named ${manifest.name}`;
    return `${owner} and the plugin ${manifest.name} both offer the ${name}`;
  }
  return undefined;
}

function namesOf({ name, contributes: { tools, commands, providers } }: PluginManifest): string[] {
  return [
    `plugin ${name}`,
    ...tools.map((tool) => `tool ${tool.name}`),
    ...commands.map(({ id }) => `command ${id}`),
    ...providers.map((provider) => `provider ${provider}`),
  ];
}
