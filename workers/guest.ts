/**
 * One guest process: started, heard of, given to a plugin, watched, ended. It ends in one of four ways: asked to (its input
 * ends), killed by us for what it did, by itself with a code that says why, or by a signal. Whatever way, `ended` tells once
 * and every call that ran on it has failed by then.
 */
import { nowMs } from "../core/contract/clock.ts";
import { type ErrorCode, GantryError, messageOf } from "../core/contract/errors.ts";
import { frameProtocol, maxValueChars } from "../core/contract/frames.ts";
import type { GuestFacts } from "../core/contract/guest.ts";
import type { Json } from "../core/contract/messages.ts";
import { type Channel, createChannel } from "./channel.ts";
import { signalTo } from "./descendants.ts";
import { frameBytes } from "./frame-text.ts";
import type { LogLevel } from "./guest-frames.ts";
import type { RunningCall } from "./guest-requests.ts";
import { endOf } from "./guests/ending.ts";
import { type GuestChild, type LaunchOptions, launch } from "./guests/launch.ts";
import { processTree, type Usage, usageOf } from "./guests/process-usage.ts";
import { createReadingTurns, type Spoken } from "./guests/reading-turns.ts";
import { createThrottle } from "./guests/throttle.ts";
import { startWatch } from "./guests/watch.ts";
import { createWindow } from "./guests/window.ts";
import type { After } from "./pending-call.ts";
import { released } from "./raw-bytes.ts";

/** Of all guests of this process: they share its loop. */
const turns = createReadingTurns({ nowMs, nextTurn: setImmediate });

/** Whose guest it is, once that is known. */
export interface GuestOwner {
  plugin: string;
  perform(method: string, args: Json[], call: RunningCall, sent: Promise<void>): Promise<Json>;
  onCallEnded(call: RunningCall): void;
  onLog(level: LogLevel, text: string): void;
}

/** Why it is no more. `crash`: by its own doing, which the breaker counts. */
export interface GuestEnded {
  how: "asked" | "stubborn" | "crash";
  error: GantryError;
}

export interface Guest {
  readonly pid: number;
  readonly tier: GuestFacts["tier"];
  readonly channel: Channel;
  readonly usage: Usage;
  readonly ended: Promise<GuestEnded>;
  readonly isEnding: boolean;
  give(owner: GuestOwner): void;
  /** Keeps this process alive while calls run, and not for the guest's sake alone. */
  hold(isHeld: boolean): void;
  /** Calls that run fail with `error`; resolves when the process is gone. */
  stop(error: GantryError): Promise<void>;
  /** For what it did. */
  kill(error: GantryError): void;
}

const helloBoundMs = 10_000;
const ackMs = 5_000;
const graceMs = 2_000;
const killMs = 500;
/** Seconds over which a rate is taken: one value of the greatest length is no flood. */
const floodSeconds = 5;
const maxErrorChars = 4_096;
/** Written and not yet taken by the guest; a guest that reads nothing hangs. */
const maxUnreadBytes = 4 * maxValueChars;
/** Frames whose memory is given back as soon as they are written. */
const largeBytes = 64 * 1024;
/** Beyond it no further reply is made. */
const maxWaitingBytes = 512 * 1024;
/** The realm keeps to the bound by itself, counted in lines: more than this beyond it, and there is no such realm. */
const logSlackBytes = 64 * 1024;

export const after: After = (ms, then) => {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
};

/** Resolves when it has said hello. GUEST_START_FAILED. */
export async function startGuest(options: LaunchOptions): Promise<Guest> {
  const { child, settled } = await launch(options);
  const guest = createGuest(child, options, settled);
  try {
    await guest.hello;
  } finally {
    settled();
  }
  return guest;
}

