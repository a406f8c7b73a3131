import { defineCommand, type Host } from "gantry/plugin";
import { columnsOf, printable, shorten, toJson } from "./text.ts";

type Facts = Awaited<ReturnType<Host["plugins"]["inspect"]>>;

export const inspectCommand = defineCommand({
  id: "plugins inspect",
  summary: "Show one plugin: where it is from, what it may do and last did, what bounds it, its last problem and log.",
  args: [{ name: "name", summary: "The plugin.", required: true }],
  examples: ["gantry plugins inspect notes"],
  async run({ args }, { host }) {
    const facts = await host.plugins.inspect(args["name"] ?? "");
    return { data: toJson(facts), text: textOf(facts) };
  },
});

function textOf(facts: Facts): string {
  const { lock, limits, manifest, problem } = facts;
  const lines: [string, string][] = [
    ["state", `${facts.state}${facts.isNew ? ", updated and not started yet" : ""}${facts.required ? ", required" : ""}`],
    ...(problem === undefined ? [] : [["problem", problem.message] as [string, string]]),
    ["scope", facts.scope],
    ["from", lock.resolved === lock.spec ? lock.spec : `${lock.spec} (${lock.resolved})`],
    ...(facts.link === undefined ? [] : [["linked", facts.link] as [string, string]]),
    ["sha512", lock.sha512],
    ["bundle", facts.bundleFile],
    ["installed", lock.installedAt],
    ["isolation", facts.tier],
    ...facts.notEnforced.map((what): [string, string] => ["not enforced", what]),
    [
      "used",
      `${facts.calls} calls, ${facts.crashes} crashes, ${facts.refusals} refused requests, at most ${Math.round(facts.rssMiB)} MiB, ${facts.cpuSeconds.toFixed(1)} s of CPU`,
    ],
    [
      "quotas",
      Object.entries(limits)
        .map(([key, value]) => `${key} ${value}`)
        .join(", "),
    ],
    ["options", shorten(JSON.stringify(facts.options), 400)],
  ];
  const parts = manifest?.contributes;
  return [
    `${printable(facts.name)} ${printable(facts.version)}${manifest === undefined ? "" : `: ${printable(manifest.description)}`}`,
    ...lines.map(([key, value]) => `  ${key.padEnd(12)}  ${printable(value)}`),
    ...(parts === undefined
      ? []
      : [
          `  ${"brings".padEnd(12)}  ${printable([...parts.tools.map(({ name }) => name), ...parts.commands.map(({ id }) => `"${id}"`), ...parts.taps.map(({ on }) => on), ...parts.providers].join(", "))}`,
        ]),
    "",
    grantsText(facts),
    ...(facts.lastProblem === undefined
      ? []
      : ["", `Last problem, ${facts.lastProblem.at}: ${facts.lastProblem.code} ${printable(facts.lastProblem.message)}`]),
    ...(facts.log.length === 0 ? [] : ["", "Log:", ...facts.log.slice(-20).map((line) => `  ${printable(line)}`)]),
  ].join("\n");
}

/** Each grant with its last use. */
export function grantsText({ name, words, uses }: Pick<Facts, "name" | "words" | "uses">): string {
  if (words.length === 0) return `${printable(name)} holds no permission.`;
  const rows = words.map(({ kind, words: what, isWide }) => {
    const use = uses[kind];
    return [
      isWide ? "!" : "",
      kind,
      use === undefined ? "never" : `${use.lastAt.slice(0, 19)} (${use.count})`,
      shorten(what, 200),
    ];
  });
  return columnsOf(["", "PERMISSION", "LAST USE", "IT"], rows);
}
