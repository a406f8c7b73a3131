/** The nearest known key to a mistyped one: the same last part (`allow` means `permissions.allow`), else near as a whole or in that. */
import { nearest } from "../core/contract/nearest.ts";

export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const byLast = new Map(known.map((one) => [one.slice(one.lastIndexOf(".") + 1), one]));
  const lastPart = key.slice(key.lastIndexOf(".") + 1);
  const whole = byLast.get(lastPart) ?? nearest(key, known);
  if (whole !== undefined) return whole;
  const last = nearest(lastPart, byLast.keys());
  return last === undefined ? undefined : byLast.get(last);
}
