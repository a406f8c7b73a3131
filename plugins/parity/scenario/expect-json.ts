/** The JSON on stdout: one value, or one on each line. */
import type { Pattern } from "./checks.ts";
import { type Failure, quoted } from "./failure.ts";
import type { Place } from "./format.ts";
import { misfits } from "./subset.ts";

/**
 * A pattern that is an object is compared with the one value on stdout, or with that of the last line; a list, or
 * `$includes`, with a list on stdout or with the list of all lines.
 */
export function checkJson(pattern: Pattern | undefined, stdout: string, place: Place): Failure[] {
  if (pattern === undefined) return [];
  const values = valuesIn(stdout);
  if (values === undefined) return [{ place, what: "stdout should be JSON", wanted: "JSON", found: quoted(stdout) }];
  const wantsList = Array.isArray(pattern) || (typeof pattern === "object" && pattern !== null && "$includes" in pattern);
  const whole = values.length === 1 ? values[0] : undefined;
  const value = wantsList ? (Array.isArray(whole) ? whole : values) : values.at(-1);
  return misfits(pattern, value, { place, subject: "stdout" });
}

/** Undefined where a line is no JSON. */
function valuesIn(stdout: string): unknown[] | undefined {
  const whole = parsed(stdout);
  if (whole !== undefined) return [whole.value];
  const lines = stdout.split("\n").filter((line) => line.trim() !== "");
  const values = lines.map(parsed);
  if (lines.length === 0 || values.includes(undefined)) return undefined;
  return values.map((each) => each?.value);
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
