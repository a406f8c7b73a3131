/** Events of a small believable session, for the tests of the session room. */
import type { EventData, EventType } from "../../core/contract/events.ts";
import type { ToolCallBlock, Usage } from "../../core/contract/messages.ts";
import type { SessionLog } from "../../core/session/log.ts";
import { foldEvent, type SessionState } from "../../core/session/state.ts";

export const openFacts = {
  cwd: "/projects/sample",
  model: "scripted/a.json",
  versions: { gantry: "0.1.0", node: "24.0.0" },
} satisfies Omit<EventData["session.open"], "id" | "project">;

export const usage: Usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1 };

export const callOf = (callId: string, name = "Read"): ToolCallBlock => ({
  type: "tool_call",
  callId,
  name,
  input: { file_path: `${callId}.txt` },
});

export const recorder =
  ({ log, state }: { log: SessionLog; state: SessionState }) =>
  <T extends EventType>(type: T, data: EventData[T]): void => {
    foldEvent(state, log.append(type, data));
  };

/** Input, an answer with one call, its result, a last answer; `flush` where the product has one. */
export async function addTurn(
  session: { log: SessionLog; state: SessionState },
  turn: number,
  flush: () => Promise<void>,
): Promise<void> {
  const record = recorder(session);
  const callId = `call-${turn}`;
  record("input", { content: [{ type: "text", text: `Task ${turn} – prüfe ✓` }], source: "prompt" });
  record("turn.start", { turn });
  record("step.start", { step: 1, model: "scripted/a.json", promptSha256: "0".repeat(64), messages: 1 });
  await flush();
  record("answer", {
    step: 1,
    message: { role: "assistant", content: [callOf(callId, "Bash")] },
    stop: "tool_use",
    usage,
    model: "a",
  });
  record("tool.call", { callId, name: "Bash", input: { command: "true" } });
  record("tool.approval", { callId, verdict: "allow", asked: false, by: { kind: "flag", name: "always" } });
  record("tool.start", { callId });
  await flush();
  record("tool.result", { callId, content: [{ type: "text", text: "ok" }], isError: false, durationMs: 1 });
  await flush();
  const text = `Done with ${turn}.`;
  record("answer", {
    step: 2,
    message: { role: "assistant", content: [{ type: "text", text }] },
    stop: "end_turn",
    usage,
    model: "a",
  });
  record("turn.end", { turn, stop: "end_turn", steps: 2, usage, durationMs: 5, costUsd: 0.25 });
  await flush();
}