function createGuest(child: GuestChild, options: LaunchOptions, settled: () => void): Guest & { hello: Promise<void> } {
  const { limits, boundary, groups } = options;
  const pid = child.pid ?? 0;
  const hello = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<GuestEnded>();
  hello.promise.catch(() => undefined);
  let owner: GuestOwner | undefined;
  let ending: GuestEnded | undefined;
  let isGone = false;
  /** While replies wait for the guest to read what was sent before. */
  let unread: Promise<void> | undefined;
  let errors = "";
  let tree: Promise<number[]> | undefined;
  const name = (): string => (owner === undefined ? "A guest" : `The guest of ${owner.plugin}`);

  const throttle = createThrottle({ perSecond: limits.requestsPerSecond, nowMs, after });
  const bytes = createWindow({ windowMs: floodSeconds * 1_000, nowMs });
  const logged = createWindow({ windowMs: 60_000, nowMs });
  const watch = startWatch({
    ...{ limits, nowMs },
    isBusy: () => channel.pending > 0,
    usage: async () => await usageOf(await (tree ?? [pid])),
    onProblem: violated,
  });
  const channel = createChannel({
    ...{ after, ackMs, graceMs },
    plugin: () => owner?.plugin ?? "a spare guest",
    send,
    taken,
    async perform(method, args, call, sent) {
      await throttle.turn();
      if (owner === undefined) throw new GantryError("CALL_ENDED", `${method} was asked for by nobody.`);
      return await owner.perform(method, args, call, sent);
    },
    onCallEnded: (call) => owner?.onCallEnded(call),
    onHello({ protocol }) {
      if (protocol !== frameProtocol) return violated("GUEST_PROTOCOL", `it speaks protocol ${protocol}, not ${frameProtocol}`);
      tree = processTree(pid);
      hello.resolve();
    },
    onPing: () => watch.beat(),
    onLog,
    onViolation: violated,
    onStuck(how, problem) {
      if (how === "hung") return violated("GUEST_HUNG", problem);
      end({ how: "stubborn", error: new GantryError("GUEST_HUNG", `${name()} was ended: ${problem}.`) }, "SIGTERM");
    },
  });

  const stopHello = after(helloBoundMs, () =>
    violated("GUEST_START_FAILED", `it said nothing within ${helloBoundMs / 1_000} s`),
  );
  void hello.promise.then(stopHello, stopHello);
  const spoken: Spoken = {
    push: (bytes) => channel.push(bytes),
    pause: () => child.stdout.pause(),
    resume: () => child.stdout.resume(),
  };
  child.stdout.on("data", (chunk: Buffer) => {
    const sum = bytes.add(chunk.length);
    if (sum > limits.bytesPerSecond * floodSeconds) return violated("GUEST_FLOOD", floodText(sum));
    turns.take(spoken, chunk);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString("utf8")).slice(-maxErrorChars);
  });
  // Its end is told by the process, not by its pipes.
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.on("error", () => undefined);
  child.on("error", (error) => gone(new GantryError("GUEST_START_FAILED", `No guest could be started: ${messageOf(error)}.`)));
  child.on("close", (code, signal) => gone(endedBy(code, signal)));
  // What holds its pipes may outlive it; what it said before has been read by then.
  child.on("exit", (code, signal) => {
    const stop = after(killMs, () => gone(endedBy(code, signal)));
    void ended.promise.then(stop);
  });

  function endedBy(code: number | null, signal: NodeJS.Signals | null): GantryError {
    const { code: row, problem } = endOf({ code, signal, errors, limits, usage: watch.usage, isBoxed: boundary !== undefined });
    return new GantryError(row, `${name()} ended: ${problem}.`);
  }
  function floodText(sum: number): string {
    const perSecond = Math.round(sum / floodSeconds / 1_024);
    return `it sent ${perSecond} KiB a second for ${floodSeconds} s; the limit is ${Math.round(limits.bytesPerSecond / 1_024)} KiB a second`;
  }
  function onLog(level: LogLevel, text: string): void {
    const sum = logged.add(text.length);
    if (sum <= limits.logBytesPerMinute + logSlackBytes) owner?.onLog(level, text);
    else violated("GUEST_LOGS", `it logged ${sum} characters within a minute; the limit is ${limits.logBytesPerMinute}`);
  }
  function send(text: string): void {
    if (ending !== undefined || isGone) return;
    const bytes = frameBytes(text);
    const isLarge = bytes.length >= largeBytes && bytes.length === bytes.buffer.byteLength;
    child.stdin.write(bytes, isLarge ? () => released(bytes) : undefined);
    if (child.stdin.writableLength > maxUnreadBytes) {
      const [unreadKiB, mostKiB] = [child.stdin.writableLength, maxUnreadBytes].map((size) => Math.round(size / 1_024));
      violated("GUEST_HUNG", `it leaves ${unreadKiB} KiB unread of what it was sent; the limit is ${mostKiB} KiB`);
    }
  }
  function taken(): Promise<void> | undefined {
    if (child.stdin.writableLength <= maxWaitingBytes || child.stdin.destroyed) return undefined;
    unread ??= new Promise<void>((resolve) => {
      const over = (): void => {
        unread = undefined;
        child.stdin.off("drain", over).off("close", over);
        resolve();
      };
      child.stdin.on("drain", over).on("close", over);
    });
    return unread;
  }
  function violated(code: ErrorCode, problem: string): void {
    end({ how: "crash", error: new GantryError(code, `${name()} was ended: ${problem}.`) }, "SIGTERM");
  }

  /** From here on nothing it says counts. */
  function end(why: GuestEnded, signal?: "SIGTERM"): void {
    if (ending !== undefined || isGone) return;
    ending = why;
    close(why.error);
    if (signal === undefined) child.stdin.end();
    else signalTo(pid, signal);
    const stop = after(killMs, killGroup);
    void ended.promise.then(stop);
  }
  function close({ code, message }: GantryError): void {
    watch.stop();
    throttle.close();
    hello.reject(asStartFailure({ code, message }));
    channel.close(() => new GantryError(code, message));
  }
  function killGroup(): void {
    if (pid === 0) return;
    signalTo(-pid, "SIGKILL");
    signalTo(pid, "SIGKILL");
  }
  function gone(error: GantryError): void {
    if (isGone) return;
    isGone = true;
    if (pid !== 0) groups.remove(pid);
    settled();
    close(ending?.error ?? error);
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
    ended.resolve(ending ?? { how: "crash", error });
  }

  return {
    ...{ pid, channel, hello: hello.promise, ended: ended.promise },
    tier: boundary === undefined ? "realm+process" : "realm+process+os",
    get usage() {
      return watch.usage;
    },
    get isEnding() {
      return ending !== undefined || isGone;
    },
    give(next) {
      owner = next;
    },
    hold(isHeld) {
      const change = isHeld ? "ref" : "unref";
      child[change]();
      for (const pipe of [child.stdin, child.stdout, child.stderr])
        (pipe as unknown as { ref(): void; unref(): void })[change]();
    },
    async stop(error) {
      end({ how: "asked", error });
      await ended.promise;
    },
    kill: (error) => end({ how: "crash", error }, "SIGTERM"),
  };
}

/** What a guest that never said hello died of is why it could not be started. */
function asStartFailure({ code, message }: { code: ErrorCode; message: string }): GantryError {
  return new GantryError(code === "PLUGIN_STOPPED" ? code : "GUEST_START_FAILED", message);
}
