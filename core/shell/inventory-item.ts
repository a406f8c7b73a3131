/** One item of an inventory: its name, source and summary are each one line that steers no terminal, whoever wrote them. */
import type { InventoryItem } from "../contract/inventory.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { JsonObject } from "../contract/messages.ts";
import { sanitizeLine } from "./sanitize.ts";

export interface OfferedPlugin {
  manifest: PluginManifest;
  kind: "built-in" | "community";
}

/** `plugin files`, `plugin notes 1.2.0 (community)`. */
export function sourceOf({ manifest: { name, version }, kind }: OfferedPlugin): string {
  return sanitizeLine(kind === "built-in" ? `plugin ${name}` : `plugin ${name} ${version} (community)`);
}

/** The first sentence. */
export function sentenceOf(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return /^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line;
}

const longestSummary = 1000;

function summaryOf(text: string): string {
  const line = sanitizeLine(text.replace(/\s+/g, " ").trim());
  return line.length > longestSummary ? `${line.slice(0, longestSummary - 1)}…` : line;
}

/** What is empty is left out. */
export function item(name: string, source: string, rest: Partial<InventoryItem>): InventoryItem {
  const { status, facts } = rest;
  const summary = summaryOf(rest.summary ?? "");
  return {
    name: sanitizeLine(name),
    source,
    ...(summary === "" ? {} : { summary }),
    ...(status === undefined ? {} : { status }),
    ...(facts === undefined || Object.keys(facts).length === 0 ? {} : { facts }),
  };
}

/** As JSON has it: what is undefined is not there. */
export function plain(facts: object): JsonObject {
  return JSON.parse(JSON.stringify(facts)) as JsonObject;
}

/** By code units, whatever the language of the machine. */
export function byName(items: readonly InventoryItem[]): InventoryItem[] {
  return items.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}
