/** The lists of a config that others work with, each element with its place. */

import type { Verdict } from "../core/contract/hooks.ts";
import type { DeclaredHook } from "../core/contract/host.ts";
import { type Entry, isObject } from "./fragment.ts";
import type { PermissionTest, RuleLine } from "./loaded.ts";

const behaviors = ["allow", "ask", "deny"] as const;

/** The rules among `entries`: allow, then ask, then deny, else in their order. */
export function rulesOf(entries: readonly Entry[]): RuleLine[] {
  return behaviors.flatMap((behavior) =>
    entries
      .filter(({ key }) => key === `permissions.${behavior}`)
      .map(({ value, from, base, imported }) => ({
        ...{ behavior, rule: String(value), source: from.source, base },
        ...(imported && { imported }),
      })),
  );
}

export function testsOf(entries: readonly Entry[]): PermissionTest[] {
  return entries
    .filter(({ key }) => key === "permissions.tests")
    .map(({ value, from }) => {
      const test = isObject(value) ? value : {};
      return { call: String(test["call"]), expect: test["expect"] as Verdict, source: from.source };
    });
}

export function isHook({ key, isElement }: Entry): boolean {
  return isElement && key.startsWith("hooks.");
}

export function hooksOf(entries: readonly Entry[]): DeclaredHook[] {
  return entries.filter(isHook).map(declaredHook);
}

function declaredHook({ key, value, from, base }: Entry): DeclaredHook {
  const group = isObject(value) ? value : {};
  const [handler = null] = Array.isArray(group["hooks"]) ? group["hooks"] : [];
  return {
    event: key.slice("hooks.".length),
    ...(group["matcher"] === undefined ? {} : { matcher: group["matcher"] }),
    handler,
    layer: from.layer,
    source: from.source,
    base,
  };
}
