/** One thing that two systems do differently under one name. Types, and how one is said. */
import { isObject, type Json } from "../../../core/contract/messages.ts";
import { printed } from "../plain-text.ts";

export interface Difference {
  /** What it is about: `input path`, `flag --limit: type`, `exit`. */
  what: string;
  /** `unknown`: it could not be compared. */
  change: "only-there" | "only-here" | "changed" | "unknown";
  /** Absent: not said there. */
  theirs?: Json;
  /** Absent: not said here. */
  ours?: Json;
}

/** `there` is the other system or version. */
export function wordsOf({ what, change, theirs, ours }: Difference): string {
  switch (change) {
    case "only-there":
      return `${what} is only there`;
    case "only-here":
      return `${what} is only here`;
    case "changed": {
      const [, subject, key = ""] = /^(.*): (\w+)$/s.exec(what) ?? [];
      const bound = Object.hasOwn(bounds, key) ? bounds[key] : undefined;
      if (bound !== undefined) return `${subject}: ${boundWords(bound, ours)} here, ${boundWords(bound, theirs)} there`;
      return `${what} is ${said(theirs)} there, ${said(ours)} here`;
    }
    case "unknown":
      return what;
  }
}

/** Keywords of a schema that bound a value, and how each is said; `N` is the bound. */
const bounds: Readonly<Record<string, string>> = {
  minimum: "at least N",
  maximum: "at most N",
  exclusiveMinimum: "more than N",
  exclusiveMaximum: "less than N",
  multipleOf: "a multiple of N",
  minLength: "at least N characters",
  maxLength: "at most N characters",
  minItems: "at least N entries",
  maxItems: "at most N entries",
  pattern: "a text like N",
  format: "a text of the format N",
};

export const boundKeys: readonly string[] = Object.keys(bounds);

function boundWords(bound: string, value: Json | undefined): string {
  if (value === undefined) return "no such bound";
  const words = value === 1 ? bound.replace("entries", "entry").replace("characters", "character") : bound;
  return words.replace("N", () => said(value));
}

const said = (value: Json | undefined): string => {
  if (value === undefined) return "not said";
  return typeof value === "string" && /^[a-z]+$/.test(value) ? value : printed(value);
};

/** JSON with sorted keys: the same text for what means the same. Levels below `deepest` are left out. */
export function canonical(value: Json, depth = 0): string {
  if (depth > deepest) return "…";
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each, depth + 1)).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null, depth + 1)}`).join(",")}}`;
}

const deepest = 200;
