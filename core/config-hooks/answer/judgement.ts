/** A hook's reply in the words of the hook table. */
import type { TapExtras, TrustedJudgement } from "../../contract/hooks.ts";
import type { HookReply } from "./hook-reply.ts";

/** A guard that could not decide throws: the dispatcher names it, records the failure and denies. */
export function judgementOf(reply: HookReply, extras: TapExtras): TrustedJudgement | TapExtras {
  const { verdict, reason, input, remember, answer, undecided } = reply;
  if (undecided !== undefined) throw new Error(`${undecided} (onFailure "continue" lets it go on)`);
  const said = extrasOf(reply, extras);
  if (verdict === undefined) return said;
  const judgement: TrustedJudgement = {
    ...{ ...said, verdict },
    ...(reason === undefined ? {} : { reason }),
    ...(answer === undefined ? {} : { answer }),
  };
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
