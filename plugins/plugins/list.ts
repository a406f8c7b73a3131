import { defineCommand, type Host } from "gantry/plugin";
import { columnsOf, printable, shorten, toJson } from "./text.ts";

type Facts = Awaited<ReturnType<Host["plugins"]["list"]>>[number];

export const listCommand = defineCommand({
  id: "plugins list",
  summary: "List installed plugins: state, what surrounds them on this machine, and what they used so far.",
  description:
    "States: ready; disabled; needs-consent (of the project, and you have not said yes); broken (its bytes or files are not what the lock says).",
  examples: ["gantry plugins list", "gantry plugins list --json"],
  async run(_input, { host }) {
    const plugins = await host.plugins.list();
    if (plugins.length === 0)
      return { data: { plugins: [] }, text: "No plugin is installed. To install one: gantry plugins install SPEC" };
    return { data: toJson({ plugins }), text: [tableOf(plugins), ...notesOf(plugins)].join("\n") };
  },
});

const head = ["NAME", "VERSION", "SCOPE", "STATE", "ISOLATION", "MEMORY", "CPU", "CALLS", "CRASHES", "REFUSED"];

function tableOf(plugins: readonly Facts[]): string {
  const rows = plugins.map((plugin) => [
    printable(plugin.name),
    shorten(plugin.version, 20),
    plugin.scope,
    plugin.state,
    plugin.tier,
    plugin.rssMiB === 0 ? "-" : `${Math.round(plugin.rssMiB)} MiB`,
    plugin.cpuSeconds === 0 ? "-" : `${plugin.cpuSeconds.toFixed(1)} s`,
    String(plugin.calls),
    String(plugin.crashes),
    String(plugin.refusals),
  ]);
  return columnsOf(head, rows);
}

const isInFront = ({ scope, state }: Facts): boolean => scope === "project" && (state === "ready" || state === "broken");

function notesOf(plugins: readonly Facts[]): string[] {
  const problems = plugins.flatMap(({ name, scope, state, problem }) =>
    problem === undefined ? [] : [`${printable(name)} (${scope}) is ${state}: ${shorten(problem.message, 400)}`],
  );
  const behind = plugins.filter(
    ({ name, scope }) => scope === "user" && plugins.some((other) => other.name === name && isInFront(other)),
  );
  const waiting = plugins.some(({ state }) => state === "needs-consent");
  const lacking = new Set(plugins.flatMap(({ notEnforced }) => notEnforced));
  return [
    ...(problems.length > 0 ? ["", ...problems] : []),
    ...behind.map(
      ({ name }) => `${printable(name)} (user) is not used here: this project's own ${printable(name)} stands in front of it`,
    ),
    ...(waiting ? ["To look at what waits for you: gantry plugins install"] : []),
    ...(lacking.size > 0 ? ["", ...[...lacking].map((what) => `Not enforced on this machine: ${printable(what)}`)] : []),
  ];
}
