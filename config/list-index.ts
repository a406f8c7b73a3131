/** Elements of a list by what they hold, kept for as long as the list is: thousands of elements are looked for in thousands. */
import type { Json } from "../core/contract/messages.ts";

const known = new WeakMap<readonly Json[], ReadonlyMap<string, number>>();

/** The first place of a value in the list; undefined where it is not in it. The list is not changed after it was asked for. */
export function placeIn(list: readonly Json[], value: Json): number | undefined {
  let index = known.get(list);
  if (index === undefined) {
    index = new Map(list.map((each, at) => [wordOf(each), at] as const).toReversed());
    known.set(list, index);
  }
  return index.get(wordOf(value));
}

/** Those of `values` that `list` does not hold, each once. */
export function lacking(values: readonly Json[], list: Json | undefined): Json[] {
  const there = Array.isArray(list) ? list : [];
  const seen = new Set<string>();
  return values.filter((value) => {
    const word = wordOf(value);
    const isNew = !seen.has(word) && placeIn(there, value) === undefined;
    seen.add(word);
    return isNew;
  });
}

/** The same for two values that are the same, in whatever order their keys are written. */
function wordOf(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(wordOf).join()}]`;
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${wordOf(inner)}`);
  return `{${entries.toSorted().join()}}`;
}
