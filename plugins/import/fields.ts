/** Reading values of others' config, of which nothing is sure; and writing texts of servers so that Gantry takes them as they were. */
import type { Json, JsonObject } from "gantry/plugin";
import { type At, type Finding, notMapped, serverFinding } from "./findings.ts";
import { hasHidden, shownText, shownValue } from "./shown.ts";

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** An own key only: none of what every object has. */
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function textsOf(value: Json | undefined): string[] | undefined {
  return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined;
}

export function textMapOf(value: Json | undefined): Record<string, string> | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === "string")
    ? Object.fromEntries(entries)
    : undefined;
}

/** A text in which nothing is a variable. */
export function plainly(text: string): string {
  // By a function: in a replacement text two dollars are one.
  return text.replaceAll("${", () => "$${");
}

export interface ServerParts {
  name: string;
  /** Undefined values are left out. */
  entry: Record<string, Json | undefined>;
  /** Values of variables and headers stand in it as they are. */
  isLiteral: boolean;
  /** Keys of the source's entry that Gantry has nothing for. */
  lost: readonly string[];
  /** What a yes of the source was, and is none here. */
  why?: string;
}

/**
 * A server as a finding. Literal values of variables and headers, and all that a report hides, may be secret: such a server of a
 * project's file is written into the local layer, which lies outside the repository.
 */
export function serverOf(at: At, { name, entry, isLiteral, lost, why }: ServerParts): Finding {
  const kept = Object.fromEntries(Object.entries(entry).filter((each): each is [string, Json] => each[1] !== undefined));
  const isSecret = isLiteral || hasHidden(kept, `mcpServers.${name}`);
  const layer = isSecret && at.layer === "project" ? "local" : at.layer;
  const moved =
    layer === at.layer
      ? []
      : [
          "it may hold secrets (variables, headers, arguments, its url): it is written into the local layer, not into a project file",
        ];
  const left = lost.length === 0 ? [] : [`Gantry has nothing like its ${lost.join(", ")}`];
  const words = [...(why === undefined ? [] : [why]), ...moved, ...left].join("; ");
  const because = words === "" ? {} : { why: words };
  const isWhole = kept["command"] !== undefined || kept["url"] !== undefined;
  const found = serverFinding({
    source: at.source,
    layer,
    name,
    entry: kept,
    result: why === undefined && left.length === 0 ? "exact" : "stricter",
    ...because,
  });
  return isWhole ? found : { ...found, what: shownText(`MCP server ${name}: ${settingsWords(kept)}`) };
}

/** Of an entry that changes settings of another file's. */
function settingsWords(entry: JsonObject): string {
  const words = Object.entries(entry).map(([key, value]) => `${key} = ${JSON.stringify(shownValue(value, key))}`);
  return words.length === 0 ? "neither a command nor a url" : words.join(", ");
}

/** Keys that nothing in Gantry is like, in one line. */
export function otherKeys(at: At, names: readonly string[], agent: string): Finding[] {
  if (names.length === 0) return [];
  return [notMapped({ ...at, kind: "other", what: names.join(", "), why: `These settings are about ${agent} itself` })];
}

/** Each reason as a sentence. */
export function ended(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) =>
    finding.why === undefined || /[.…]$/.test(finding.why) ? finding : { ...finding, why: `${finding.why}.` },
  );
}

/** What of it is no variable of the form `${NAME}`. */
export function hasLiteral(values: Readonly<Record<string, string>> | undefined): boolean {
  return Object.values(values ?? {}).some(
    (value) => value !== "" && !/^(?:[A-Z][A-Za-z]* )?\$\{[A-Za-z_]\w*(?::-)?\}$/.test(value),
  );
}
