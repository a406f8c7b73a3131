import { defineCommand } from "gantry/plugin";
import { columnsOf, duration, indent, printable, shorten, toJson } from "./text.ts";

const head = ["TIME", "EVENT", "POINT", "OUTCOME", "TOOK", "CALL", "HOOK", "MESSAGE"];

export const traceHooks = defineCommand({
  id: "hooks trace",
  summary: "Show which hooks and taps ran in a session, how long each took, and what it decided.",
  args: [{ name: "session", summary: "The session's id, the beginning of it, or last. Default: last." }],
  examples: ["gantry hooks trace", "gantry hooks trace 20261122T1015 --json"],
  run: async ({ args }, { host }) => {
    const traced = await host.hooks.trace(args["session"]);
    const { sessionId, fired } = traced;
    const data = toJson(traced);
    if (fired.length === 0) return { data, text: `No hook or tap ran in session ${sessionId}.` };
    const rows = fired.map(({ at, point, event, tap, source, ms, outcome, callId, message }) => [
      at.slice(11, 23),
      event ?? "",
      point,
      outcome,
      duration(ms),
      shorten(callId ?? "", 16),
      printable(source ?? tap),
      shorten(message ?? "", 500),
    ]);
    const [heads = "", ...lines] = columnsOf(head, rows).split("\n");
    const told = lines.flatMap((line, index) => [
      line,
      ...(fired[index]?.violations ?? []).map((text) => indent(`does not fit the format: ${shorten(text, 400)}`)),
    ]);
    return { data, text: [`Session ${sessionId}`, heads, ...told].join("\n") };
  },
});
