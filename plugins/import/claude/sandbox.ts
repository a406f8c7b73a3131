/** `sandbox` of a settings file: what it closes becomes deny rules, which close Gantry's sandbox and its tools alike. */
import type { Json } from "gantry/plugin";
import { isObject, objectOf, own, textsOf } from "../fields.ts";
import { type At, type Finding, notMapped, ruleFinding, valueFinding } from "../findings.ts";
import type { Fault } from "../source-file.ts";
import { mapRule, type RulePlace } from "./rule-forms.ts";

const closing = [
  ["filesystem", "denyRead"],
  ["filesystem", "denyWrite"],
  ["network", "deniedDomains"],
] as const;

/** Lists that may hold a no and cannot be read. */
export function sandboxFaults(sandbox: Json | undefined, lineOf: (path: readonly string[]) => number): Fault[] {
  return closing.flatMap(([group, key]) => {
    const list = own(objectOf(own(objectOf(sandbox), group)), key);
    if (list === undefined || textsOf(list) !== undefined) return [];
    return [{ line: lineOf(["sandbox", group, key]), message: `sandbox.${group}.${key} must be a list of texts` }];
  });
}

export function sandboxFindings(value: Json, here: (...inner: string[]) => At, place: Omit<RulePlace, "behavior">): Finding[] {
  const sandbox = objectOf(value);
  return Object.entries(sandbox).flatMap(([key, inner]) => {
    if (key === "enabled" && inner === true) return [switchedOn(here(key), own(sandbox, "failIfUnavailable") === true)];
    const closed = closing.filter(([group]) => group === key).map(([, list]) => list);
    const rules = closed.flatMap((list) =>
      (textsOf(own(objectOf(inner), list)) ?? []).map((text) => closedRule(list, text, here(key, list), place)),
    );
    const rest = isObject(inner)
      ? Object.fromEntries(Object.entries(inner).filter(([name]) => !closed.some((list) => list === name)))
      : inner;
    if (isObject(rest) && Object.keys(rest).length === 0) return rules;
    const what = `sandbox.${key} ${JSON.stringify(rest)}`;
    const why = "Gantry's sandbox has rules of its own: docs/sandbox.md.";
    return [...rules, notMapped({ ...here(key), kind: "other", what, why })];
  });
}

function switchedOn(at: At, isRequired: boolean): Finding {
  const why = "It is Gantry's own sandbox, and lines in it are asked about as others are.";
  const told = { ...at, kind: "other" as const, what: "sandbox.enabled true" };
  return valueFinding({ ...told, key: "sandbox.shell", value: isRequired ? "require" : "auto", result: "stricter", why });
}

function closedRule(list: (typeof closing)[number][1], text: string, at: At, place: Omit<RulePlace, "behavior">): Finding {
  const tool = { denyRead: "Read", denyWrite: "Edit", deniedDomains: "WebFetch" }[list];
  const body = list === "deniedDomains" ? hostBody(text) : pathBody(text, place);
  const mapped = body === undefined ? undefined : mapRule(`${tool}(${body})`, { ...place, behavior: "deny" });
  const rule = mapped === undefined || "left" in mapped ? tool : mapped.rule;
  const what = `sandbox ${list} ${text}`;
  const why = "It binds lines in the sandbox there; here it holds for every tool.";
  return ruleFinding({ ...at, behavior: "deny", what, rule, enclosing: tool, result: "stricter", why });
}

function hostBody(text: string): string | undefined {
  return /^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/.test(text) ? `domain:${text}` : undefined;
}

/** One slash is the root of the machine here, unlike in a rule. What starts in no known folder is closed wherever it lies. */
function pathBody(text: string, { cwd }: Omit<RulePlace, "behavior">): string | undefined {
  const plain = text.trim().replace(/\/+$/, "");
  if (plain === "") return undefined;
  if (plain.startsWith("/")) return `//${plain.replace(/^\/+/, "")}`;
  if (plain === "~" || plain.startsWith("~/")) return plain;
  const inner = plain.replace(/^(?:\.\/)+/, "");
  if (inner === ".") return cwd === undefined ? undefined : "./**";
  if (inner.startsWith("../")) return inner;
  return cwd === undefined ? `//**/${inner}` : `./${inner}`;
}
