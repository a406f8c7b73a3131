/**
 * PreToolUse: one run per call, at two points. At tool.call the hook sees the input as those before it left it, and may
 * change it; what it decided is kept and given at tool.approve, when the input it spoke of is the one that is to be
 * approved. If another changed it since, the hook runs again on the final input.
 */
import { isDeepStrictEqual } from "node:util";
import type { CallFacts, HookReplies, TapExtras, TrustedJudgement } from "../contract/hooks.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { AnyTap } from "../contract/plugin.ts";
import type { HookReply } from "./answer/hook-reply.ts";
import { extrasOf, judgementOf } from "./answer/judgement.ts";
import type { ConfigHook } from "./declared/config-hook.ts";
import type { Firing } from "./firing.ts";

/** What was decided about one call's input. */
interface Kept {
  /** As the hook was given it, and as it left it. */
  inputs: readonly JsonObject[];
  /** Absent: the call was not the hook's. */
  reply?: HookReply;
}

/** Calls that wait for their approval; more are never on their way together, and one that is forgotten is judged again. */
const mostKept = 256;

export function preToolUseTaps(hook: ConfigHook, firing: Firing, shared: Partial<AnyTap>): AnyTap[] {
  const kept = new Map<string, Kept>();

  function keep(call: CallFacts, entry: Kept): void {
    const oldest = kept.size >= mostKept ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    kept.set(keyOf(call), entry);
  }

  async function onCall(
    call: CallFacts,
    { signal }: { signal: AbortSignal },
  ): Promise<Partial<HookReplies["tool.call"]> & TapExtras> {
    kept.delete(keyOf(call));
    const fired = await firing.fire({ point: "tool.call", hook, payload: call, signal });
    if (fired === undefined) {
      keep(call, { inputs: [call.input] });
      return { skipped: true };
    }
    const { reply, extras } = fired;
    const { input, undecided } = reply;
    keep(call, { inputs: input === undefined ? [call.input] : [call.input, input], reply });
    const said = extrasOf(reply, extras);
    // The edit of one that says no, or could not decide, is nobody's business any more.
    if (reply.verdict === "deny") return undecided === undefined ? said : { ...said, failed: undecided };
    return input === undefined ? said : { ...said, input };
  }

  async function onApprove(call: CallFacts, { signal }: { signal: AbortSignal }): Promise<TrustedJudgement | TapExtras> {
    const entry = kept.get(keyOf(call));
    kept.delete(keyOf(call));
    // It ran in the background, or runs there: it decides nothing.
    if (hook.isAsync) return { skipped: true };
    if (entry?.inputs.some((input) => isDeepStrictEqual(input, call.input))) return given(entry.reply);
    const fired = await firing.fire({ point: "tool.approve", hook, payload: call, signal, again: entry?.reply !== undefined });
    if (fired === undefined) return { skipped: true };
    return judgementOf(agreed(fired.reply, call.input), fired.extras);
  }

  return [
    { ...shared, on: "tool.call", kind: "rewrite", run: onCall },
    { ...shared, on: "tool.approve", kind: "judge", run: onApprove },
  ];
}

/** What was said beside the verdict was told at tool.call. */
function given(reply: HookReply | undefined): TrustedJudgement | TapExtras {
  if (reply?.verdict === undefined) return { skipped: true };
  const { verdict, reason, undecided } = reply;
  return judgementOf(
    { verdict, ...(reason === undefined ? {} : { reason }), ...(undecided === undefined ? {} : { undecided }) },
    {},
  );
}

/** A hook that wants yet another input has not agreed to this one, and edits are over. */
function agreed(reply: HookReply, final: JsonObject): HookReply {
  const { input, ...rest } = reply;
  if (input === undefined || isDeepStrictEqual(input, final) || reply.verdict === "deny") return rest;
  const reason = "it changed the input, another hook changed it again, and it would change that too: they do not agree";
  return { ...rest, verdict: "deny", reason };
}

const keyOf = ({ sessionId, callId }: CallFacts): string => `${sessionId} ${callId}`;
