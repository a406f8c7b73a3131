/** One Markdown text per page of docs/ that has a made part. */
import { join } from "node:path";
import { type ConfigKey, configKeys } from "../../config/schema.ts";
import { errorTable } from "../../core/contract/errors.ts";
import { exitCodes, exitTable } from "../../core/contract/exit-codes.ts";
import { type HookPoint, hookTable } from "../../core/contract/hooks.ts";
import type { CommandManifest, PluginManifest } from "../../core/contract/manifest.ts";
import { permissionTable } from "../../core/contract/permissions.ts";
import type { ArgSpec, FlagSpec } from "../../core/contract/plugin.ts";
import { eventsOf, type PublicEvent, publicEventTable } from "../../core/contract/public-events.ts";
import { globalFlags, shellCommands } from "../../core/shell/own-commands.ts";
import { describeEvents } from "./events.ts";
import { pluginReference } from "./plugins.ts";

/** Keyed by page, without `.md`. */
export async function docTables(root: string, manifests: readonly PluginManifest[]): Promise<Record<string, string>> {
  const commands = [...shellCommands, ...manifests.flatMap(({ contributes }) => contributes.commands)];
  return {
    hooks: hooks(),
    plugins: await pluginReference(root, configKeys(), table),
    permissions: permissions(manifests),
    errors: errors(),
    run: exits(),
    config: config(configKeys()),
    commands: commandPages(commands.sort((a, b) => (a.id < b.id ? -1 : 1))),
    events: table(["event", "data", "meaning"], await describeEvents(join(root, "core/contract/events.ts"))),
  };
}

function hooks(): string {
  const rows = Object.entries(hookTable).map(([point, { kinds, onJudgeFailure, moment }]) => [
    code(point),
    kinds.join(", "),
    moment,
    eventsOf(point as HookPoint).join(", "),
    (kinds as readonly string[]).includes("judge") ? onJudgeFailure : "",
  ]);
  return [
    "Points, for taps:",
    table(["point", "kinds", "moment", "public event", "a judge that fails counts as"], rows),
    "Public events, for hooks in a config:",
    publicEventRows(),
  ].join("\n\n");
}

function publicEventRows(): string {
  const rows = Object.entries(publicEventTable).map(([event, { points, matches, types, guard, timeoutSeconds, absent }]) =>
    absent === undefined
      ? [
          code(event),
          points.map(code).join(" "),
          matchedBy(matches),
          types.filter((type) => type !== "agent").join(", "),
          guard ? "blocks" : "goes on",
          `${timeoutSeconds} s`,
        ]
      : [code(event), `no such moment: ${absent}`, "", "", "", ""],
  );
  return table(["event", "point", "matcher is compared with", "handlers", "a hook that could not decide", "time"], rows);
}

function matchedBy(matches: (typeof publicEventTable)[PublicEvent]["matches"]): string {
  if (typeof matches === "string") return matches === "tool" ? "the tool's name" : "";
  const { field, values } = matches;
  return values === undefined ? code(field) : `${code(field)}: ${values.map(code).join(" ")}`;
}

function permissions(manifests: readonly PluginManifest[]): string {
  const kinds = Object.entries(permissionTable).map(([kind, { scope, performed, allows }]) => [
    code(kind),
    scope,
    performed,
    allows,
  ]);
  const held = manifests.flatMap(({ name, permissions: grants }) =>
    Object.entries(grants).map(([kind, scopes]) => [
      code(name),
      code(kind),
      typeof scopes === "object" && Array.isArray(scopes)
        ? scopes.map((scope) => code(String(scope))).join(" ")
        : scopes === true
          ? "yes"
          : code(JSON.stringify(scopes)),
    ]),
  );
  return [
    table(["kind", "scope", "performed by", "lets a plugin"], kinds),
    "The built-ins hold these:",
    table(["built-in", "kind", "scope"], held),
  ].join("\n\n");
}

function errors(): string {
  const rows = Object.entries(errorTable).map(([name, { audience, exit, hint }]) => [code(name), audience, String(exit), hint]);
  return table(["code", "speaks to", "exit", "what to do"], rows);
}

function exits(): string {
  return table(
    ["exit", "meaning"],
    exitCodes.map((exit) => [String(exit), exitTable[exit].meaning]),
  );
}

function config(keys: readonly ConfigKey[]): string {
  const rows = keys.map(({ key, type, default: value, description, options }) => [
    code(key),
    options ? options.map(code).join(" ") : type,
    value === null ? "" : code(JSON.stringify(value)),
    description,
  ]);
  return table(["key", "type", "default", "meaning"], rows);
}

function commandPages(commands: readonly CommandManifest[]): string {
  const everywhere = ["Every command takes these, anywhere on the line:", flagTable(globalFlags)].join("\n\n");
  return [everywhere, ...commands.map(commandPage)].join("\n\n");
}

function commandPage({ id, summary, description, args, flags, examples }: CommandManifest): string {
  const usage = ["gantry", id, ...args.map(usageOf)].join(" ");
  return [
    `## \`${usage}\``,
    [summary, ...(description === undefined ? [] : [description])].map(sentence).join(" "),
    ...(args.length > 0
      ? [
          table(
            ["argument", "meaning"],
            args.map((arg) => [code(arg.name), meaning(arg)]),
          ),
        ]
      : []),
    ...(flags.length > 0 ? [flagTable(flags)] : []),
    ...(examples.length > 0 ? [`\`\`\`sh\n${examples.join("\n")}\n\`\`\``] : []),
  ].join("\n\n");
}

function usageOf({ name, required, rest }: ArgSpec): string {
  const word = `${name.toUpperCase()}${rest ? "…" : ""}`;
  return required ? word : `[${word}]`;
}

function flagTable(flags: readonly FlagSpec[]): string {
  const rows = flags.map((flag) => [
    code(`--${flag.name}${flag.type === "boolean" ? "" : ` ${flag.value ?? flag.name.toUpperCase()}`}`) +
      (flag.char ? ` ${code(`-${flag.char}`)}` : ""),
    meaning(flag),
  ]);
  return table(["flag", "meaning"], rows);
}

function meaning({ summary, options }: FlagSpec | ArgSpec): string {
  return options ? `${summary} One of ${options.map(code).join(" ")}.` : summary;
}

/** Summaries are written with and without a full stop. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
