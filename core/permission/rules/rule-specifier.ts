/**
 * What stands in the ( ) of a rule, by the tool it is for: a path, a command, a host, a name, or `parameter:value`. Each
 * reading says what is meant, or why it could match nothing, with the right form.
 */
import { isObject, type Json, type JsonObject } from "../../contract/messages.ts";
import { didYouMean, nearest } from "../../contract/nearest.ts";
import { isBalanced } from "../patterns/balanced.ts";
import { isAnyCommand, parseCommandPattern } from "../patterns/command-pattern.ts";
import { parseDomain } from "../patterns/domain-pattern.ts";
import { parsePathSpecifier } from "../patterns/path-specifier.ts";
import { parseTextGlob, textMatches } from "../patterns/text-glob.ts";
import { findPublicTool } from "./known-tools.ts";
import { type Behavior, familyOf, type RuledTool, type RuleMatch } from "./rule.ts";
import { sleepingWhy } from "./rule-command.ts";
import { formatRule } from "./rule-text.ts";

export interface SpecifierPlace {
  /** The tool's name, or that of its family. */
  name: string;
  /** Undefined where the name is only a family's. */
  tool: RuledTool | undefined;
  isFamily: boolean;
  behavior: Behavior;
}

type PublicTool = NonNullable<ReturnType<typeof findPublicTool>>;

export function specifierOf(specifier: string, place: SpecifierPlace): RuleMatch | string {
  const { name, tool, isFamily, behavior } = place;
  const asField = fieldOf(specifier, place);
  if (asField !== undefined) return asField;
  const known = findPublicTool(name);
  if (known?.form === "domain") return domainOf(specifier, name);
  if (known?.form === "name" && known.field !== undefined) return nameOf(specifier, name, known.field);
  if (tool?.subject?.kind === "command") return misspelledField(specifier, tool) ?? commandOf(specifier, place);
  if (tool !== undefined && tool.subject === undefined) return noSpecifier(specifier, place);
  if (!isFamily) return ruledElsewhere(specifier, name, tool === undefined ? name : familyOf(tool));
  return pathOf(specifier, name, behavior);
}

/** Why the specifier of a tool that this build does not have is wrong; undefined when it is right. */
export function absentSpecifier(specifier: string, name: string, known: PublicTool, behavior: Behavior): string | undefined {
  const [, field] = fieldForm.exec(specifier) ?? [];
  const isField = field !== undefined && known.fields?.includes(field) === true && field !== known.field;
  if (isField && behavior !== "allow") return undefined;
  if (isField) return onlyRestricts(name, field);
  const match = ((): RuleMatch | string => {
    if (known.ruledBy !== undefined) return ruledElsewhere(specifier, name, known.ruledBy);
    if (known.form === "path") return pathOf(specifier, name, behavior);
    if (known.form === "command") return commandOf(specifier, { name, behavior });
    if (known.form === "domain") return domainOf(specifier, name);
    if (known.form === "name" && known.field !== undefined) return nameOf(specifier, name, known.field);
    return `it can never match: ${name} takes no specifier; write ${name}`;
  })();
  return typeof match === "string" ? match : undefined;
}

// ── By kind ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function pathOf(specifier: string, tool: string, behavior: Behavior): RuleMatch | string {
  const parsed = parsePathSpecifier(specifier, { restricts: behavior !== "allow", tool });
  return typeof parsed === "string" ? `it can never match: ${parsed}` : { kind: "path", specifier: parsed };
}

function ruledElsewhere(specifier: string, name: string, family: string): string {
  return `it can never match: paths of ${name} are ruled by ${family}; write ${formatRule({ tool: family, specifier })}`;
}

type CommandPlace = Pick<SpecifierPlace, "name" | "behavior">;

function commandOf(specifier: string, { name: tool, behavior }: CommandPlace): RuleMatch | string {
  if (isAnyCommand(specifier)) return { kind: "tool" };
  const sleeping = isBalanced(specifier, { quotes: true }) ? sleepingWhy(specifier, { tool, behavior }) : undefined;
  if (sleeping !== undefined) return sleeping;
  const early = /:\*(?=.)/s.test(specifier.replace(/\\./gs, "").replace(/\*+$/, "*"));
  if (early) {
    const right = specifier.replace(/:\*(?!\*|$)/g, " *").replace(/ {2,}/g, " ");
    return `:* means "and what follows" only at the end; write ${formatRule({ tool, specifier: right })}, or \\* for a star`;
  }
  if (!isBalanced(specifier, { quotes: true })) {
    return `the ( ) in it do not match, so no shell would run it; write ${formatRule({ tool, specifier: withoutLoose(specifier) })}`;
  }
  const pattern = parseCommandPattern(specifier);
  if (pattern !== undefined) return { kind: "command", pattern };
  return `it can never match: the specifier names no command; write ${tool} for every command, or ${tool}(npm test:*) for a prefix`;
}

function withoutLoose(specifier: string): string {
  return specifier.replace(/[()]/g, "").trim();
}

function domainOf(specifier: string, tool: string): RuleMatch | string {
  const [, url] = /^url:(.*)$/s.exec(specifier) ?? [];
  if (url !== undefined) return `url is not compared as a text; write ${parsedDomain(url, tool)}`;
  const pattern = parseDomain(specifier, tool);
  return typeof pattern === "string" ? `it can never match: ${pattern}` : { kind: "domain", pattern };
}

