/** What a core of its own measures of itself: memory and its loop. From the moment this is loaded. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
let peak = 0;
let start = process.memoryUsage().rss;
let live = liveBytes();
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage().rss);
}, 20).unref();

/** Since the last time it was asked: the longest lag, the highest memory, and what of it is still held after a collection. */
export async function measure(): Promise<{ lagMs: number; growthMiB: number; heldMiB: number; polluted: boolean }> {
  const highest = Math.max(peak, process.memoryUsage().rss);
  const lagMs = delay.max / 1e6;
  // What was on its way to a guest that was killed is let go when its pipe has closed.
  for (let look = 0; look < 10 && liveBytes() - live > 20 * 2 ** 20; look++) await setTimeout(300);
  const now = liveBytes();
  const measured = {
    lagMs,
    growthMiB: (highest - start) / 2 ** 20,
    heldMiB: (now - live) / 2 ** 20,
    polluted: "polluted" in {},
  };
  delay.reset();
  live = now;
  start = process.memoryUsage().rss;
  peak = start;
  return measured;
}

function liveBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
