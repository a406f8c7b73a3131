/** One rule of opencode's permissions, and how what it becomes is told. */
import { type At, addRule, type Behavior, type ConfigChange, type Finding } from "../findings.ts";
import { shownText } from "../shown.ts";

export interface SourceRule {
  /** A tool's key, or a pattern of such. */
  key: string;
  pattern: string;
  action: Behavior;
  at: At;
}

export interface Around {
  /** Names of servers in any file. */
  servers: readonly string[];
  /** No other file has permissions. */
  isAlone: boolean;
}

/** With the rules that follow in the file. */
export type Within = Around & { later: readonly SourceRule[] };

export function wordsOf({ key, pattern, action }: SourceRule): string {
  return shownText(`${action} ${key}${pattern === "*" ? "" : ` ${JSON.stringify(pattern)}`}`);
}

export function held(
  rule: SourceRule,
  rules: readonly string[],
  { enclosing, why }: { enclosing?: string; why?: string } = {},
): Finding {
  const { action, at } = rule;
  const otherwise: ConfigChange[] | undefined =
    action === "allow" || enclosing === undefined ? undefined : [addRule("ask", enclosing)];
  return {
    kind: "permission",
    what: wordsOf(rule),
    ...at,
    result: why === undefined ? "exact" : "stricter",
    becomes: [addRule(action, ...rules)],
    ...(otherwise === undefined ? {} : { otherwise }),
    ...(why === undefined ? {} : { why }),
  };
}

export function leftOut(at: At, what: string, why: string): Finding {
  return { kind: "permission", what, ...at, result: "stricter", why };
}

export function asked(at: At, what: string, rules: readonly string[], why: string): Finding {
  return { kind: "permission", what: shownText(what), ...at, result: "stricter", becomes: [addRule("ask", ...rules)], why };
}

/** A rule that Gantry has none for. One that denies is less here, and is called so. */
export function askedFor(rule: SourceRule, rules: readonly string[], why: string): Finding {
  const found = asked(rule.at, wordsOf(rule), rules, why);
  return rule.action === "deny" ? { ...found, result: "weaker" } : found;
}
