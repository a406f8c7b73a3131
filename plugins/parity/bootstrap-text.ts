/** An opening as Markdown, section by section. Texts of files, configs and plugins stand in it as one clean line each. */
import type { Opening, OpeningPlugin } from "../../core/contract/surface.ts";
import { plainLine, plainLines } from "./plain-text.ts";
import type { RouteMatch } from "./route/score.ts";
import { whyText } from "./route/text.ts";

export function describeOpening(opening: Opening, about: { prompt: string; routes: readonly RouteMatch[] }): string {
  const sections = [
    head(opening, about.prompt),
    section("Config layers, lowest first", layers(opening)),
    section("Trust", trust(opening)),
    section("Plugins", plugins(opening)),
    section("Hooks, in the order they would run", hooks(opening)),
    section("Taps of plugins", taps(opening)),
    section("MCP servers, not started", servers(opening)),
    section("Instruction files", instructions(opening)),
    section("System prompt", prompt(opening)),
    section("Tools offered", tools(opening)),
    section("Matched routes", routes(about.routes)),
  ];
  return sections.join("\n\n");
}

function head({ version, project, cwd, model, mode, stops }: Opening, asked: string): string {
  const start = stops.length === 0 ? ["A run would start."] : ["No run would start here:", "", ...stops.map(stopLine)];
  return [
    "# How a session would begin",
    "",
    ...plainLines(asked.trim())
      .split("\n")
      .slice(0, 20)
      .map((line) => `> ${line}`.trimEnd()),
    "",
    `- Gantry ${cell(version)}`,
    `- Project: ${cell(project)}`,
    ...(cwd === project ? [] : [`- Working folder: ${cell(cwd)}`]),
    `- Model: ${cell(model.value)} (${from(model)})`,
    `- Permission mode: ${cell(mode.value)} (${from(mode)})`,
    "",
    ...start,
  ].join("\n");
}

/** What the message lists further stands in the sections below. */
function stopLine({ code, message, hint }: Opening["stops"][number]): string {
  const [first = ""] = message.split("\n", 1);
  return `- ${cell(code)}: ${words(first.replace(/:$/, ""))}. ${cell(hint)}`;
}

function from({ from: { layer, source } }: Opening["model"]): string {
  return layer === source ? layer : `${layer}, ${cell(source)}`;
}

function layers({ layers: all, problems }: Opening): string[] {
  const told = problems.map(({ code, severity, message, file, line }) => {
    const place = file === undefined ? "" : `${cell(file)}${line === undefined ? "" : `:${line}`}: `;
    return `- ${severity ?? "error"} ${code}: ${place}${words(message)}`;
  });
  return [
    ...table(
      ["layer", "file", "there"],
      all.map(({ layer, path, exists }) => [layer, path, exists ? "yes" : "no"]),
    ),
    "",
    ...(told.length === 0 ? ["No problem."] : [counted(told.length, "problem"), "", ...told]),
  ];
}

const trustWords = {
  trusted: "The project is trusted.",
  untrusted: "The project is not trusted: what follows is left out until it is (gantry trust grant).",
  changed: "The project changed since it was trusted: what follows is left out until it is trusted again (gantry trust grant).",
  "nothing-to-trust": "The project has nothing that needs trust.",
} as const;

function trust({ trust: { state, parts } }: Opening): string[] {
  const each = parts.map(({ what, source }) => `- ${words(what)} (${cell(source)})`);
  return [trustWords[state], ...(each.length === 0 ? [] : ["", ...each])];
}

function plugins({ plugins: all }: Opening): string[] {
  return table(
    ["plugin", "version", "kind", "state", "offers", "why"],
    all.map((plugin) => [plugin.name, plugin.version, plugin.kind, stateOf(plugin), offers(plugin), plugin.why ?? ""]),
  );
}

const stateWords = { "in-force": "in force", disabled: "disabled", waiting: "waits for consent", broken: "broken" } as const;

