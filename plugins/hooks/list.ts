import { defineCommand, type Host } from "gantry/plugin";
import { columnsOf, counted, duration, placeOf, printable, shorten, toJson } from "./text.ts";

type Listed = Awaited<ReturnType<Host["hooks"]["list"]>>;
type Hook = Listed["hooks"][number];

export const listHooks = defineCommand({
  id: "hooks list",
  summary: "List every declared hook: where it is written, whether it can run, what it did last, what it costs.",
  description:
    "States: ready; unmatched (has not run in the newest sessions of this project); untrusted (waits for gantry trust grant); broken",
  examples: ["gantry hooks list", "gantry hooks list --json"],
  run: async (_input, { host, warn }) => {
    const { hooks, taps, problems } = await host.hooks.list();
    for (const problem of problems) warn(printable(`${placeOf(problem)}${problem.message}`));
    const parts = [hooks.length === 0 ? "No hook is declared in any config." : describeHooks(hooks), describeTaps(taps)];
    return { data: toJson({ hooks, taps }), text: parts.filter((part) => part !== "").join("\n\n") };
  },
});

function describeHooks(hooks: readonly Hook[]): string {
  const head = ["EVENT", "#", "MATCHER", "TYPE", "STATE", "LAST", "COST", "RUNS", "SOURCE"];
  const rows = hooks.map((hook) => [
    printable(hook.event),
    String(hook.order),
    shorten([hook.matcher ?? "*", ...(hook.if === undefined ? [] : [`if ${hook.if}`])].join(" "), 40),
    shorten(hook.type, 12),
    hook.state,
    hook.last === undefined ? "never" : `${hook.last.outcome} ${hook.last.at.slice(0, 16)}`,
    `${hook.costMs.measured ? "" : "~"}${duration(hook.costMs.ms)}`,
    shorten(hook.what, 48),
    printable(hook.source),
  ]);
  const notes = hooks.flatMap(({ event, order, source, problem, last }) => [
    ...(problem === undefined ? [] : [`${event} ${order} is broken: ${shorten(problem, 400)} (${printable(source)})`]),
    ...(last?.message === undefined ? [] : [`${event} ${order} said: ${shorten(last.message, 200)}`]),
  ]);
  return [columnsOf(head, rows), ...(notes.length === 0 ? [] : ["", ...notes])].join("\n");
}

function describeTaps(taps: Listed["taps"]): string {
  if (taps.length === 0) return "";
  const rows = taps.map(({ point, kind, tap, stage, tools }) => [
    point,
    kind,
    shorten(tap, 100),
    String(stage),
    shorten(tools?.join(", ") ?? "*", 100),
  ]);
  return `${counted(taps.length, "tap")} of plugins:\n${columnsOf(["POINT", "KIND", "TAP", "STAGE", "TOOLS"], rows)}`;
}
