/**
 * A matcher as the public format means it. Absent, "" and "*" match all; letters, digits, `_`, `-`, spaces, `,` and `|` alone
 * are exact names, split on `|` and `,`; anything else is a JavaScript RegExp, not anchored. Case counts.
 */
import { messageOf } from "../../contract/errors.ts";
import { isMcpTool, mcpServerOf } from "../../contract/mcp-names.ts";
import type { Json } from "../../contract/messages.ts";
import { didYouMean } from "../../contract/nearest.ts";
import { type PublicEvent, publicEventTable } from "../../contract/public-events.ts";
import { currentName, publicTools } from "../../permission/rules/known-tools.ts";
import { broken, type Finding, note } from "./finding.ts";
import { publicValues } from "./matcher-values.ts";
import { slowness } from "./slow-pattern.ts";

export interface Matcher {
  /** Absent when it matches all. */
  text?: string;
  matches(value: string | undefined): boolean;
}

export interface ReadMatcher {
  matcher: Matcher;
  findings: Finding[];
}

const everything: Matcher = { matches: () => true };
const publicNames = Object.keys(publicTools);
const isPublic = (name: string): boolean => publicNames.includes(currentName(name));
const maxLength = 1_000;
/** A name longer than any tool's is not given to a pattern: the hook runs, which is the safe side. */
const maxMatched = 128;

/** `servers`: names of all configured MCP servers, where they are known. */
export function readMatcher(
  event: PublicEvent,
  written: Json | undefined,
  tools: readonly string[],
  servers?: readonly string[],
): ReadMatcher {
  if (written === undefined || written === "" || written === "*") return { matcher: everything, findings: [] };
  const wrong = (what: string): ReadMatcher => ({ matcher: everything, findings: [broken(what)] });
  if (typeof written !== "string") return wrong(`matcher is a string, not ${JSON.stringify(written).slice(0, 80)}`);
  if (written.length > maxLength) return wrong(`the matcher has ${written.length} characters; at most ${maxLength} are read`);
  const { matches } = publicEventTable[event];
  if (matches === "nothing") return wrong(`${event} has nothing to match ${JSON.stringify(written)} with; leave matcher out`);
  const names = exactNames(event, written);
  const known = matches === "tool" ? [...tools, ...publicNames] : [...valuesOf(event), ...otherValues(event)];
  if (names === undefined) return readPattern(event, written, known);
  if (names.length === 0) return wrong(`the matcher ${JSON.stringify(written)} names nothing`);
  const matcher = { text: written, matches: (value: string | undefined) => value === undefined || names.includes(value) };
  const findings = matches === "tool" ? checkTools(names, tools, servers) : checkValues(event, names);
  return { matcher, findings };
}

/** The names of a list, or undefined for a pattern. */
function exactNames(event: PublicEvent, text: string): string[] | undefined {
  const isExact = event === "StopFailure" ? /^[A-Za-z0-9_|]*$/ : /^[A-Za-z0-9_\- ,|]*$/;
  if (!isExact.test(text)) return undefined;
  const names = text.split(/[|,]/).map((name) => name.trim());
  return names.filter((name) => name !== "");
}

function readPattern(event: PublicEvent, text: string, known: readonly string[]): ReadMatcher {
  const wrong = (what: string): ReadMatcher => ({ matcher: everything, findings: [broken(what)] });
  const isTools = publicEventTable[event].matches === "tool";
  const rule = isTools ? ruleLike(text, known) : undefined;
  if (rule !== undefined) {
    const tool = rule.slice(0, rule.indexOf("("));
    return wrong(`the matcher ${JSON.stringify(text)} is a permission rule; write "matcher": "${tool}" and "if": "${rule}"`);
  }
  const regExp = compile(text);
  if (typeof regExp === "string") return wrong(`the matcher is no regular expression: ${regExp}`);
  const slow = slowness(text);
  if (slow !== undefined) {
    return wrong(`the matcher ${JSON.stringify(text)} ${slow}; it can take very long, so it is not used`);
  }
  const matches = (value: string | undefined): boolean =>
    value === undefined || value.length > maxMatched || regExp.test(value);
  const mayMatch = known.length === 0 || text.includes("mcp") || known.some((name) => regExp.test(name));
  const findings = mayMatch ? [] : [note(`the matcher ${JSON.stringify(text)} matches none of ${shown(event, known)}`)];
  return { matcher: { text, matches }, findings };
}

