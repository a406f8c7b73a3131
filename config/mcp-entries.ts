/**
 * The `mcpServers` key: what is wrong with an entry, in words and without the schema. An entry that is wrong in any way is left
 * out as a whole: half a server is another one. Nothing here prints a value that may be a secret.
 */
import { longestTimerMs } from "../core/contract/clock.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { didYouMean } from "../core/contract/nearest.ts";
import { printable } from "../core/contract/printable.ts";
import { isObject, type KeyPath } from "./data.ts";
import { serverNameFault } from "./mcp-names.ts";
import { isWhole } from "./mcp-whole.ts";
import { unshownFault } from "./mcp-words.ts";

export interface McpFault {
  /** Of the entry, which is left out. */
  path: KeyPath;
  /** Of what is wrong in it. */
  at: KeyPath;
  message: string;
  hint?: string;
  /** A run goes on without the entry, but for a required one; and not at all where there is no map. */
  outcome: "left out" | "required" | "wrong";
}

interface Field {
  fits(value: Json): boolean;
  /** What it must be. */
  must: string;
}

const isText = (value: Json): value is string => typeof value === "string" && value !== "" && value.length <= 65_536;
const isTexts = (value: Json): boolean =>
  Array.isArray(value) && value.length <= 1000 && value.every((each) => typeof each === "string" && each.length <= 65_536);
const isNames = (value: Json): boolean =>
  Array.isArray(value) && value.length <= 1000 && value.every((each) => isText(each) && each.length <= 256);
const isMap =
  (name: RegExp) =>
  (value: Json): boolean =>
    isObject(value) && Object.entries(value).every(([key, each]) => name.test(key) && typeof each === "string");

const text: Field = { fits: isText, must: "a text" };
const names: Field = { fits: isNames, must: "a list of names" };
const flag: Field = { fits: (value) => typeof value === "boolean", must: "true or false" };
const count = (most: number): Field => ({
  fits: (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= most,
  must: `a whole number from 1 to ${most}`,
});
const oneOf = (...words: string[]): Field => ({
  fits: (value) => typeof value === "string" && words.includes(value),
  must: `one of ${words.join(", ")}`,
});
const group = (fields: Readonly<Record<string, Field>>): Field => ({
  fits: (value) =>
    isObject(value) && Object.entries(value).every(([key, each]) => Object.hasOwn(fields, key) && fields[key]?.fits(each)),
  must: `an object of ${Object.entries(fields)
    .map(([key, { must }]) => `${key} (${must})`)
    .join(", ")}`,
});

const oauth = group({
  grant: oneOf("authorization_code", "client_credentials", "private_key_jwt", "cross_app_access"),
  clientId: text,
  clientSecret: text,
  clientMetadataUrl: text,
  callbackPort: count(65_535),
  scopes: names,
  privateKeyFile: text,
  signingAlgorithm: text,
  idToken: text,
  idpClientId: text,
  idpTokenUrl: text,
  idpIssuer: text,
});

/** Keys of an entry that may stand without a command or url: they change a lower layer's server. */
const settings: Readonly<Record<string, Field>> = {
  timeout: count(longestTimerMs),
  startTimeout: count(600_000),
  tools: group({ allow: names, deny: names }),
  alwaysLoad: flag,
  required: flag,
  enabled: flag,
  sampling: group({ answer: oneOf("ask", "allow", "deny"), tokensPerSession: count(100_000_000) }),
};

const fields: Readonly<Record<string, Field>> = {
  type: oneOf("stdio", "http", "sse"),
  command: text,
  args: { fits: isTexts, must: "a list of texts" },
  env: { fits: isMap(/^[A-Za-z_]\w*$/), must: "an object of variables, each a text" },
  cwd: text,
  url: text,
  headers: { fits: isMap(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), must: "an object of headers, each a text" },
  oauth,
  ...settings,
};

export const entryKeys: readonly string[] = Object.keys(fields);

const rightForm =
  'The form is "mcpServers": {"docs": {"command": "npx", "args": ["-y", "some-server"]}, "web": {"url": "https://…"}}.';

/** What is wrong with the map, each with its path from the root of the file. */
export function mcpFaults(value: Json): McpFault[] {
  const path = ["mcpServers"];
  if (isObject(value)) return Object.entries(value).flatMap(([name, entry]) => entryFaults([...path, name], name, entry));
  return [
    {
      path,
      at: path,
      message: `mcpServers is ${typeOf(value)}, and must be an object of servers`,
      hint: rightForm,
      outcome: "wrong",
    },
  ];
}

function entryFaults(path: KeyPath, name: string, entry: Json): McpFault[] {
  const outcome = isObject(entry) && entry["required"] === true ? "required" : "left out";
  const shownName = printable(name.length > 80 ? `${name.slice(0, 79)}…` : name);
  const fault = (message: string, at: KeyPath = path, hint = rightForm): McpFault => {
    return { path, at, message: `MCP server ${shownName}: ${message}; it is left out`, hint, outcome };
  };
  const wrongName = serverNameFault(name);
  if (wrongName !== undefined) return [fault(wrongName)];
  if (!isObject(entry)) return [fault(`the entry is ${typeOf(entry)}, and must be an object`)];
  const wrongKeys = keyFaults(path, entry, fault);
  return wrongKeys.length > 0 ? wrongKeys : formFaults(path, entry, fault);
}

type MakeFault = (message: string, at?: KeyPath, hint?: string) => McpFault;

function keyFaults(path: KeyPath, entry: JsonObject, fault: MakeFault): McpFault[] {
  return Object.entries(entry).flatMap(([key, value]) => {
    const at = [...path, key];
    if (key === "headersHelper") {
      return [
        fault(
          "headersHelper is not in this build",
          at,
          "Write headers, with a variable for what is secret, or log in with oauth.",
        ),
      ];
    }
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined)
      return [fault(`${printable(key.slice(0, 80))} is no key of a server.${didYouMean(key, entryKeys)}`, at)];
    if (field.fits(value)) return [];
    if (key === "type") return [fault(typeFault(value), at)];
    return [fault(`${key} must be ${field.must}${foundIn(key, value)}`, at)];
  });
}

