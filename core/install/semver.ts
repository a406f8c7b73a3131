/**
 * Versions and ranges, as npm reads them: comparators, ^, ~, x-ranges, hyphens, spaces for "and", || for "or". A pre-release
 * is in a range only where the range names a pre-release of the same three numbers.
 */

export interface Version {
  numbers: readonly [number, number, number];
  /** Parts of what follows the `-`. */
  pre: readonly (string | number)[];
}

type Operator = "<" | "<=" | ">" | ">=" | "=";
interface Comparator {
  operator: Operator;
  version: Version;
}

const number = "(?:0|[1-9]\\d{0,15})";
const preRelease = "(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z.-]+)?";
const whole = new RegExp(`^(${number})\\.(${number})\\.(${number})${preRelease}$`);
const partial = new RegExp(`^[v=]?(${number}|[xX*])(?:\\.(${number}|[xX*])(?:\\.(${number}|[xX*])${preRelease})?)?$`);

/** Undefined for what is no whole version. */
export function parseVersion(text: string): Version | undefined {
  const match = whole.exec(text);
  if (match === null || text.length > 256) return undefined;
  const [, major, minor, patch, pre] = match;
  return { numbers: [Number(major), Number(minor), Number(patch)], pre: preParts(pre) };
}

/** Undefined when `range` is none. */
export function isInRange(version: Version, range: string): boolean | undefined {
  if (range.length > 256) return undefined;
  const alternatives = range.split("||").map((one) => comparatorsOf(one.trim()));
  if (alternatives.includes(undefined)) return undefined;
  return alternatives.some((comparators) => comparators !== undefined && fits(version, comparators));
}

function preParts(pre: string | undefined): (string | number)[] {
  return pre === undefined ? [] : pre.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function fits(version: Version, comparators: readonly Comparator[]): boolean {
  if (!comparators.every(({ operator, version: bound }) => holds(compareVersions(version, bound), operator))) return false;
  if (version.pre.length === 0) return true;
  return comparators.some(({ version: bound }) => bound.pre.length > 0 && bound.numbers.join() === version.numbers.join());
}

function holds(order: number, operator: Operator): boolean {
  if (operator === "=") return order === 0;
  if (operator.endsWith("=") && order === 0) return true;
  return operator.startsWith("<") ? order < 0 : order > 0;
}

export function compareVersions(a: Version, b: Version): number {
  for (const [i, one] of a.numbers.entries()) if (one !== b.numbers[i]) return one - (b.numbers[i] ?? 0);
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (const [i, one] of a.pre.entries()) {
    const other = b.pre[i];
    if (other === undefined) return 1;
    if (one === other) continue;
    // Numbers come before words.
    if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return a.pre.length - b.pre.length;
}

/** A longer range is none. */
const mostRangeChars = 1_000;

function comparatorsOf(text: string): Comparator[] | undefined {
  if (text.length > mostRangeChars) return undefined;
  const [, from, to] = /^(\S+)\s+-\s+(\S+)$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return hyphen(from, to);
  const words = text.replace(/([<>=^~]+)\s+/g, "$1").split(/\s+/);
  const found = words.map((word) => (word === "" ? [] : comparator(word)));
  return found.includes(undefined) ? undefined : found.flatMap((one) => one ?? []);
}

function hyphen(from: string, to: string): Comparator[] | undefined {
  const [low, high] = [comparator(`>=${from}`), comparator(`<=${to}`)];
  return low && high && [...low, ...high];
}

interface Partial {
  numbers: (number | undefined)[];
  pre: (string | number)[];
}

function comparator(word: string): Comparator[] | undefined {
  const [, sign = "", rest = ""] = /^(<=|>=|<|>|=|\^|~>?)?(.*)$/s.exec(word) ?? [];
  const match = partial.exec(rest);
  if (match === null) return undefined;
  const [, major, minor, patch, pre] = match;
  const numbers = [major, minor, patch].map((part) => (part === undefined || /^[xX*]$/.test(part) ? undefined : Number(part)));
  const at = { numbers, pre: preParts(pre) };
  if (numbers[0] === undefined) return sign === "<" || sign === ">" ? [{ operator: "<", version: zero }] : [];
  if (sign === "^") return between(at, caretPlace(numbers));
  if (sign.startsWith("~")) return between(at, numbers[1] === undefined ? 0 : 1);
  return plain(at, sign === "" ? "=" : (sign as Operator));
}

const zero: Version = { numbers: [0, 0, 0], pre: [0] };

/** The place that must stay: the first that is not 0. */
function caretPlace(numbers: readonly (number | undefined)[]): number {
  const place = numbers.findIndex((part) => part === undefined || part > 0);
  if (place < 0) return 2;
  return numbers[place] === undefined ? Math.max(0, place - 1) : place;
}

function plain(at: Partial, operator: Operator): Comparator[] {
  const place = at.numbers.indexOf(undefined) - 1;
  if (place < 0) return [{ operator, version: filled(at) }];
  if (operator === "=") return between(at, place);
  if (operator === ">") return [{ operator: ">=", version: raised(at, place, []) }];
  if (operator === "<=") return [{ operator: "<", version: raised(at, place) }];
  return [{ operator, version: operator === "<" ? { ...filled(at), pre: [0] } : filled(at) }];
}

function between(at: Partial, place: number): Comparator[] {
  return [
    { operator: ">=", version: filled(at) },
    { operator: "<", version: raised(at, place) },
  ];
}

function filled({ numbers: [major = 0, minor = 0, patch = 0], pre }: Partial): Version {
  return { numbers: [major, minor, patch], pre };
}

/** The first version above all that agree up to `place`; below its pre-releases, unless told otherwise. */
function raised({ numbers }: Partial, place: number, pre: (string | number)[] = [0]): Version {
  const [major = 0, minor = 0, patch = 0] = numbers.map((part, i) => (i < place ? part : i === place ? (part ?? 0) + 1 : 0));
  return { numbers: [major, minor, patch], pre };
}
