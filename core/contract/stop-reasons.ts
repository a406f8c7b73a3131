/** THE table of stop reasons: why a turn ended, as `run --output json` and the event turn.end say it. */
import type { StopReason } from "./events.ts";

const rows = {
  end_turn: "the model asks for nothing more",
  max_turns: "the limit of model requests was reached",
  max_cost: "the limit of cost was reached",
  timeout: "the limit of time was reached",
  repeated_failure: "one failing call was repeated until the limit",
  max_tokens: "an answer was cut at its token limit",
  refusal: "the model refused to answer",
  denied: "a call needed a yes and nobody was there to give it",
  interrupted: "it was stopped from outside",
  error: "it failed",
} as const satisfies Record<StopReason, string>;

export const stopReasonTable: Readonly<Record<StopReason, string>> = rows;
export const stopReasons = Object.keys(rows) as StopReason[];
