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
    case "changed":
      return `${what} is ${said(theirs)} there, ${said(ours)} here`;
    case "unknown":
      return what;
  }
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
