/** Which of two sets of grants reaches further. A wider scope covers all that a narrower one does; where that cannot be told, it does not. */
import type { Grants, PermissionKind } from "../../contract/permissions.ts";
import { permissionKinds, permissionTable } from "../../contract/permissions.ts";
import { coversArgv, coversCommand } from "../grants.ts";
import { isCommandCovered } from "./command-scope.ts";
import { isHostCovered } from "./host-scope.ts";
import { isPathCovered } from "./path-scope.ts";
import { parseBytes } from "./plain-scopes.ts";
import { parseTapScope, printTapScope, type TapScope, tapsBeyond, tapsWithin } from "./tap-scope.ts";

/** What of `asks` goes beyond `held`: `{}` when nothing does. */
export function missingFrom(asks: Grants, held: Grants): Grants {
  return each(asks, (kind, scope) => (held[kind] === undefined ? scope : beyond(kind, scope, held[kind])));
}

/** Whether all that `narrow` lets happen, `wide` lets happen too. */
export function isCovered(narrow: Grants, wide: Grants): boolean {
  return Object.keys(missingFrom(narrow, wide)).length === 0;
}

/** What both `grants` and `held` let happen. */
export function narrowed(grants: Grants, held: Grants): Grants {
  return each(grants, (kind, scope) => (held[kind] === undefined ? undefined : within(kind, scope, held[kind])));
}

/** What either lets happen. */
export function joined(one: Grants, other: Grants): Grants {
  const both = { ...other, ...one };
  return each(both, (kind) => {
    const [a, b] = [one[kind], other[kind]];
    if (a === undefined || b === undefined) return a ?? b;
    if (Array.isArray(a)) return [...a, ...listOf(beyond(kind, b, a))];
    return beyond(kind, b, a) === undefined ? a : b;
  });
}

/** `held` without what is named: a kind given `true` goes with all its scopes, a list takes out its entries. Beside it, what was named and is not held. */
export function without(held: Grants, taken: Readonly<Record<string, unknown>>): { grants: Grants; unknown: string[] } {
  const unknown: string[] = [];
  for (const [kind, scope] of Object.entries(taken)) {
    const has = (held as Record<string, unknown>)[kind];
    if (has === undefined) unknown.push(kind);
    else if (Array.isArray(scope))
      for (const entry of scope) if (!listOf(has).some((each) => isSame(each, entry))) unknown.push(`${kind}=${text(entry)}`);
  }
  const grants = each(held, (kind, scope) => {
    const takes = taken[kind];
    if (takes === undefined) return scope;
    if (!Array.isArray(takes) || !Array.isArray(scope)) return undefined;
    return some((scope as unknown[]).filter((entry) => !takes.some((each) => isSame(each, entry))));
  });
  return { grants, unknown };
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const some = <T>(list: T[]): T[] | undefined => (list.length === 0 ? undefined : list);

function each(grants: Grants, make: (kind: PermissionKind, scope: unknown) => unknown): Grants {
  const made: Record<string, unknown> = {};
  for (const kind of permissionKinds) {
    const scope = grants[kind] === undefined ? undefined : make(kind, grants[kind]);
    if (scope !== undefined) made[kind] = scope;
  }
  return made as Grants;
}

function beyond(kind: PermissionKind, asked: unknown, held: unknown): unknown {
  switch (permissionTable[kind].scope) {
    case "taps":
      return some(tapsBeyond(tapsOf(asked), strings(held)).map(printTapScope));
    case "bytes":
      return (parseBytes(String(asked)) ?? Number.POSITIVE_INFINITY) > (parseBytes(String(held)) ?? 0) ? asked : undefined;
    case "tokens":
      return tokensOf(asked) > tokensOf(held) ? asked : undefined;
    case "sessions":
      return held === "all" || asked === held ? undefined : asked;
    case "yes":
      return undefined;
    default:
      return some(listOf(asked).filter((entry) => !listOf(held).some((other) => entryCovered(kind, entry, other))));
  }
}

function within(kind: PermissionKind, asked: unknown, held: unknown): unknown {
  switch (permissionTable[kind].scope) {
    case "taps":
      return some(tapsWithin(tapsOf(asked), strings(held)).map(printTapScope));
    case "bytes":
    case "tokens":
    case "sessions":
    case "yes":
      return beyond(kind, asked, held) === undefined ? asked : held;
    default: {
      const [ours, theirs] = [listOf(asked), listOf(held)];
      const inside = ours.filter((entry) => theirs.some((other) => entryCovered(kind, entry, other)));
      const around = theirs.filter((entry) => ours.some((other) => entryCovered(kind, entry, other)));
      return some([...inside, ...around.filter((entry) => !inside.some((other) => isSame(entry, other)))]);
    }
  }
}

function entryCovered(kind: PermissionKind, narrow: unknown, wide: unknown): boolean {
  switch (permissionTable[kind].scope) {
    case "paths":
      return isPathCovered(String(narrow), String(wide));
    case "hosts":
      return isHostCovered(String(narrow), String(wide));
    case "commands":
      return isCommandCovered(String(narrow), String(wide), coversExactly);
    default:
      return isSame(narrow, wide);
  }
}

function coversExactly(scope: string, command: string): boolean {
  return scope.startsWith("shell:") ? coversCommand([scope], command) : coversArgv([scope], command.split(/ +/));
}

const strings = (value: unknown): string[] => listOf(value).map(String);

function tapsOf(value: unknown): TapScope[] {
  return strings(value)
    .map(parseTapScope)
    .filter((scope) => typeof scope !== "string");
}

function tokensOf(value: unknown): number {
  if (typeof value !== "object" || value === null || !("tokensPerSession" in value)) return 0;
  return typeof value.tokensPerSession === "number" ? value.tokensPerSession : 0;
}
