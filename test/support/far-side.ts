/** A channel without a process: what the core sends is collected, what a guest would say is pushed, and time passes when told to. */
import { type Channel, type ChannelCall, type ChannelOptions, createChannel } from "../../workers/channel.ts";
import { frameBytes } from "../../workers/frame-text.ts";

export interface Clock {
  after(ms: number, then: () => void): () => void;
  pass(ms: number): void;
  /** Timers that wait. */
  readonly waiting: number;
}

export function createClock(): Clock {
  let now = 0;
  let timers: { at: number; then: () => void }[] = [];
  return {
    after(ms, then) {
      const timer = { at: now + ms, then };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass(ms) {
      now += ms;
      for (;;) {
        const due = timers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) return;
        timers = timers.filter((other) => other !== due);
        due.then();
      }
    },
    get waiting() {
      return timers.length;
    },
  };
}

export interface FarSide {
  channel: Channel;
  clock: Clock;
  /** Frames of the core, parsed. */
  sent: unknown[][];
  violations: string[];
  stuck: string[];
  /** Contexts' callIds, in the order their calls ended. */
  ended: string[];
  /** As the guest's own bytes. */
  says(...frames: unknown[]): void;
}

export function openFarSide(options: Partial<ChannelOptions> = {}): FarSide {
  const clock = createClock();
  const sent: unknown[][] = [];
  const violations: string[] = [];
  const stuck: string[] = [];
  const ended: string[] = [];
  const channel = createChannel({
    plugin: () => "far",
    send: (text) => sent.push(JSON.parse(text)),
    ...{ after: clock.after, ackMs: 5_000, graceMs: 2_000 },
    perform: async () => null,
    onCallEnded: ({ context }) => ended.push(context.callId),
    ...{ onHello: () => undefined, onPing: () => undefined, onLog: () => undefined },
    onViolation: (code, problem) => violations.push(`${code}: ${problem}`),
    onStuck: (how, problem) => stuck.push(`${how}: ${problem}`),
    ...options,
  });
  const says = (...frames: unknown[]): void => {
    for (const frame of frames) channel.push(frameBytes(typeof frame === "string" ? frame : JSON.stringify(frame)));
  };
  return { channel, clock, sent, violations, stuck, ended, says };
}

export const hello = ["hello", { protocol: 1, node: "v24", tier: "realm" }];

export function callOf(callId: string, more: Partial<ChannelCall> = {}): ChannelCall {
  return {
    target: { part: "tool", name: "Tool" },
    input: {},
    context: { callId, cwd: "/w", workspace: "/w" },
    services: { reach: { workspace: "/w", roots: [], approved: [], hidden: [] }, home: "/h" },
    signal: new AbortController().signal,
    timeoutMs: 1_000,
    ...more,
  };
}
