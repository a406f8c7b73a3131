/** Data against the schema: every problem at once, each with its key path, what was found and the nearest right name. */
import type * as z from "zod";
import type { ErrorCode } from "../core/contract/errors.ts";
import type { Json } from "../core/contract/messages.ts";
import { nearest } from "../core/contract/nearest.ts";
import { oddLetter } from "../core/contract/odd-letter.ts";
import { defaults } from "./defaults.ts";
import { isObject, type KeyPath } from "./fragment.ts";
import { hookFaults } from "./hook-entries.ts";
import { type McpFault, mcpFaults } from "./mcp-entries.ts";
import { nearestKey } from "./nearest.ts";
import { pluginFaults } from "./plugin-entries.ts";
import { configKeys, layerSchema } from "./schema.ts";

export interface Finding {
  /** Of what is left out. */
  path: KeyPath;
  /** Of what is wrong, where that is a part of it. */
  at?: KeyPath;
  code: ErrorCode;
  /** A run goes on without it. */
  severity?: "warning";
  message: string;
  hint?: string;
}

/** Every finding about one fragment's data, in the order of the schema. */
export function check(data: Json): Finding[] {
  const { hooks, plugins, mcpServers } = isObject(data) ? data : {};
  const faults = [...(hooks === undefined ? [] : hookFaults(hooks)), ...(plugins === undefined ? [] : pluginFaults(plugins))];
  const findings = [
    ...faults.map((fault): Finding => ({ ...fault, code: "CONFIG_INVALID" })),
    ...(mcpServers === undefined ? [] : mcpFaults(mcpServers).map(serverFinding)),
  ];
  const result = layerSchema.safeParse(data);
  if (result.success) return findings;
  const others = result.error.issues.filter(({ path: [key] }) => !ownWords.includes(String(key)));
  return [...others.flatMap((issue) => findingsOf(issue, data)), ...findings];
}

/** Keys whose faults are told by rooms of their own. */
const ownWords = ["hooks", "plugins", "mcpServers"];

function serverFinding({ outcome, ...fault }: McpFault): Finding {
  if (outcome === "required") return { ...fault, code: "MCP_REQUIRED" };
  return { ...fault, code: "CONFIG_INVALID", ...(outcome === "left out" ? { severity: "warning" as const } : {}) };
}

/** `data` without the values that `findings` are about, so that the rest can be shown. */
export function withoutFindings(data: Json, findings: readonly Finding[], path: KeyPath = []): Json {
  if (isBad(path)) return Array.isArray(data) ? [] : {};
  if (Array.isArray(data)) {
    return data.flatMap((value, index) =>
      isBad([...path, index]) ? [] : [withoutFindings(value, findings, [...path, index])],
    );
  }
  if (!isObject(data)) return data;
  const kept = Object.entries(data).filter(([key]) => !isBad([...path, key]));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutFindings(value, findings, [...path, key])]));

  function isBad(here: KeyPath): boolean {
    return findings.some(
      (finding) => finding.path.length === here.length && finding.path.every((part, at) => part === here[at]),
    );
  }
}

function findingsOf(issue: z.core.$ZodIssue, data: Json): Finding[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key]));
  const key = path.join(".");
  const found = valueAt(data, path);
  if (key === "model" && typeof found === "string") return [badModel(path, found)];
  if (issue.code === "invalid_key") {
    return [{ path, code: "CONFIG_INVALID", message: `${key}: ${printed(path.at(-1) ?? "")} is not a variable's name` }];
  }
  if (issue.code === "invalid_value") {
    const words = issue.values.map(String);
    const near = typeof found === "string" ? nearest(found, words) : undefined;
    const message = `${key}: ${printed(found, 40)} is none of ${words.join(", ")}${near === undefined ? "" : `; did you mean ${near}?`}`;
    return [{ path, code: "CONFIG_INVALID", message }];
  }
  // A value of env may be a secret: its type is named, not itself.
  const shown = path[0] === "env" ? "" : `; it is ${printed(found, 40)}`;
  return [{ path, code: "CONFIG_INVALID", message: `${key === "" ? "the config" : key}: ${plain(issue.message)}${shown}` }];
}

/** A key that no layer can have, with the nearest one that it can. */
export function unknownKey(path: KeyPath): Finding {
  const key = path.join(".");
  if (path[0] === "$import") {
    return {
      path,
      code: "CONFIG_INVALID",
      message: "$import is not followed: config is data, and one file never runs or reads another",
      hint: "Copy what the other file says into this one.",
    };
  }
  const near = nearestKey(key, nameableKeys());
  const written = path.find((part) => typeof part === "string" && part.includes("."));
  if (near === key && written !== undefined) {
    const message = `${printed(key)} is no config key: a dot stands for a level; did you mean ${nested(key)}?`;
    return { path, code: "CONFIG_KEY_UNKNOWN", message };
  }
  const odd = oddLetter(key);
  if (odd !== undefined) {
    const message = `${printed(key)} is no config key: ${odd}${near === undefined ? "" : `; did you mean ${near}?`}`;
    return { path, code: "CONFIG_KEY_UNKNOWN", message };
  }
  const message = `${printed(key)} is no config key${near === undefined ? "" : `; did you mean ${near}?`}`;
  return { path, code: "CONFIG_KEY_UNKNOWN", message };
}

/** `{"permissions": {"mode": …}}` */
function nested(key: string): string {
  return key.split(".").reduceRight((value, part) => `{${JSON.stringify(part)}: ${value}}`, "…");
}

/** Every key and every group of keys. */
export function nameableKeys(): string[] {
  const keys = configKeys().map(({ key }) => key);
  const groups = keys.flatMap((key) => key.split(".").map((_, at, parts) => parts.slice(0, at).join(".")));
  return [...keys, ...new Set(groups.filter((group) => group !== ""))];
}

function badModel(path: KeyPath, found: string): Finding {
  const near =
    found.includes("/") || found === ""
      ? defaults.model
      : (nearest(`anthropic/${found}`, [defaults.model]) ?? `anthropic/${found}`);
  return { path, code: "MODEL_INVALID", message: `model ${printed(found)} is not provider/name; did you mean ${near}?` };
}

function valueAt(data: Json, path: KeyPath): Json | undefined {
  let value: Json | undefined = data;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)];
    else value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
}

/** As JSON, at most 80 characters, of a whole value 40, so that nothing in it can act on a terminal. */
function printed(value: Json | undefined, most = 80): string {
  const text = JSON.stringify(value ?? null).replaceAll(/[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function plain(message: string): string {
  return message.replace(/^Invalid input: /, "").replace(/^Too (small|big): /, "");
}
