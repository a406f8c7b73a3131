/** Shapes of a request's arguments, small and without a library: each check hands its value back typed, or says what does not fit. */
import { GantryError } from "../../core/contract/errors.ts";
import type { FrameBytes } from "../../core/contract/frames.ts";
import type { Json } from "../../core/contract/messages.ts";

/** Throws REQUEST_INVALID; `at` names the argument in the message. `undefined` and null are "not given". */
export type Check<T> = (value: Json | undefined, at: string) => T;
interface Optional<T> {
  (value: Json | undefined, at: string): T | undefined;
  isOptional: true;
}
type AnyCheck = Check<unknown> | Optional<unknown>;

type Shaped<S> = { [K in keyof S as S[K] extends Optional<unknown> ? never : K]: S[K] extends Check<infer T> ? T : never } & {
  [K in keyof S as S[K] extends Optional<unknown> ? K : never]?: S[K] extends Optional<infer T> ? T : never;
};

export function invalid(at: string, what: string): GantryError {
  return new GantryError("REQUEST_INVALID", `${at} ${what}.`);
}

export function text(maxChars: number): Check<string> {
  return (value, at) => {
    if (typeof value !== "string") throw invalid(at, "is not a text");
    if (value.length > maxChars) throw invalid(at, `has ${value.length} characters; at most ${maxChars}`);
    return value;
  };
}

/** `least` and `most` are allowed values. */
export function whole(least: number, most: number): Check<number> {
  return (value, at) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw invalid(at, `is not a whole number of ${least} to ${most}`);
  };
}

export const flag: Check<boolean> = (value, at) => {
  if (typeof value === "boolean") return value;
  throw invalid(at, "is neither true nor false");
};

export const anything: Check<Json> = (value, at) => {
  if (value === undefined) throw invalid(at, "is missing");
  return value;
};

export function oneOf<const T extends string>(...texts: readonly T[]): Check<T> {
  return (value, at) => {
    const found = texts.find((candidate) => candidate === value);
    if (found === undefined) throw invalid(at, `is none of ${texts.join(", ")}`);
    return found;
  };
}

export function either<A, B>(first: Check<A>, second: Check<B>): Check<A | B> {
  return (value, at) => {
    try {
      return first(value, at);
    } catch {
      return second(value, at);
    }
  };
}

/** Undefined for null, too: JSON has nothing else for it. */
export function optional<T>(check: Check<T>): Optional<T> {
  const read = (value: Json | undefined, at: string): T | undefined =>
    value === undefined || value === null ? undefined : check(value, at);
  return Object.assign(read, { isOptional: true } as const);
}

export function list<T>(item: Check<T>, { least = 0, most }: { least?: number; most: number }): Check<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw invalid(at, "is not a list");
    if (value.length < least || value.length > most)
      throw invalid(at, `has ${value.length} entries; ${least} to ${most} are taken`);
    return value.map((entry, index) => item(entry, `${at}[${index}]`));
  };
}

/** An object with these fields and no others. */
export function shape<const S extends Readonly<Record<string, AnyCheck>>>(fields: S): Check<Shaped<S>> {
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(at, "is not an object");
    const odd = Object.keys(value).find((key) => !Object.hasOwn(fields, key));
    if (odd !== undefined)
      throw invalid(at, `has an unknown field ${JSON.stringify(odd.slice(0, 60))}; it takes ${Object.keys(fields).join(", ")}`);
    const read: Record<string, unknown> = {};
    for (const [key, check] of Object.entries(fields)) {
      const found = check(Object.hasOwn(value, key) ? value[key] : undefined, `${at}.${key}`);
      if (found !== undefined) read[key] = found;
    }
    // Every field was checked by the check that the type was made of.
    return read as Shaped<S>;
  };
}

/** An object from any name to texts. */
export function texts({ most, maxChars }: { most: number; maxChars: number }): Check<Record<string, string>> {
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(at, "is not an object");
    const entries = Object.entries(value);
    if (entries.length > most) throw invalid(at, `has ${entries.length} entries; at most ${most}`);
    return Object.fromEntries(entries.map(([key, entry]) => [text(256)(key, at), text(maxChars)(entry, `${at}.${key}`)]));
  };
}

/** Base64 of bytes, as `{"$bytes": …}`; handed back as the text that it is, for nobody needs the bytes before they are used. */
export function bytes(maxBytes: number): Check<FrameBytes> {
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(at, "is neither a text nor bytes");
    const { $bytes: encoded, ...rest } = value;
    if (typeof encoded !== "string" || Object.keys(rest).length > 0) throw invalid(at, "is neither a text nor bytes");
    if (encoded.length > Math.ceil(maxBytes / 3) * 4) throw invalid(at, `is longer than ${maxBytes} bytes`);
    return { $bytes: encoded };
  };
}

/** The arguments of a method, in order; more than are known is an error. */
export function argumentsOf<const C extends readonly AnyCheck[]>(
  method: string,
  args: readonly Json[],
  checks: C,
): { [I in keyof C]: C[I] extends Optional<infer T> ? T | undefined : C[I] extends Check<infer T> ? T : never } {
  if (args.length > checks.length) throw invalid(method, `takes ${checks.length} arguments; ${args.length} were given`);
  const read = checks.map((check, index) => check(args[index], `${method}: argument ${index + 1}`));
  return read as { [I in keyof C]: C[I] extends Optional<infer T> ? T | undefined : C[I] extends Check<infer T> ? T : never };
}
