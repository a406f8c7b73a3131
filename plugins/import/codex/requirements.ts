/** `requirements.toml`, by which an administrator bounds Codex: its prefix rules are rules; the rest bounds settings of Codex. */
import type { Json } from "gantry/plugin";
import { isObject, own, textsOf } from "../fields.ts";
import { type At, addRule, type Finding, type Layer, notMapped } from "../findings.ts";
import { type Table, valueAt } from "../table.ts";
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
  const others = Object.keys(table.data).filter((key) => key !== "rules");
  const why = "It bounds what Codex may be set to; Gantry is bounded by /etc/gantry/managed.json";
  return [...found, ...others.map((key) => notMapped({ ...at(key), kind: "other", what: key, why }))];
}

function patternOf(value: Json | undefined): string[][] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const words = value.map((word) => {
    const token = isObject(word) ? own(word, "token") : word;
    return typeof token === "string" ? [token] : textsOf(isObject(word) ? own(word, "any_of") : undefined);
  });
  return words.every((word): word is string[] => word !== undefined && word.length > 0) ? words : undefined;
}
