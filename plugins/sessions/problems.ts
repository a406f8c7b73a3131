import type { CommandContext, VerifyReport } from "gantry/plugin";

/** Says that what follows is only part of the session. */
export function warnOfProblems(id: string, problems: VerifyReport["problems"], ctx: CommandContext): void {
  const [first] = problems;
  if (!first) return;
  ctx.warn(
    `session ${id}: line ${first.line} ${first.what}. What comes before it is shown; gantry sessions verify ${id} names all.`,
  );
}
