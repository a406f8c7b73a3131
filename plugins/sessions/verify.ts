import type { VerifyReport } from "gantry/plugin";
import { defineCommand } from "gantry/plugin";
import { counted, toJson } from "./text.ts";

export const verifySessions = defineCommand({
  id: "sessions verify",
  summary: "Check the hash chain of one session, or of all of this project.",
  description:
    "Exits 1 when any line was changed, lost or torn. It guards against accidents and quiet edits, not against an owner who rewrites the whole log.",
  args: [{ name: "id", summary: "The session's id, the beginning of it, or last; all when absent." }],
  examples: ["gantry sessions verify", "gantry sessions verify last"],
  run: async ({ args }, ctx) => {
    const sessions = await ctx.host.sessions.verify(args["id"]);
    const ok = sessions.every((report) => report.ok);
    const text = sessions.length === 0 ? "There are no sessions of this project yet." : sessions.map(describe).join("\n");
    const output = { data: toJson({ ok, sessions }), text };
    return ok ? output : { ...output, error: { code: "SESSION_BROKEN", message: brokenOf(sessions) } };
  },
});

function brokenOf(sessions: readonly VerifyReport[]): string {
  const broken = sessions.filter(({ ok }) => !ok).map(({ id }) => id);
  return `${counted(broken.length, "session")} of ${sessions.length} not as written: ${broken.join(", ")}`;
}

function describe({ id, ok, events, problems }: VerifyReport): string {
  if (ok) return `${id}  ok, ${counted(events, "event")}`;
  return [
    `${id}  ${counted(problems.length, "problem")}`,
    ...problems.map(({ line, what }) => `    line ${line} ${what}`),
  ].join("\n");
}