/** The first alternative that is a known tool with something in brackets, and matches no tool. */
function ruleLike(text: string, tools: readonly string[]): string | undefined {
  const rules = text.matchAll(/(?:^|\|)\s*(([A-Za-z_]\w*)\([^()|]*\))(?=\s*(?:\||$))/g);
  for (const [, rule = "", tool = ""] of rules) {
    const isKnown = tools.includes(tool) || /^mcp__\w/.test(tool);
    const alone = isKnown && slowness(rule) === undefined ? compile(rule) : undefined;
    if (isKnown && !(alone instanceof RegExp && tools.some((name) => alone.test(name)))) return rule;
  }
  return undefined;
}

/** The pattern, or what is wrong with it. */
function compile(text: string): RegExp | string {
  try {
    return new RegExp(text);
  } catch (error) {
    return messageOf(error);
  }
}

function shown(event: PublicEvent, known: readonly string[]): string {
  if (publicEventTable[event].matches === "tool") return "the tools";
  return known.length > 20 ? "its values" : known.join(", ");
}

function checkTools(names: readonly string[], tools: readonly string[], servers: readonly string[] | undefined): Finding[] {
  const findings = names.flatMap((name) => {
    if (tools.includes(name) || isPublic(name)) return [];
    const what = unknownTool(name, tools);
    return what === undefined ? [] : [broken(what)];
  });
  const strangers =
    servers === undefined ? [] : names.filter((name) => isMcpTool(name) && mcpServerOf(name, servers) === undefined);
  findings.push(...strangers.map((name) => note(`${name} is of an MCP server that is not configured: it never runs`)));
  if (findings.length > 0 || names.some((name) => tools.includes(name) || isMcpTool(name))) return findings;
  const [only = ""] = names;
  return [note(`${names.length === 1 ? `${only} is` : `${names.join(", ")} are`} known, but not in this build: it never runs`)];
}

/** Why a name can match no tool of any build; undefined for one of an MCP server. */
function unknownTool(name: string, tools: readonly string[]): string | undefined {
  if (/^mcp__.+__.+$/.test(name)) return undefined;
  if (name.startsWith("mcp__")) return `${name} is an exact name and matches no tool; write ${name.replace(/_+$/, "")}__.*`;
  const words = name.split(/\s+/);
  if (words.length > 1) return `${JSON.stringify(name)} is one name with spaces; write ${words.join("|")}`;
  const mine = didYouMean(name, tools);
  return `there is no tool ${name}.${mine === "" ? didYouMean(name, publicNames) : mine}`;
}

function otherValues(event: PublicEvent): readonly string[] {
  const { matches } = publicEventTable[event];
  return typeof matches === "string" ? [] : (publicValues[`${event} ${matches.field}`] ?? []);
}

/** Empty when any may come. */
function valuesOf(event: PublicEvent): readonly string[] {
  const { matches } = publicEventTable[event];
  return typeof matches === "string" ? [] : (matches.values ?? []);
}

function checkValues(event: PublicEvent, names: readonly string[]): Finding[] {
  const { matches } = publicEventTable[event];
  const values = valuesOf(event);
  if (typeof matches === "string" || values.length === 0) return [];
  const { field } = matches;
  const others = otherValues(event);
  const listed = values.join(", ");
  const unknown = names.filter((name) => !values.includes(name) && !others.includes(name));
  if (unknown.length > 0) {
    return unknown.map((name) =>
      broken(`${field} is never ${name}; it is ${listed}.${didYouMean(name, [...values, ...others])}`),
    );
  }
  if (names.some((name) => values.includes(name))) return [];
  return [note(`in this build ${field} is only ${listed}: a hook for ${names.join(", ")} never runs`)];
}
