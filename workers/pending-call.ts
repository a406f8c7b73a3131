/**
 * One call or load that waits for its guest. Settles exactly once. Its clocks: the ack, then its deadline; its signal. Deadline and
 * cancel are a frame first; when the guest has not ended the call after the grace, it is stuck and its guest is to be ended.
 */
import { type ErrorCode, errorTable, GantryError } from "../core/contract/errors.ts";
import type { Json } from "../core/contract/messages.ts";

/** Sets a timer; what it returns clears it. */
export type After = (ms: number, then: () => void) => () => void;

export interface PendingOptions {
  id: number;
  /** For messages: `Read of notes`. */
  name: string;
  signal: AbortSignal;
  timeoutMs: number | "own";
  /** What of its time was over before it was sent: its guest had to be started first. */
  usedMs?: number | undefined;
  /** Absent: none is awaited. */
  ackMs: number | undefined;
  graceMs: number;
  after: After;
  /** Tells the guest. */
  cancel(reason: string): void;
  onStuck(how: "hung" | "stubborn", problem: string): void;
  onEnd(): void;
}

export interface Pending {
  readonly result: Promise<Json>;
  /** It was sent: its clocks run from now. */
  begin(): void;
  /** False when it was acknowledged already. */
  acknowledge(): boolean;
  succeed(value: Json): void;
  /** With the guest's own error. */
  fail(error: { code: string; message: string; detail?: Json }): void;
  end(cause: "cancel" | "timeout"): void;
  /** With an error of ours: its guest ended. A call that was being ended fails with the reason for that. */
  abandon(error: GantryError): void;
}

export function startPending(o: PendingOptions): Pending {
  const { promise: result, resolve, reject } = Promise.withResolvers<Json>();
  // Who asked awaits it later, or has gone: that is no unhandled rejection.
  result.catch(() => undefined);
  let isSettled = false;
  let isAcknowledged = false;
  let endedBy: "cancel" | "timeout" | undefined;
  let stopAck: (() => void) | undefined;
  let stopDeadline: (() => void) | undefined;
  let stopGrace: (() => void) | undefined;

  const onAbort = (): void => end("cancel");
  function end(cause: "cancel" | "timeout"): void {
    if (isSettled || endedBy !== undefined) return;
    endedBy = cause;
    o.cancel(reasonOf(cause));
    stopGrace = o.after(o.graceMs, () => o.onStuck("stubborn", `${o.name} went on for ${o.graceMs} ms after its cancel`));
  }
  function reasonOf(cause: "cancel" | "timeout"): string {
    return cause === "timeout" ? `${o.name} did not end within ${o.timeoutMs} ms.` : `${o.name} was cancelled.`;
  }
  function ended(): GantryError {
    const cause = endedBy ?? "cancel";
    return new GantryError(cause === "timeout" ? "TOOL_TIMEOUT" : "TOOL_INTERRUPTED", reasonOf(cause));
  }
  function settle(): boolean {
    if (isSettled) return false;
    isSettled = true;
    for (const stop of [stopAck, stopDeadline, stopGrace]) stop?.();
    o.signal.removeEventListener("abort", onAbort);
    o.onEnd();
    return true;
  }

  return {
    result,
    end,
    begin() {
      if (isSettled) return;
      const { ackMs, timeoutMs, usedMs = 0 } = o;
      if (ackMs !== undefined && !isAcknowledged) {
        stopAck = o.after(ackMs, () => o.onStuck("hung", `it did not acknowledge ${o.name} within ${ackMs} ms`));
      }
      if (timeoutMs !== "own") stopDeadline = o.after(Math.max(1, timeoutMs - usedMs), () => end("timeout"));
      o.signal.addEventListener("abort", onAbort, { once: true });
      if (o.signal.aborted) end("cancel");
    },
    acknowledge() {
      if (isAcknowledged || o.ackMs === undefined) return false;
      isAcknowledged = true;
      stopAck?.();
      return true;
    },
    // A result that made it wins over the cancel that was on its way.
    succeed: (value) => void (settle() && resolve(value)),
    fail: (error) => void (settle() && reject(endedBy === undefined ? errorOfGuest(error) : ended())),
    abandon: (error) => void (settle() && reject(endedBy === undefined ? error : ended())),
  };
}

/** Codes that say what became of a guest or of this program are the core's to give. */
const ours =
  /^(?:GUEST|ISOLATION|PLUGIN_(?!INVALID|OPTIONS_INVALID)|INTERNAL|PAIR_LAW|CONFIG|TRUST|SESSION|LOG|OUTPUT|APPROVAL|TURN|LIMIT|ROOT)/;
const maxMessageChars = 4_000;

function errorOfGuest({ code, message, detail }: { code: string; message: string; detail?: Json }): GantryError {
  const known = Object.hasOwn(errorTable, code) && !ours.test(code) ? (code as ErrorCode) : "TOOL_FAILED";
  const isRecord = typeof detail === "object" && detail !== null && !Array.isArray(detail);
  return new GantryError(known, message.slice(0, maxMessageChars), isRecord ? { detail } : {});
}
