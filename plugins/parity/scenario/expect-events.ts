/** Events of the session's log: some in this order, and some that must not be there. Fields are the event's data, beside its type. */
import { type Failure, shown } from "./failure.ts";
import type { EventPattern, Place } from "./format.ts";
import type { LoggedEvent } from "./log-events.ts";
import { fits } from "./subset.ts";

export function checkEvents(
  patterns: readonly EventPattern[] | undefined,
  events: readonly LoggedEvent[],
  place: Place,
): Failure[] {
  const failures: Failure[] = [];
  let from = 0;
  for (const [index, pattern] of (patterns ?? []).entries()) {
    const at = events.findIndex((event, position) => position >= from && fits(pattern, flat(event)));
    if (at >= 0) from = at + 1;
    else failures.push(notFound(pattern, { events, from, place: [...place, index] }));
  }
  return failures;
}

export function checkAbsent(
  patterns: readonly EventPattern[] | undefined,
  events: readonly LoggedEvent[],
  place: Place,
): Failure[] {
  return (patterns ?? []).flatMap((pattern, index) => {
    const found = events.find((event) => fits(pattern, flat(event)));
    if (found === undefined) return [];
    const what = "no event of the session should fit";
    return [{ place: [...place, index], what, wanted: `none with ${shown(pattern)}`, found: shown(flat(found)) }];
  });
}

function notFound(
  pattern: EventPattern,
  { events, from, place }: { events: readonly LoggedEvent[]; from: number; place: Place },
): Failure {
  const earlier = events.slice(0, from).some((event) => fits(pattern, flat(event)));
  const rest = events.slice(from);
  const same = rest.filter(({ type }) => type === pattern["type"]);
  const found =
    same.length > 0
      ? same.map((event) => shown(flat(event), 400)).join("; ")
      : `no ${String(pattern["type"])} in ${rest.map(({ type }) => type).join(", ") || "no events"}`;
  const what = earlier ? "the session should have this event behind the ones before" : "the session should have this event";
  return { place, what, wanted: shown(pattern), found };
}

function flat({ type, data }: LoggedEvent): Record<string, unknown> {
  return { ...data, type };
}
