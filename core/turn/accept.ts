/** An input becomes part of the session: rewritten and judged by hooks, then recorded with what they give to the model. */
import { GantryError } from "../contract/errors.ts";
import type { EventData } from "../contract/events.ts";
import { type InputContent, noUsage } from "../contract/messages.ts";
import type { Progress } from "./ending.ts";
import type { TurnDeps } from "./turn.ts";

/**
 * INPUT_REJECTED, PRICE_UNKNOWN: then nothing is recorded, nor when it is cancelled. What hooks give stands behind what the
 * user wrote.
 */
export async function acceptInput(
  { content: given, source }: { content: InputContent[]; source: EventData["input"]["source"] },
  progress: Progress,
  deps: TurnDeps,
  signal: AbortSignal,
): Promise<void> {
  const { sessionId, hearing, redact } = deps.calls;
  const { hooks, record } = deps;
  const received = await hooks.rewrite("input.receive", { sessionId, content: given, source }, { signal });
  const { content } = received.payload;
  const ruling = await hooks.judge("input.receive", { sessionId, content, source }, { signal });
  // A judge that a cancel has ended denies: that is no refusal.
  if (signal.aborted) return;
  if (ruling.verdict === "deny")
    throw new GantryError("INPUT_REJECTED", `${ruling.by} refused the input: ${ruling.reason ?? "no reason given"}`);
  if (deps.limits.maxCostUsd !== undefined && (await deps.price?.(deps.model.full, noUsage)) === undefined) {
    throw new GantryError(
      "PRICE_UNKNOWN",
      `the price of ${deps.model.full} is not known, so a cost limit of ${deps.limits.maxCostUsd} USD cannot be kept`,
    );
  }
  hearing.hear(received.heard);
  hearing.hear(ruling.heard);
  const context = hearing.takeContext();
  record("input", { content: context.length === 0 ? content : [...content, ...redact.content(context)], source });
  record("turn.start", { turn: progress.turn });
  hearing.hear(await hooks.observe("turn.start", { sessionId, turn: progress.turn }, { signal }));
}
