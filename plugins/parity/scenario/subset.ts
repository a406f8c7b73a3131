/** Whether a value fits a pattern: objects by subset, lists by position and length. Says every place that does not fit. */
import { type Pattern, patternWordOf } from "./checks.ts";
import { matchesExpression } from "./expression.ts";
import { type Failure, quoted, shown } from "./failure.ts";
import type { Place } from "./format.ts";

/** `place` is the pattern's place in the scenario's file; `subject` how the value is called in words. */
export function misfits(pattern: Pattern, value: unknown, { place, subject }: { place: Place; subject: string }): Failure[] {
  const at = { place, subject };
  const word = patternWordOf(pattern);
  if (word !== undefined) return wordMisfits(word, (pattern as Record<string, Pattern>)[word] ?? null, value, at);
  if (Array.isArray(pattern)) return listMisfits(pattern, value, at);
  if (typeof pattern === "object" && pattern !== null) return objectMisfits(pattern, value, at);
  return Object.is(pattern, value) ? [] : [differs(at, shown(pattern), value)];
}

export function fits(pattern: Pattern, value: unknown): boolean {
  return misfits(pattern, value, { place: [], subject: "" }).length === 0;
}

interface At {
  place: Place;
  subject: string;
}

function objectMisfits(pattern: { [key: string]: Pattern }, value: unknown, at: At): Failure[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [differs(at, shown(pattern), value)];
  return Object.entries(pattern).flatMap(([key, part]) =>
    misfits(part, Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined, {
      place: [...at.place, key],
      subject: /^[\w-]+$/.test(key) ? `${at.subject}.${key}` : `${at.subject}[${JSON.stringify(key)}]`,
    }),
  );
}

function listMisfits(pattern: Pattern[], value: unknown, at: At): Failure[] {
  if (!Array.isArray(value)) return [differs(at, shown(pattern), value)];
  const failures = pattern
    .slice(0, value.length)
    .flatMap((part, index) => misfits(part, value[index], { place: [...at.place, index], subject: `${at.subject}[${index}]` }));
  if (pattern.length === value.length) return failures;
  const counted = { place: at.place, what: `${at.subject} should have ${pattern.length} of ${value.length} elements` };
  return [
    {
      ...counted,
      what: `${at.subject} should have as many elements`,
      wanted: `${pattern.length}: ${shown(pattern)}`,
      found: `${value.length}: ${shown(value)}`,
    },
    ...failures,
  ];
}

function wordMisfits(word: string, wanted: Pattern, value: unknown, at: At): Failure[] {
  switch (word) {
    case "$any":
      return value === undefined ? [differs(at, "any value", value)] : [];
    case "$absent":
      return value === undefined ? [] : [differs(at, "nothing", value)];
    case "$contains":
      return typeof value === "string" && value.includes(String(wanted))
        ? []
        : [differs(at, `a text that contains ${quoted(String(wanted))}`, value)];
    case "$matches":
      return typeof value === "string" && matchesExpression(String(wanted), value)
        ? []
        : [differs(at, `a text that matches ${String(wanted)}`, value)];
    default:
      return includesMisfits(wanted, value, at);
  }
}

/** Each of the patterns is fitted by some element; one that is no list is one pattern. */
function includesMisfits(wanted: Pattern, value: unknown, at: At): Failure[] {
  const patterns = Array.isArray(wanted) ? wanted : [wanted];
  if (!Array.isArray(value)) return [differs(at, `a list with ${shown(wanted)}`, value)];
  return patterns
    .filter((pattern) => !value.some((element) => fits(pattern, element)))
    .map((pattern) => differs(at, `an element that fits ${shown(pattern)}`, value));
}

function differs({ place, subject }: At, wanted: string, found: unknown): Failure {
  return { place, what: `${subject} is not as wanted`, wanted, found: shown(found) };
}
