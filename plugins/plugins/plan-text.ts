/** What an install or update would do, in plain words: shown before anything is answered. */
import type { Host } from "gantry/plugin";
import { counted, printable, sizeOf } from "./text.ts";

export type Plan = Awaited<ReturnType<Host["plugins"]["plan"]>>;
export type Words = Plan["asks"][number];

export function planText(plan: Plan): string {
  const from = plan.resolved === plan.spec ? plan.spec : `${plan.spec} (${plan.resolved})`;
  const scope = plan.scope === "project" ? "for everyone who works in this project" : "for you, in every project";
  return [
    `${printable(plan.name)} ${printable(plan.version)}: ${printable(plan.manifest.description)}`,
    `  from ${printable(from)}, ${sizeOf(plan.bundleBytes)}, ${scope}`,
    ...changesOf(plan),
    ...section("It brings:", contributions(plan)),
    ...(plan.asks.length === 0 ? ["", "It asks for nothing."] : section("It asks for:", plan.asks.map(askLine))),
    ...section("Together that means it", plan.together),
    "",
    `It runs in ${plan.isolation}.`,
    ...plan.warnings.map((warning) => `! ${printable(warning)}`),
  ].join("\n");
}

/** A mark stands before what is worth a second look. */
export function askLine({ words, isWide, kind }: Words): string {
  return `${isWide ? "! " : "  "}${words}  [${kind}]`;
}

function changesOf({ replaces, version }: Plan): string[] {
  if (replaces === undefined) return [];
  const { added, removed } = replaces.contributions;
  return [
    `  in place of ${printable(replaces.version)}${replaces.version === version ? ", with other bytes" : ""}`,
    ...section("New permissions:", replaces.moreAsks.map(askLine)),
    ...section("No longer asked:", replaces.fewerAsks.map(askLine)),
    ...section("New parts:", added),
    ...section("Parts that go:", removed),
  ];
}

function contributions({ contributes: { tools, commands, taps, providers } }: Plan): string[] {
  const part = (names: readonly string[], noun: string): string[] =>
    names.length === 0 ? [] : [`${counted(names.length, noun)}: ${names.join(", ")}`];
  return [...part(tools, "tool"), ...part(commands, "command"), ...part(taps, "tap"), ...part(providers, "provider")];
}

function section(head: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", head, ...lines.map((line) => `  ${printable(line)}`)];
}
