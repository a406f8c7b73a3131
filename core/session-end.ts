/** How long hooks may hold up the end of a session: all of them together, not each. */
import type { DeclaredHook } from "./contract/host.ts";
import { isObject } from "./contract/messages.ts";
import { publicEventTable } from "./contract/public-events.ts";

const event = "SessionEnd";
const mostSeconds = 60;

/** The given signal, bounded by the longest time that one of the session's SessionEnd hooks asks for. */
export function endSignal(hooks: readonly DeclaredHook[], signal: AbortSignal | undefined): AbortSignal | undefined {
  const own = hooks.filter((hook) => hook.event === event);
  if (own.length === 0) return signal;
  const bound = AbortSignal.timeout(Math.max(...own.map(secondsOf)) * 1_000);
  return signal === undefined ? bound : AbortSignal.any([signal, bound]);
}

function secondsOf({ handler }: DeclaredHook): number {
  const timeout = isObject(handler) ? handler["timeout"] : undefined;
  return typeof timeout === "number" && timeout > 0 ? Math.min(timeout, mostSeconds) : publicEventTable[event].timeoutSeconds;
}
