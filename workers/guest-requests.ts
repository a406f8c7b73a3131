/** Requests of one guest for effects: ids that rise, calls that run, at most 64 without a reply, and one reply to each. */
import { GantryError, messageOf } from "../core/contract/errors.ts";
import type { CallFrameContext } from "../core/contract/frames.ts";
import type { CallServices } from "../core/contract/guest.ts";
import type { Json } from "../core/contract/messages.ts";
import { textsWithValue } from "./frame-text.ts";
import type { ReadFrame } from "./guest-frames.ts";
import { rawBytesOf, textsWithRawBytes } from "./raw-bytes.ts";
import { replyError } from "./reply-error.ts";

/** The realm asks for no more at once, and waits for the reply to each. */
export const maxRequestsUnderWay = 64;

/** One call that runs, as its effects see it. */
export interface RunningCall {
  readonly context: CallFrameContext;
  readonly services: CallServices;
  /** Aborted when the call has ended, was cancelled, or the channel closed. */
  readonly signal: AbortSignal;
}

type Request = ReadFrame & { kind: "request" };

export interface RequestsOptions {
  send(text: string): void;
  /** Resolves when the guest has taken what was sent, or is no more; undefined while little of it waits. */
  taken?: () => Promise<void> | undefined;
  /** `sent` resolves when its reply has left; it never rejects. */
  perform(method: string, args: Json[], call: RunningCall, sent: Promise<void>): Promise<Json>;
  /** `ended` was made once and runs no more. Undefined: no call of this id was ever made. */
  callOf(id: number): RunningCall | "ended" | undefined;
}

export interface GuestRequests {
  /** What is wrong with it, if anything. */
  take(request: Request): { code: "GUEST_PROTOCOL" | "GUEST_FLOOD"; problem: string } | undefined;
}

export function createRequests({ send, taken = () => undefined, perform, callOf }: RequestsOptions): GuestRequests {
  let lastId = 0;
  let underWay = 0;
  let unsent = 0;
  let leaving: Promise<void> = Promise.resolve();

  /** Not begun while the guest leaves replies unread: all of them would lie here (test/faults/attacks/exhaustion.ts). */
  async function begun(request: Request, call: RunningCall, sent: Promise<void>): Promise<Json> {
    if (unsent > 0 || taken() !== undefined) await leaving.then(taken);
    if (call.signal.aborted) return late(request.method);
    return await perform(request.method, request.value as Json[], call, sent);
  }

  /** One after the other, and each in a turn of the loop of its own where the one before filled the pipe. */
  async function answer(id: number, done: Promise<Json>): Promise<void> {
    const settled = await done.then(
      (value) => () => textsOf(id, value),
      (error: unknown) => () => [refusal(id, error)],
    );
    unsent++;
    leaving = leaving.then(taken).then(() => {
      const texts = settled();
      unsent--;
      underWay--;
      for (const text of texts) send(text);
    });
    await leaving;
  }

  return {
    take(request) {
      const { id, callId, method } = request;
      if (id <= lastId) return { code: "GUEST_PROTOCOL", problem: `request ${id} came after request ${lastId}` };
      lastId = id;
      const call = callOf(callId);
      if (call === undefined) {
        return { code: "GUEST_PROTOCOL", problem: `request ${id} is of call ${callId}, which was never made` };
      }
      if (++underWay > maxRequestsUnderWay) {
        return { code: "GUEST_FLOOD", problem: `it has ${underWay} requests under way; the limit is ${maxRequestsUnderWay}` };
      }
      const isLate = call === "ended" || call.signal.aborted;
      // Whatever becomes of it is told in its reply.
      const sent = Promise.withResolvers<void>();
      void answer(id, isLate ? late(method) : begun(request, call, sent.promise)).then(sent.resolve);
      return undefined;
    },
  };
}

/** Made one after the other where they are long. */
function textsOf(id: number, value: Json): Iterable<string> {
  try {
    if (rawBytesOf(value) !== undefined) return textsWithRawBytes(id, value);
    return textsWithValue({ open: `["reply",${id},true,`, value: JSON.stringify(value ?? null), close: "]", id });
  } catch (error) {
    return [refusal(id, error instanceof RangeError ? tooLong(error) : error)];
  }
}

function refusal(id: number, error: unknown): string {
  return `["reply",${id},false,${JSON.stringify(replyError(error))}]`;
}

async function late(method: string): Promise<never> {
  throw new GantryError("CALL_ENDED", `${method} was asked for by a call that has ended or was cancelled.`);
}

function tooLong(error: RangeError): GantryError {
  return new GantryError("TOOL_FAILED", `The answer cannot cross: ${messageOf(error)}.`, { cause: error });
}
