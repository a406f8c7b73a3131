/**
 * `requirements.toml`, by which an administrator bounds Codex: its rules, hooks and closed paths are taken over; what it bounds is in
 * `bounds.ts`. Source: developers.openai.com/codex/enterprise/managed-configuration.
 */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, objectOf, own, textsOf } from "../fields.ts";
import { type At, addRule, type Finding, type Layer, notMapped, ruleFinding } from "../findings.ts";
import { shownText } from "../shown.ts";
import { type Table, valueAt } from "../table.ts";
import { hookFindings } from "./hooks.ts";
import { prefixFinding } from "./rules.ts";

export function requirementFindings(table: Table, layer: Layer): Finding[] {
  const at = (...keys: (string | number)[]): At => ({ source: `${table.path}:${table.lineOf(keys)}`, layer });
  const rules = valueAt(table.data, "rules", "prefix_rules");
  const found = (Array.isArray(rules) ? rules : []).map((rule, index): Finding => {
    const here = at("rules", "prefix_rules", index);
    const pattern = patternOf(isObject(rule) ? own(rule, "pattern") : undefined);
    const decision = isObject(rule) ? own(rule, "decision") : undefined;
    const what = `prefix_rules: ${JSON.stringify(rule)}`;
    if (pattern !== undefined && (decision === "forbidden" || decision === "prompt"))
      return prefixFinding(pattern, {
        at: here,
        behavior: decision === "prompt" ? "ask" : "deny",
        what: `${decision} ${what}`,
      });
    const why = "It is in no form that is known here; every command is asked about in its place";
    return { kind: "permission", what, ...here, result: "stricter", becomes: [addRule("ask", "Bash")], why };
  });
  const others = Object.keys(table.data).filter((key) => !["rules", "hooks"].includes(key));
  const hooks = valueAt(table.data, "hooks");
  const events = isObject(hooks)
    ? Object.fromEntries(Object.entries(hooks).filter(([key]) => !key.endsWith("managed_dir")))
    : hooks;
  const sourceOf = (inner: readonly (string | number)[]) => at("hooks", ...inner).source;
  return [
    ...found,
    ...hookFindings(events, { layer, isOff: false, sourceOf }),
    ...closedPaths(table.data, at),
    ...searchBound(table.data, at),
    ...others.map((key) => notMapped({ ...at(key), kind: "other", what: key, why: boundWhy })),
  ];
}

const boundWhy =
  "It bounds what Codex may be set to, and so what is imported; Gantry itself is bounded by /etc/gantry/managed.json";

type Locate = (...keys: (string | number)[]) => At;

function closedPaths(data: JsonObject, at: Locate): Finding[] {
  const files = valueAt(data, "permissions", "filesystem");
  if (valueAt(data, "permissions") === undefined) return [];
  const here = at("permissions", "filesystem");
  const paths = textsOf(valueAt(data, "permissions", "filesystem", "deny_read"));
  const isWhole =
    isObject(files) && Object.keys(files).length === 1 && Object.keys(objectOf(own(data, "permissions"))).length === 1;
  const rules = (paths ?? []).map(closedRule);
  if (isWhole && paths !== undefined && rules.every((rule) => rule !== undefined)) {
    const what = `deny_read ${paths.join(", ")}`;
    return rules.map((rule) => ruleFinding({ ...here, behavior: "deny", what, rule, enclosing: "Read" }));
  }
  const why = "Gantry has no rule for all of it; reads, edits and commands are asked about";
  const what = `permissions = ${JSON.stringify(own(data, "permissions"))}`;
  const becomes = [addRule("ask", "Read", "Edit", "Bash")];
  return [{ kind: "permission", what: shownText(what), ...here, result: "stricter", becomes, why }];
}

/** Of a whole path without letters that mean something in a rule, but for one pattern at its end. */
function closedRule(path: string): string | undefined {
  if (!/^~?\/[\w./@-]*\w(?:\/\*\*(?:\/\*)?)?$/.test(path) || path.split("/").includes("..")) return undefined;
  return `Read(${path.startsWith("~") ? path : `/${path}`})`;
}

function searchBound(data: JsonObject, at: Locate): Finding[] {
  const modes = own(data, "allowed_web_search_modes");
  if (modes === undefined) return [];
  const listed = textsOf(modes);
  if (listed?.some((mode) => mode !== "disabled")) return [];
  const what = `web search, allowed_web_search_modes = ${JSON.stringify(modes)}`;
  return [ruleFinding({ ...at("allowed_web_search_modes"), behavior: "deny", what, rule: "WebSearch" })];
}

function patternOf(value: Json | undefined): string[][] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const words = value.map((word) => {
    const token = isObject(word) ? own(word, "token") : word;
    return typeof token === "string" ? [token] : textsOf(isObject(word) ? own(word, "any_of") : undefined);
  });
  return words.every((word): word is string[] => word !== undefined && word.length > 0) ? words : undefined;
}
