/** What was not met: where it stands in the scenario's file, what was wanted, what was found. */
import type { Place } from "./format.ts";

export interface Failure {
  place: Place;
  what: string;
  wanted?: string;
  found?: string;
}

const mostCharacters = 1_200;

/** A text as it is shown in a failure: quoted, and cut in its middle. */
export function quoted(text: string, most = mostCharacters): string {
  return JSON.stringify(clipped(text, most));
}

/** Keeps the beginning and the end, where what matters mostly is. */
export function clipped(text: string, most = mostCharacters): string {
  if (text.length <= most) return text;
  const [head, tail] = [Math.ceil(most * 0.6), Math.floor(most * 0.4)];
  return `${text.slice(0, head)} … (${text.length - head - tail} of ${text.length} characters) … ${text.slice(-tail)}`;
}

/** Any value, as JSON. */
export function shown(value: unknown, most = mostCharacters): string {
  return value === undefined ? "nothing" : clipped(JSON.stringify(value) ?? String(value), most);
}
