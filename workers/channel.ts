/**
 * The core's end of one guest's channel: ids, pending calls, streams with credit, requests and their replies. Knows no
 * process: bytes come in by `push`, texts go out by `send`. Every call settles exactly once: by the guest's own result or
 * error, or by `close`. What does not fit is a violation, told once, after which nothing more is read.
 */
import { GantryError, messageOf } from "../core/contract/errors.ts";
import { type CallFrameContext, type CallTarget, streamCredit } from "../core/contract/frames.ts";
import type { CallServices } from "../core/contract/guest.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { createFrameReader, textsWithValue } from "./frame-text.ts";
import { type LogLevel, readGuestFrame } from "./guest-frames.ts";
import { createRequests, type RequestsOptions, type RunningCall } from "./guest-requests.ts";
import { createLazyAbort, type LazyAbort } from "./lazy-abort.ts";
import { createNewestText, type NewestText } from "./newest-text.ts";
import { type After, type Pending, type PendingOptions, startPending } from "./pending-call.ts";
import { nameOfTarget } from "./target-name.ts";
import { createJoiner, type WholeFrame } from "./value-parts.ts";

/** Progress texts are for a line of a terminal. */
const maxProgressChars = 4_096;
/** Between two of one call. */
const progressEveryMs = 20;

export interface ChannelCall extends Pick<PendingOptions, "signal" | "timeoutMs" | "usedMs"> {
  target: CallTarget;
  input: Json;
  context: CallFrameContext;
  services: CallServices;
  onChunk?(item: Json): void;
  /** The items are pulled: credit is given back with `taken`, not at once. */
  isPulled?: true;
}

type ViolationCode = "GUEST_PROTOCOL" | "GUEST_FLOOD";

export interface ChannelOptions extends Pick<RequestsOptions, "perform" | "taken"> {
  /** For messages. */
  plugin(): string;
  /** One frame's text. */
  send(text: string): void;
  after: After;
  /** From call to ack; a guest that does not say that it has it hangs. */
  ackMs: number;
  /** From cancel to the call's end. */
  graceMs: number;
  onCallEnded(call: RunningCall): void;
  onHello(facts: { protocol: number; node: string; tier: string }): void;
  onPing(): void;
  onLog(level: LogLevel, text: string): void;
  onViolation(code: ViolationCode, problem: string): void;
  /** A call was not acknowledged in time (`hung`), or did not end after its cancel (`stubborn`). */
  onStuck(how: "hung" | "stubborn", problem: string): void;
}

export interface StartedCall {
  result: Promise<Json>;
  /** One item was read: with `isPulled`. */
  taken(): void;
  cancel(): void;
}

export interface Channel {
  push(chunk: Buffer): void;
  /** The plugin's contributions. `options` null: it is only to be described. */
  load(body: { name: string; options: JsonObject | null; source: string }, o: LoadOptions): Promise<Json>;
  call(call: ChannelCall): StartedCall;
  /** Calls and loads that have not ended. */
  readonly pending: number;
  /** Rejects all that is pending, and what is asked later, with what `because` makes for it. Nothing is sent or read any more. */
  close(because: () => GantryError): void;
}

type LoadOptions = Pick<PendingOptions, "signal" | "timeoutMs" | "usedMs">;

interface Open extends RunningCall {
  pending: Pending;
  streams: boolean;
  /** Items that may still come, and those that were taken since credit was last given. */
  credit: number;
  taken: number;
  onChunk: ((item: Json) => void) | undefined;
  isPulled: boolean;
  progress?: NewestText;
}

const ofLoad: RunningCall = {
  context: { callId: "", cwd: "", workspace: "" },
  services: { reach: { workspace: "", roots: [], approved: [], hidden: [] }, home: "" },
  // Effects are for calls: those of a load are refused.
  signal: AbortSignal.abort(),
};

