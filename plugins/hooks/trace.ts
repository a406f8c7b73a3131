import { defineCommand } from "gantry/plugin";
import { columnsOf, duration, printable, shorten, toJson } from "./text.ts";

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
      shorten(message ?? "", 120),
    ]);
    return {
      data,
      text: `Session ${sessionId}\n${columnsOf(["TIME", "EVENT", "POINT", "OUTCOME", "TOOK", "CALL", "HOOK", "MESSAGE"], rows)}`,
    };
  },
});
