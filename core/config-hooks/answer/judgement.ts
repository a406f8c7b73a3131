/** A hook's reply in the words of the hook table. */
import type { Judgement, TapExtras, TrustedJudgement } from "../../contract/hooks.ts";
import type { HookReply } from "./hook-reply.ts";

/** A guard that could not decide throws: the dispatcher names it, records the failure and denies. */
export function judgementOf(reply: HookReply, extras: TapExtras): TrustedJudgement | TapExtras {
  const { verdict, reason, input, remember, undecided } = reply;
  if (undecided !== undefined) throw new Error(`${undecided} (onFailure "continue" lets it go on)`);
  const said = extrasOf(reply, extras);
  if (verdict === undefined) return said;
  const judgement: Judgement = { ...said, verdict, ...(reason === undefined ? {} : { reason }) };
  if (verdict !== "allow") return judgement;
  return { ...judgement, ...(input === undefined ? {} : { input }), ...(remember === undefined ? {} : { remember }) };
}

export function extrasOf({ context, stop, failed }: HookReply, extras: TapExtras): TapExtras {
  return {
    ...extras,
    ...(context === undefined ? {} : { context }),
    ...(stop === undefined ? {} : { stop }),
    ...(failed === undefined ? {} : { failed }),
  };
}