function stateOf({ state, required }: OpeningPlugin): string {
  return `${stateWords[state]}${required ? ", required" : ""}`;
}

function offers({ contributes }: OpeningPlugin): string {
  const each = Object.entries(contributes).flatMap(([what, count]) => (count === 0 ? [] : [counted(count, what.slice(0, -1))]));
  return each.length === 0 ? "nothing" : each.join(", ");
}

function hooks({ hooks: all }: Opening): string[] {
  if (all.length === 0) return ["No hook is declared in any config."];
  const rows = all.map(({ event, order, matcher, if: only, type, what, state, problem, source }) => [
    ...[event, String(order), [matcher ?? "*", ...(only === undefined ? [] : [`if ${only}`])].join(" "), type],
    ...[what, problem === undefined ? state : `${state}: ${problem}`, source],
  ]);
  return table(["event", "#", "matcher", "type", "runs", "state", "source"], rows);
}

function taps({ taps: all }: Opening): string[] {
  if (all.length === 0) return ["None."];
  const rows = all.map(({ point, kind, tap, stage, tools: only }) => [
    point,
    kind,
    tap,
    String(stage),
    only?.join(", ") ?? "*",
  ]);
  return table(["point", "kind", "tap", "stage", "tools"], rows);
}

const serverWords = { usable: "would be started", waiting: "waits for trust", disabled: "disabled" } as const;

function servers({ servers: all }: Opening): string[] {
  if (all.length === 0) return ["None is configured."];
  const rows = all.map(({ name, state, source }) => [name, serverWords[state], source]);
  return [
    ...table(["server", "state", "source"], rows),
    "",
    "What they offer is known once they run: `gantry mcp inspect NAME` starts one and shows it.",
  ];
}

function instructions({ instructions: all, hidden }: Opening): string[] {
  const rows = all.map(({ file, bytes, truncated }) => [file, String(bytes), truncated ? "cut: the file is larger" : "whole"]);
  const out = hidden.map((file) => [file, "", "hidden by a deny rule: not read"]);
  return rows.length + out.length === 0 ? ["None is found."] : table(["file", "bytes", "read"], [...rows, ...out]);
}

function prompt({ prompt: sections }: Opening): string[] {
  const total = sections.reduce(
    (sum, { characters, tokens }) => ({ characters: sum.characters + characters, tokens: sum.tokens + tokens }),
    { characters: 0, tokens: 0 },
  );
  const rows = sections.map(({ name, characters, tokens }) => [name, String(characters), `~${tokens}`]);
  return table(["section", "characters", "tokens"], [...rows, ["all", String(total.characters), `~${total.tokens}`]]);
}

function tools({ tools: all }: Opening): string[] {
  if (all.length === 0) return ["None: the rules deny every tool whole."];
  const total = all.reduce((sum, { tokens }) => sum + tokens, 0);
  const rows = all.map(({ name, effect, plugin, tokens }) => [name, effect, plugin, `~${tokens}`]);
  return table(["tool", "effect", "plugin", "tokens"], [...rows, [counted(all.length, "tool"), "", "", `~${total}`]]);
}

function routes(all: readonly RouteMatch[]): string[] {
  if (all.length === 0) return ["The prompt names nothing of this build."];
  return table(
    ["item", "score", "why"],
    all.map((match) => [match.item, match.score.toFixed(1), whyText(match)]),
  );
}

function section(title: string, lines: readonly string[]): string {
  return [`## ${title}`, "", ...lines].join("\n");
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map((row) => line(row.map(cell)))];
}

/** One clean line that ends no cell and begins no markup of its own. */
function cell(text: string): string {
  return clipped(plainLine(text)).replace(/[\\|<[]/g, "\\$&");
}

function words(text: string): string {
  return cell(text).replace(/\.$/, "");
}

const mostLetters = 1_000;

function clipped(text: string): string {
  const letters = [...text];
  return letters.length > mostLetters ? `${letters.slice(0, mostLetters - 1).join("")}…` : text;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