/** `name`, `plugin:name`; `*` stands for anything in it. */
function nameOf(specifier: string, tool: string, field: string): RuleMatch | string {
  const isName = /^[\w*][\w.*-]*(?::[\w*][\w.*-]*)?$/.test(specifier) && !specifier.startsWith(`${field}:`);
  if (isName) return { kind: "field", field, value: parseTextGlob(specifier) };
  const given = specifier.startsWith(`${field}:`) ? specifier.slice(field.length + 1) : specifier;
  const right = given
    .trim()
    .replace(/\.md$/, "")
    .replace(/^.*\//, "")
    .replace(/[^\w.*-]+/g, "-");
  return `it can never match: ${tool}(…) takes one name; write ${right === "" || right === "-" ? tool : formatRule({ tool, specifier: right })}`;
}

// ── `parameter:value` ────────────────────────────────────────────────────────────────────────────────────────────────

const fieldForm = /^([A-Za-z_][\w-]*):(.*)$/s;
/** Paths, commands and addresses have many spellings: a comparison of text would be slipped by. */
const spelledFields = new Set(["command", "file_path", "path", "url"]);

/** Undefined when the specifier is not of this form: its beginning is no parameter of the tool, or it is a prefix of a command. */
function fieldOf(specifier: string, place: SpecifierPlace): RuleMatch | string | undefined {
  const [, field, value = ""] = fieldForm.exec(specifier) ?? [];
  const { tool, name } = place;
  if (field === undefined || tool === undefined) return undefined;
  const properties = propertiesOf(tool);
  const schema = Object.hasOwn(properties, field) ? properties[field] : undefined;
  if (schema === undefined) return undefined;
  const { subject } = tool;
  if (subject?.kind === "command" && value === "*") return undefined;
  const nameField = findPublicTool(name)?.field;
  const isSpelled = spelledFields.has(field) || field === subject?.field || field === subject?.glob || field === nameField;
  if (isSpelled) return `${field} is not compared as a text; write ${rightForm(value, place)}`;
  if (place.behavior === "allow") return onlyRestricts(name, field);
  return comparedValue(value, field, schema, name);
}

/** `run_in_backgroud:true`: a prefix of a command has no such word before its colon. */
function misspelledField(specifier: string, tool: RuledTool): string | undefined {
  const [, field, value = ""] = fieldForm.exec(specifier) ?? [];
  const names = Object.keys(propertiesOf(tool));
  if (field === undefined || value === "*" || value === "") return undefined;
  const meant = nearest(field, names);
  if (meant === undefined) return undefined;
  return `it can never match: no parameter of ${tool.name} is named ${field}. Did you mean ${formatRule({ tool: tool.name, specifier: `${meant}:${value}` })}?`;
}

function rightForm(value: string, { name, tool }: SpecifierPlace): string {
  const specifier = value === "" ? undefined : value;
  if (findPublicTool(name)?.form === "domain") return parsedDomain(value, name);
  if (tool?.subject?.kind === "path") return formatted(familyOf(tool), specifier);
  return tool?.subject === undefined && findPublicTool(name)?.form !== "name" ? name : formatted(name, specifier);
}

function formatted(tool: string, specifier: string | undefined): string {
  return formatRule(specifier === undefined ? { tool } : { tool, specifier });
}

function parsedDomain(url: string, tool: string): string {
  const host = URL.parse(url)?.hostname ?? url.replace(/\*/g, "");
  return `${tool}(domain:${host === "" ? "example.com" : host})`;
}

function onlyRestricts(tool: string, field: string): string {
  return `only ask and deny rules compare a parameter (${field}); an allow rule for some values of it would let all else of the call through: write ${tool}, or a deny rule for the other values`;
}

/** `parameter:value` for a tool whose parameters are not known: an MCP server's, before it runs. */
export function textField(specifier: string, tool: string): RuleMatch | string {
  const [, field, value = ""] = fieldForm.exec(specifier) ?? [];
  if (field === undefined) return `it can never match: ${tool} takes no specifier but (parameter:value); write ${tool}`;
  if (spelledFields.has(field)) return `${field} is not compared as a text; write ${tool}`;
  if (value === "") return `it can never match: after ${field}: comes a value; write ${tool}(${field}:*) for any`;
  return { kind: "field", field, value: parseTextGlob(value) };
}

function comparedValue(text: string, field: string, schema: Json, tool: string): RuleMatch | string {
  if (text === "") return `it can never match: after ${field}: comes a value; write ${tool}(${field}:*) for any`;
  const value = parseTextGlob(text);
  const shape = isObject(schema) ? schema : {};
  if (shape["type"] === "array" || shape["type"] === "object") {
    return `it can never match: ${field} is ${shape["type"] === "array" ? "a list" : "an object"}, and only texts, numbers and yes or no are compared; write ${tool}`;
  }
  const choices = choicesOf(shape);
  if (choices !== undefined && !choices.some((choice) => textMatches(value, choice, { strict: true }))) {
    return `it can never match: ${field} is one of ${choices.join(", ")}.${didYouMean(text, choices)}`;
  }
  return { kind: "field", field, value };
}

function choicesOf(shape: JsonObject): string[] | undefined {
  if (shape["type"] === "boolean") return ["true", "false"];
  return Array.isArray(shape["enum"]) ? shape["enum"].map(String) : undefined;
}

/** For a tool without a subject nothing else can stand in the ( ). */
function noSpecifier(specifier: string, { name, tool, behavior }: SpecifierPlace): string {
  const [, field] = fieldForm.exec(specifier) ?? [];
  const names = tool === undefined ? [] : Object.keys(propertiesOf(tool));
  if (field === undefined || names.length === 0) return `it can never match: ${name} takes no specifier; write ${name}`;
  if (behavior === "allow") return onlyRestricts(name, field);
  return `it can never match: ${name} has no parameter ${field}.${didYouMean(field, names)} Its parameters are ${names.join(", ")}.`;
}

function propertiesOf({ inputSchema }: RuledTool): JsonObject {
  const properties = inputSchema?.["properties"];
  return isObject(properties) ? properties : {};
}
