/**
 * Everything that is wrong with a loaded config, in one list: what its layers say against the schema, and the permission
 * rules that fit none of the tools. The config room does not know the tools; this is where the two meet.
 */
import type { LoadedConfig } from "../config/loaded.ts";
import type { ConfigProblem } from "./contract/host.ts";
import type { PluginManifest } from "./contract/manifest.ts";
import { parseRules } from "./permission/rules.ts";

/** Rules that wait for trust are looked at too: they would be wrong as soon as they are trusted. */
export function configProblems(
  { problems, ruleList, heldRules }: Pick<LoadedConfig, "problems" | "ruleList" | "heldRules">,
  manifests: readonly PluginManifest[],
): ConfigProblem[] {
  const rules = [...ruleList, ...heldRules];
  if (rules.length === 0) return problems;
  const tools = manifests.flatMap(({ contributes }) => contributes.tools);
  return [...problems, ...parseRules(rules, tools).problems];
}
