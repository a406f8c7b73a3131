/**
 * A strict parse of what a plugin asks for, and of what a file says that a user gave: every problem at once, with the nearest
 * right word. Only sound entries come back; who asks for safety's sake takes none when there is a problem.
 */
import { nearest } from "../../contract/nearest.ts";
import { type Grants, isHostKind, type PermissionKind, permissionKinds, permissionTable } from "../../contract/permissions.ts";
import { printable } from "../../contract/printable.ts";
import { commandProblem } from "./command-scope.ts";
import { hostProblem } from "./host-scope.ts";
import { pathProblem } from "./path-scope.ts";
import { argvProblem, mostStorageBytes, mostTokens, nameProblem, parseBytes } from "./plain-scopes.ts";
import { parseTapScope } from "./tap-scope.ts";

type Form = (typeof permissionTable)[PermissionKind]["scope"];

const mostEntries = 64;
const mostLetters = 1024;
const mostProblems = 50;

/** The kinds that a community plugin can be granted. */
export const grantableKinds: readonly PermissionKind[] = permissionKinds.filter((kind) => !isHostKind(kind));

export interface ReadGrants {
  grants: Grants;
  /** One sentence each. */
  problems: string[];
}

export function readGrants(value: unknown): ReadGrants {
  if (!isObject(value))
    return { grants: {}, problems: [`permissions are an object of kinds and scopes, not ${typeOf(value)}`] };
  const problems: string[] = [];
  const grants: Record<string, unknown> = {};
  for (const [key, scope] of Object.entries(value)) {
    const kind = permissionKinds.find((each) => each === key);
    if (kind === undefined) problems.push(unknownKind(key));
    else if (isHostKind(kind))
      problems.push(`${kind} is for the product's own commands; no community plugin can be granted it`);
    else {
      const sound = readers[permissionTable[kind].scope](scope, (problem) => problems.push(`${kind}: ${problem}`));
      if (sound !== undefined) grants[kind] = sound;
    }
  }
  const cut = problems.length - mostProblems;
  return { grants: grants as Grants, problems: cut > 0 ? [...problems.slice(0, mostProblems), `and ${cut} more`] : problems };
}

function unknownKind(key: string): string {
  const near = nearest(key, grantableKinds);
  const name = shorten(key);
  return `there is no permission ${name}.${near === undefined ? ` There are ${grantableKinds.join(", ")}.` : ` Did you mean ${near}?`}`;
}

type Tell = (problem: string) => void;

const readers: Record<Form, (scope: unknown, tell: Tell) => unknown> = {
  paths: (scope, tell) => readList(scope, "paths", '["./notes/**"]', pathProblem, tell),
  commands: (scope, tell) => readList(scope, "commands", '["git log:*"]', commandProblem, tell),
  hosts: (scope, tell) => readList(scope, "hosts", '["api.example.com"]', hostProblem, tell),
  names: (scope, tell) => readList(scope, "names", '["NOTES_TOKEN"]', nameProblem, tell),
  taps: (scope, tell) => readList(scope, "points", '["tool.approve:Bash,Write"]', problemOf(parseTapScope), tell),
  argvs: readArgvs,
  bytes(scope, tell) {
    const bytes = typeof scope === "string" ? parseBytes(scope) : undefined;
    if (bytes === undefined) tell(`${shorten(scope)} is not a size, as "64KiB" or "1MiB"`);
    else if (bytes > mostStorageBytes) tell(`${shorten(scope)} is more than the most, "64MiB"`);
    else return scope;
    return undefined;
  },
  tokens(scope, tell) {
    const tokens = isObject(scope) ? scope["tokensPerSession"] : undefined;
    const others = isObject(scope) ? Object.keys(scope).filter((key) => key !== "tokensPerSession") : [];
    if (typeof tokens === "number" && Number.isInteger(tokens) && tokens >= 1 && tokens <= mostTokens && others.length === 0)
      return { tokensPerSession: tokens };
    const said = others.length > 0 ? `has ${others.map(shorten).join(", ")} beside it` : `is ${shorten(scope)}`;
    tell(`${said}; write {"tokensPerSession": 20000}, from 1 to ${mostTokens.toLocaleString("en-US")}`);
    return undefined;
  },
  sessions(scope, tell) {
    if (scope === "own" || scope === "all") return scope;
    tell(`is ${shorten(scope)}; it is "own" or "all"`);
    return undefined;
  },
  yes(scope, tell) {
    if (scope === true) return true;
    tell(`is ${shorten(scope)}; it is true or left out`);
    return undefined;
  },
};

function readList(
  scope: unknown,
  noun: string,
  example: string,
  problemIn: (text: string) => string | undefined,
  tell: Tell,
): string[] | undefined {
  if (!Array.isArray(scope)) {
    tell(`is a list of ${noun}, as ${typeof scope === "string" ? JSON.stringify([scope.slice(0, 80)]) : example}`);
    return undefined;
  }
  if (scope.length === 0) tell(`names nothing; leave it out, or write ${example}`);
  if (scope.length > mostEntries) tell(`has ${scope.length} entries; at most ${mostEntries}`);
  const sound: string[] = [];
  for (const each of scope.slice(0, mostEntries)) {
    const problem = typeof each === "string" ? textProblem(each, problemIn) : "is not a text";
    if (problem !== undefined) tell(`${shorten(each)} ${problem}`);
    else if (!sound.includes(each)) sound.push(each);
  }
  return sound.length === 0 ? undefined : sound;
}

function textProblem(text: string, problemIn: (text: string) => string | undefined): string | undefined {
  if (text.length > mostLetters) return `is ${text.length} letters long; at most ${mostLetters}`;
  // What does not print could be read as something else in a consent.
  if (text !== printable(text)) return "holds characters that do not print";
  return problemIn(text);
}

function readArgvs(scope: unknown, tell: Tell): string[][] | undefined {
  if (!Array.isArray(scope) || scope.length === 0 || !scope.every(Array.isArray)) {
    tell('is a list of argument lists, as [["npx", "-y", "server"]]');
    return undefined;
  }
  if (scope.length > mostEntries) tell(`has ${scope.length} entries; at most ${mostEntries}`);
  const sound: string[][] = [];
  for (const argv of scope.slice(0, mostEntries)) {
    const problem = argvProblem(argv);
    if (problem === undefined) sound.push([...(argv as string[])]);
    else tell(`${shorten(argv)} ${problem}`);
  }
  return sound.length === 0 ? undefined : sound;
}

const problemOf =
  (parse: (text: string) => object | string) =>
  (text: string): string | undefined => {
    const parsed = parse(text);
    return typeof parsed === "string" ? parsed : undefined;
  };

function shorten(value: unknown): string {
  const text = printable(JSON.stringify(value) ?? String(value));
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