/** A value of the other keys may be a secret. */
function foundIn(key: string, value: Json): string {
  if (value === "") return "; it is empty";
  if (!Object.hasOwn(settings, key))
    return `; it is ${typeof value === "string" && value.length > 65_536 ? "too long" : typeOf(value)}`;
  const found = printable(JSON.stringify(value));
  return `, not ${found.length > 80 ? `${found.slice(0, 79)}…` : found}`;
}

function typeFault(value: Json): string {
  if (value === "ws" || value === "websocket") return `type ${value} is not spoken: a server is reached by stdio, http or sse`;
  if (value === "sdk") return "type sdk is a server inside another program, and cannot be started from a config";
  const found = printable(JSON.stringify(value).slice(0, 40));
  return `type must be stdio, http or sse, not ${found}.${typeof value === "string" ? didYouMean(value, ["stdio", "http", "sse"]) : ""}`;
}

function formFaults(path: KeyPath, entry: JsonObject, fault: MakeFault): McpFault[] {
  const has = (key: string): boolean => Object.hasOwn(entry, key);
  const type = entry["type"];
  if (has("command") && has("url")) return [fault("it has a command and a url; a server has one of them", [...path, "url"])];
  if (!isWhole(entry)) {
    const others = Object.keys(entry).filter((key) => !Object.hasOwn(settings, key));
    if (others.length === 0 && Object.keys(entry).length > 0) return [];
    return [fault("it has neither a command nor a url")];
  }
  const isChild = has("command");
  if (isChild && (type === "http" || type === "sse"))
    return [fault(`type ${type} goes with a url, and it has a command`, [...path, "type"])];
  if (!isChild && type === "stdio") return [fault("type stdio goes with a command, and it has a url", [...path, "type"])];
  const foreign = (isChild ? ["headers", "oauth"] : ["args", "env", "cwd"]).find(has);
  if (foreign === undefined) {
    const unshown = unshownFault(entry);
    return unshown === undefined ? [] : [fault(unshown)];
  }
  return [
    fault(`${foreign} goes with a ${isChild ? "url" : "command"}, and it has a ${isChild ? "command" : "url"}`, [
      ...path,
      foreign,
    ]),
  ];
}

function typeOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
