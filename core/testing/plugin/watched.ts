/** Guests as the core uses them, with somebody who sees what each call asks for. */
import type { EffectSeen, GuestCall, Guests } from "../../contract/guest.ts";
import type { Denial, PerformedEffect } from "./plugin-under-test.ts";

export interface Watched {
  guests: Guests;
  effects: PerformedEffect[];
  denials: Denial[];
}

/** Codes by which an effect is refused and not performed. */
const refusals = new Set([
  "PERMISSION_DENIED",
  "EFFECT_TOO_STRONG",
  "EFFECT_LIMIT",
  "CALL_ENDED",
  "REQUEST_INVALID",
  "HANDLE_UNKNOWN",
  "PATH_OUTSIDE",
  "PATH_DENIED",
  "NET_DENIED",
  "MODEL_BUDGET",
  "STORAGE_FULL",
]);

/** What a test keeps at most of each; the newest are left out, so that the beginning can be told. */
const maxKept = 10_000;

export function watch(guests: Guests): Watched {
  const effects: PerformedEffect[] = [];
  const denials: Denial[] = [];
  function onEffect({ kind, method, args, error }: EffectSeen): void {
    const isRefused = error !== undefined && refusals.has(error.code);
    const where = isRefused ? denials : effects;
    if (where.length === maxKept) return;
    if (isRefused) denials.push({ ...(kind === undefined ? {} : { kind }), method, ...error });
    else if (kind !== undefined) effects.push({ kind, method, args, ...(error === undefined ? {} : { error }) });
  }
  const seen = (call: GuestCall): GuestCall => ({ ...call, services: { ...call.services, onEffect } });
  return {
    effects,
    denials,
    guests: {
      ...guests,
      call: (plugin, call) => guests.call(plugin, seen(call)),
      stream: (plugin, call) => guests.stream(plugin, seen(call)),
    },
  };
}
