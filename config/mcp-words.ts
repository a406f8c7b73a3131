/** What a server's entry would start or reach, in plain words and without what may be secret: for trust and lists. */
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { printable } from "../core/contract/printable.ts";
import { isObject } from "./data.ts";
import { variablesIn } from "./mcp-variables.ts";
import { isWhole } from "./mcp-whole.ts";
import { hiddenText, looksSecret, shown } from "./secrets.ts";

/** Longer texts are cut in the middle, each by itself: none of them pushes out what stands behind it. */
const [longestText, longestArgs] = [200, 3_000];
/** Never cut; an entry where one of them is longer is wrong. */
const [longestWord, mostNames] = [1_000, 50];

/** `npx -y some-server`; `https://example.com/mcp`; of a change what is changed. With the variables that it takes, and what it may. */
export function serverWords(value: Json): string {
  const entry = isObject(value) ? value : {};
  return `${isWhole(entry) ? startWords(entry) : changeWords(entry)}${samplingWords(entry)}${variableWords(entry)}`;
}

/** Why an entry cannot be shown in whole to who has to trust it; undefined where it can. */
export function unshownFault(entry: JsonObject): string | undefined {
  const { command, url, cwd, env, oauth } = entry;
  const texts = { command, cwd, url: openPart(String(url ?? "")), "oauth.privateKeyFile": keyOf(oauth) };
  const [long] = Object.entries(texts).find(([, text]) => printable(String(text ?? "")).length > longestWord) ?? [];
  if (long !== undefined) return `its ${long} is longer than ${longestWord} letters`;
  const taken = variablesOf(entry);
  const set = Object.keys(isObject(env) ? env : {});
  for (const [names, what] of [
    [taken, "takes"],
    [set, "sets"],
  ] as const) {
    if (names.length > mostNames) return `it ${what} ${names.length} variables; a server ${what} at most ${mostNames}`;
    const name = names.find((each) => each.length > longestText);
    if (name !== undefined) return `it ${what} a variable whose name has ${name.length} letters`;
  }
  return undefined;
}

function startWords(entry: JsonObject): string {
  if (entry["url"] !== undefined) return urlWords(String(entry["url"]));
  const { args, cwd, env } = shown(entry, "mcpServers.x") as JsonObject;
  // A variable can make another program of it: NODE_OPTIONS, PATH.
  const set = Object.entries(isObject(env) ? env : {}).map(([name, value]) => `${name}=${cut(quoted(String(value)))}`);
  const given = (Array.isArray(args) ? args : []).map((word) => cut(quoted(String(word))));
  const words = [
    ...set,
    printable(quoted(String(entry["command"]))),
    ...(given.length === 0 ? [] : [cut(given.join(" "), longestArgs)]),
  ];
  return `${words.join(" ")}${cwd === undefined ? "" : ` (in ${printable(String(cwd))})`}`;
}

/** Never cut: with variables in it any part may become the host. What comes behind a `?` is left out, but not one in a variable's default. */
function urlWords(url: string): string {
  const open = openPart(url).replace(/^(\w+:\/\/)[^/?#]*@/, `$1${hiddenText}@`);
  const [host = open] = /^[^/\\]*[/\\]*[^/\\]*/.exec(open) ?? [];
  const path = open.slice(host.length).split("/");
  return printable(host + path.map((part) => (looksSecret(part) ? hiddenText : part)).join("/"));
}

/** As it is read: blanks around it and breaks in it do not count. */
function openPart(url: string): string {
  return /^(?:\$\{[^}]*\}|[^?#])*/.exec(url.replaceAll(/[\t\r\n]/g, "").trim())?.[0] ?? "";
}

/** In plain letters. */
function cut(text: string, longest = longestText): string {
  const plain = printable(text);
  if (plain.length <= longest) return plain;
  const end = Math.floor(longest / 4);
  return `${plain.slice(0, longest - end)}…(${plain.length} letters)…${plain.slice(-end)}`;
}

/** As one word of a line. */
function quoted(word: string): string {
  return /^[\w@%+=:,./$\-{}[\]]+$/.test(word) ? word : JSON.stringify(word);
}

function samplingWords({ sampling }: JsonObject): string {
  return isObject(sampling) && sampling["answer"] === "allow" ? "; it may ask your model without a question" : "";
}

function changeWords(entry: JsonObject): string {
  if (entry["enabled"] === false) return "switched off";
  return `with other settings: ${Object.entries(entry)
    .map(([key, value]) => `${key} ${cut(JSON.stringify(value), longestArgs)}`)
    .join(", ")}`;
}

/** Which variables of the user's environment it is given: a server may do anything with them. */
function variableWords(entry: JsonObject): string {
  const key = keyOf(entry["oauth"]);
  const given = [...variablesOf(entry).map((name) => `$${name}`), ...(key === undefined ? [] : [`the key ${printable(key)}`])];
  return given.length === 0 ? "" : `; it is given ${given.join(", ")}`;
}

function variablesOf(entry: JsonObject): string[] {
  return [...new Set(variablesIn(JSON.stringify(entry)))].filter((name) => !/^(?:GANTRY|CLAUDE)_PROJECT_DIR$/.test(name));
}

function keyOf(oauth: Json | undefined): string | undefined {
  const key = isObject(oauth) ? oauth["privateKeyFile"] : undefined;
  return key === undefined ? undefined : String(key);
}
