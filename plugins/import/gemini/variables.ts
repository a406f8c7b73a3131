/**
 * `$NAME` and `${NAME}`, which Gemini CLI puts in wherever its settings hold texts. What is not set stays as it is written there; it
 * may be set where it is started, so that an entry that still holds one may be any. Source: docs/reference/configuration.md.
 */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject } from "../fields.ts";
import type { Table } from "../table.ts";

type Env = Readonly<Record<string, string | undefined>>;

const variable = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-([^}]*))?\})/g;

/** Keys whose texts are written with their variables, or run as they stand. */
const left = new Set(["mcpServers", "hooks"]);

export function resolved(table: Table, env: Env): Table {
  const entries = Object.entries(table.data).map(([key, value]) => [key, left.has(key) ? value : withValues(value, env)]);
  return { ...table, data: Object.fromEntries(entries) as JsonObject };
}

export function withValues(value: Json, env: Env): Json {
  if (typeof value === "string")
    return value.replaceAll(variable, (whole, plain?: string, braced?: string, standard?: string) => {
      const found = env[plain ?? braced ?? ""];
      return found ?? standard ?? whole;
    });
  if (Array.isArray(value)) return value.map((each) => withValues(each, env));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withValues(inner, env)]));
}

export function isOpen(text: string): boolean {
  return text.includes("$");
}
