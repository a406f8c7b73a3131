/** One change of one place in a config file. */
import type { Json } from "../core/contract/messages.ts";

/** `add`: as the last element of the list, unless it is in it. */
export type Edit = { how: "set" | "add"; value: Json } | { how: "remove" };
/** `join`: those of the elements that the list lacks, at its end. */
export type Join = { how: "join"; values: readonly Json[] };
export type Spot = (Edit | Join) & { path: string[] };

/** What is added to a list. */
export function elementsOf(spot: { how: "add" | "set"; value: Json } | Join): Json[] {
  return spot.how === "join" ? [...spot.values] : [spot.value];
}
