/** Waits for what changes tell, at most so long; resolves at the bound too, and throws the signal's reason. */
import { longestTimerMs } from "../contract/clock.ts";
import type { Mcp } from "./mcp.ts";

export async function waitUntil(
  holds: () => boolean,
  { onChange, boundMs, signal }: { onChange: Mcp["onChange"]; boundMs: number; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  if (holds()) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(boundMs, longestTimerMs));
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const forget = onChange(() => {
    if (holds()) resolve();
  });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    forget();
  }
}