export function createChannel(options: ChannelOptions): Channel {
  const open = new Map<number, Open>();
  let lastId = 0;
  let isGreeted = false;
  let isOver = false;
  let whyOver = (): GantryError => new GantryError("PLUGIN_STOPPED", `The guest of ${options.plugin()} has ended.`);

  const join = createJoiner();
  const read = createFrameReader((text) => {
    if (isOver) return;
    const frame = readGuestFrame(text);
    const whole = typeof frame === "string" ? frame : join(frame);
    const problem = typeof whole === "object" ? take(whole) : whole;
    if (problem !== undefined) violate("GUEST_PROTOCOL", problem);
  });
  const requests = createRequests({
    send,
    ...(options.taken && { taken: options.taken }),
    perform: options.perform,
    callOf: (id) => open.get(id) ?? (id <= lastId ? "ended" : undefined),
  });

  function violate(code: ViolationCode, problem: string): void {
    if (isOver) return;
    isOver = true;
    options.onViolation(code, problem);
  }
  function send(text: string): void {
    if (!isOver) options.send(text);
  }

  /** Returns what is wrong with it, if anything. */
  function take(frame: WholeFrame): string | undefined {
    if (frame.kind === "hello" ? isGreeted : !isGreeted) return `a ${frame.kind} frame out of its turn`;
    switch (frame.kind) {
      case "hello":
        isGreeted = true;
        options.onHello(frame);
        return undefined;
      case "ping":
        options.onPing();
        return undefined;
      case "log":
        options.onLog(frame.level, frame.text);
        return undefined;
      case "request": {
        const wrong = requests.take(frame);
        if (wrong !== undefined) violate(wrong.code, wrong.problem);
        return undefined;
      }
      default:
        return takeOfCall(frame);
    }
  }

  function takeOfCall(frame: WholeFrame & { kind: "ack" | "progress" | "chunk" | "result" | "error" }): string | undefined {
    const call = open.get(frame.id);
    // Calls end by these very frames, in order, or with the channel: nothing that arrives later was ever right.
    if (call === undefined) return `a ${frame.kind} frame for ${frame.id}, which nobody waits for`;
    switch (frame.kind) {
      case "ack":
        return call.pending.acknowledge() ? undefined : `an ack of ${frame.id} that was not due`;
      case "progress":
        showProgress(call, frame.text.slice(0, maxProgressChars));
        return undefined;
      case "chunk":
        return takeChunk(frame.id, call, frame.item);
      case "result":
        call.pending.succeed(frame.value);
        return undefined;
      case "error":
        call.pending.fail(frame);
        return undefined;
    }
  }

  function showProgress(call: Open, text: string): void {
    const { onProgress } = call.services;
    if (onProgress === undefined) return;
    call.progress ??= createNewestText(onProgress, { everyMs: progressEveryMs, after: options.after });
    call.progress.show(text);
  }

  function takeChunk(id: number, call: Open, item: Json): string | undefined {
    if (!call.streams) return `an item of ${id}, which is no stream`;
    if (call.credit-- === 0) return `more than ${streamCredit} items of ${id} without a credit`;
    call.onChunk?.(item);
    if (!call.isPulled) giveBack(id);
    return undefined;
  }

  /** One item was taken; credit goes back by the half, so that it costs a frame for 32 items and never runs dry. */
  function giveBack(id: number): void {
    const call = open.get(id);
    if (call === undefined || ++call.taken < streamCredit / 2) return;
    call.credit += call.taken;
    send(`["credit",${id},${call.taken}]`);
    call.taken = 0;
  }

  function start(o: LoadOptions & { name: string; ackMs: number | undefined; effects: LazyAbort; onEnd(): void }) {
    const id = ++lastId;
    const { after, graceMs, onStuck } = options;
    const pending = startPending({
      ...{ id, after, graceMs, onStuck, signal: o.signal, ackMs: o.ackMs },
      ...{ timeoutMs: o.timeoutMs, usedMs: o.usedMs },
      name: `${o.name} of ${options.plugin()}`,
      cancel(reason) {
        o.effects.abort();
        send(`["cancel",${id},${JSON.stringify(reason)}]`);
      },
      onEnd() {
        open.delete(id);
        o.effects.abort();
        o.onEnd();
      },
    });
    return { id, pending };
  }

  function post(pending: Pending, frame: { open: string; value: string; close: string; id: number }): void {
    if (isOver) {
      pending.abandon(whyOver());
      return;
    }
    try {
      for (const text of textsWithValue(frame)) send(text);
      pending.begin();
    } catch (error) {
      const message = `The input cannot cross to ${options.plugin()}: ${messageOf(error)}.`;
      pending.abandon(new GantryError("TOOL_FAILED", message, { cause: error }));
    }
  }

  return {
    push(chunk) {
      if (isOver) return;
      const problem = read(chunk);
      if (problem !== undefined) violate("GUEST_PROTOCOL", problem);
    },
    load({ name, options: values, source }, o) {
      const shared = { name: "load", ackMs: undefined, effects: createLazyAbort(), onEnd: () => undefined };
      const { id, pending } = start({ ...o, ...shared });
      open.set(id, { ...ofLoad, pending, streams: false, credit: 0, taken: 0, onChunk: undefined, isPulled: false });
      const head = `["load",${id},{"name":${JSON.stringify(name)},"options":${JSON.stringify(values)},"source":`;
      post(pending, { open: head, value: JSON.stringify(source), close: "}]", id });
      return pending.result;
    },
    call(call) {
      const { target, context, services, onChunk, signal, timeoutMs, usedMs } = call;
      const effects = createLazyAbort();
      const onEnd = (): void => {
        running.progress?.end();
        options.onCallEnded(running);
      };
      const { id, pending } = start({
        ...{ signal, timeoutMs, usedMs, effects, onEnd },
        name: nameOfTarget(target),
        ackMs: options.ackMs,
      });
      const streams = target.part === "stream" || target.part === "command";
      const running: Open = {
        ...{ context, services, pending, streams, onChunk },
        ...{ credit: streamCredit, taken: 0, isPulled: call.isPulled === true },
        get signal() {
          return effects.signal;
        },
      };
      open.set(id, running);
      const head = `["call",${id},{"target":${JSON.stringify(target)},"input":`;
      const close = `,"context":${JSON.stringify(context)}}]`;
      post(pending, { open: head, value: JSON.stringify(call.input), close, id });
      return { result: pending.result, taken: () => giveBack(id), cancel: () => pending.end("cancel") };
    },
    get pending() {
      return open.size;
    },
    close(because) {
      isOver = true;
      whyOver = because;
      for (const { pending } of [...open.values()]) pending.abandon(because());
    },
  };
}
