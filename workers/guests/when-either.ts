/** A wait for something that goes on without who waits: it ends with the caller's own signal and bound. */
import { GantryError } from "../../core/contract/errors.ts";

export async function whenEither<T>(
  work: Promise<T>,
  { signal, timeoutMs, plugin }: { signal: AbortSignal; timeoutMs: number | "own"; plugin: string },
): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const cancel = (): void => reject(new GantryError("TOOL_INTERRUPTED", `The call was cancelled while ${plugin} started.`));
  const late = (): void => reject(new GantryError("TOOL_TIMEOUT", `${plugin} did not start within ${timeoutMs} ms.`));
  const timer = timeoutMs === "own" ? undefined : setTimeout(late, timeoutMs);
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    return await Promise.race([work, stopped]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
    // Whoever else waits for it is told; here nobody does any more.
    work.catch(() => undefined);
  }
}
