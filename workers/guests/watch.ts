/**
 * Looks after one guest from outside: its beats, its memory, its CPU. A beat counts as missed only while this process's own
 * loop was on time: a host that was stopped or is overloaded ends no guests.
 */
import type { ErrorCode } from "../../core/contract/errors.ts";
import type { GuestLimits } from "../../core/contract/guest.ts";
import type { Usage } from "./process-usage.ts";

const tickMs = 250;
/** Three beats, and half of one for its way. */
const quietBoundMs = 3_500;
const windowSeconds = 30;
/** Ticks between two samples of a guest without calls. */
const idleTicks = 4;

export interface WatchOptions {
  limits: Pick<GuestLimits, "rssMiB" | "cpuSeconds">;
  nowMs(): number;
  isBusy(): boolean;
  usage(): Promise<Usage | undefined>;
  /** Once: what is wrong, with the figure and the limit. */
  onProblem(code: ErrorCode, problem: string): void;
}

export interface Watch {
  beat(): void;
  readonly usage: Usage;
  stop(): void;
}

export function startWatch({ limits, nowMs, isBusy, usage, onProblem }: WatchOptions): Watch {
  let last: Usage = { rssMiB: 0, cpuSeconds: 0 };
  const samples: { at: number; cpuSeconds: number }[] = [];
  let quietMs = 0;
  let tickAt = nowMs();
  let ticks = 0;
  let isSampling = false;
  const timer = setInterval(tick, tickMs);
  timer.unref();

  function tell(code: ErrorCode, problem: string): void {
    clearInterval(timer);
    onProblem(code, problem);
  }

  function tick(): void {
    const now = nowMs();
    const elapsed = now - tickAt;
    tickAt = now;
    if (elapsed < tickMs * 2) quietMs += elapsed;
    if (quietMs >= quietBoundMs)
      tell("GUEST_HUNG", `nothing was heard of it for ${Math.round(quietMs)} ms; the limit is ${quietBoundMs} ms`);
    else if (!isSampling && (isBusy() || ticks++ % idleTicks === 0)) void sample();
  }

  async function sample(): Promise<void> {
    isSampling = true;
    const seen = await usage();
    isSampling = false;
    if (seen === undefined) return;
    last = seen;
    if (seen.rssMiB > limits.rssMiB) {
      return tell("GUEST_MEMORY", `it uses ${Math.round(seen.rssMiB)} MiB; the limit is ${limits.rssMiB} MiB`);
    }
    const used = cpuInWindow(samples, { at: nowMs(), cpuSeconds: seen.cpuSeconds });
    if (used > limits.cpuSeconds) {
      tell("GUEST_CPU", `it used ${used.toFixed(1)} s of CPU within ${windowSeconds} s; the limit is ${limits.cpuSeconds} s`);
    }
  }

  return {
    beat() {
      quietMs = 0;
    },
    get usage() {
      return last;
    },
    stop: () => clearInterval(timer),
  };
}

/** CPU since the oldest sample of the last 30 seconds. `samples` is kept to what the window needs. */
export function cpuInWindow(samples: { at: number; cpuSeconds: number }[], now: { at: number; cpuSeconds: number }): number {
  const start = now.at - windowSeconds * 1_000;
  // One a second is enough: the window is then right to a second, and holds some thirty.
  const latest = samples.at(-1);
  if (latest === undefined || now.at - latest.at >= 1_000) samples.push(now);
  while ((samples[1]?.at ?? Number.POSITIVE_INFINITY) <= start) samples.shift();
  return now.cpuSeconds - (samples[0]?.cpuSeconds ?? now.cpuSeconds);
}
