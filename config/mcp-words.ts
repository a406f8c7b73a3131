/** What a server's entry would start or reach, in plain words and without what may be secret: for trust and lists. */
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { printable } from "../core/contract/printable.ts";
import { isObject } from "./data.ts";
import { isWhole } from "./mcp-entries.ts";
import { variablesIn } from "./mcp-variables.ts";
import { shown } from "./secrets.ts";

const longest = 4_000;

/** `npx -y some-server`; `https://example.com/mcp`; of a change what is changed. With the variables that it takes, and what it may. */
export function serverWords(value: Json): string {
  const entry = isObject(value) ? value : {};
  const words = `${isWhole(entry) ? startWords(entry) + samplingWords(entry) : changeWords(entry)}${variableWords(entry)}`;
  const shownWords = printable(words);
  return shownWords.length > longest ? `${shownWords.slice(0, longest)}… (${shownWords.length} letters)` : shownWords;
}

function startWords(entry: JsonObject): string {
  const { command, args, url, cwd, env } = shown(entry, "mcpServers.x") as JsonObject;
  if (url !== undefined) return String(url).replace(/[?#].*$/s, "");
  // A variable can make another program of it: NODE_OPTIONS, PATH.
  const set = Object.entries(isObject(env) ? env : {}).map(([name, value]) => `${name}=${quoted(String(value))}`);
  const words = [...set, ...[command, ...(Array.isArray(args) ? args : [])].map((word) => quoted(String(word)))];
  return `${words.join(" ")}${cwd === undefined ? "" : ` (in ${String(cwd)})`}`;
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
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(", ")}`;
}

/** Which variables of the user's environment it is given: a server may do anything with them. */
function variableWords(entry: JsonObject): string {
  const names = [...new Set(variablesIn(JSON.stringify(entry)))].filter(
    (name) => !/^(?:GANTRY|CLAUDE)_PROJECT_DIR$/.test(name),
  );
  const key = isObject(entry["oauth"]) ? entry["oauth"]["privateKeyFile"] : undefined;
  const given = [...names.map((name) => `$${name}`), ...(key === undefined ? [] : [`the key ${String(key)}`])];
  return given.length === 0 ? "" : `; it is given ${given.join(", ")}`;
}
