/** What an install, update or --plugin would do, in plain words: shown before anything is answered. */
import type { GrantWords, PluginPlan } from "../contract/host.ts";
import { printable } from "../contract/printable.ts";

/** `reach`: for whom, and how long. */
export function planText(plan: Omit<PluginPlan, "text">, reach: string): string {
  const from = plan.resolved === plan.spec ? plan.spec : `${plan.spec} (${plan.resolved})`;
  return [
    `${printable(plan.name)} ${printable(plan.version)}: ${printable(plan.manifest.description)}`,
    `  from ${printable(from)}, ${sizeOf(plan.bundleBytes)}, ${reach}`,
    ...changesOf(plan),
    ...section("It brings:", contributions(plan)),
    ...(plan.asks.length === 0 ? ["", "It asks for nothing."] : section("It asks for:", plan.asks.map(askLine))),
    ...section("Together that means it", plan.together),
    "",
    `It runs in ${plan.isolation}.`,
    ...plan.warnings.map((warning) => `! ${printable(warning)}`),
  ].join("\n");
}

export function reachOf({ scope }: Pick<PluginPlan, "scope">): string {
  return scope === "project" ? "for everyone who works in this project" : "for you, in every project";
}

/** A mark stands before what is worth a second look. */
function askLine({ words, isWide, kind }: GrantWords): string {
  return `${isWide ? "! " : "  "}${words}  [${kind}]`;
}

function changesOf({ replaces, version, sha512 }: Pick<PluginPlan, "replaces" | "version" | "sha512">): string[] {
  if (replaces === undefined) return [];
  const { added, removed } = replaces.contributions;
  return [
    `  in place of ${printable(replaces.version)}${replaces.version === version ? `, with ${replaces.sha512 === sha512 ? "the same" : "other"} bytes` : ""}`,
    ...section("New permissions:", replaces.moreAsks.map(askLine)),
    ...section("No longer asked:", replaces.fewerAsks.map(askLine)),
    ...section("New parts:", added),
    ...section("Parts that go:", removed),
  ];
}

function contributions({ contributes: { tools, commands, taps, providers } }: Pick<PluginPlan, "contributes">): string[] {
  const part = (names: readonly string[], noun: string): string[] =>
    names.length === 0 ? [] : [`${names.length} ${noun}${names.length === 1 ? "" : "s"}: ${names.join(", ")}`];
  return [...part(tools, "tool"), ...part(commands, "command"), ...part(taps, "tap"), ...part(providers, "provider")];
}

function section(head: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", head, ...lines.map((line) => `  ${printable(line)}`)];
}

function sizeOf(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
