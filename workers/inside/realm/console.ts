/** The plugin's console: each call is a line of its log. */

import { messageOf } from "./error-text.ts";
import type { Log, LogLevel } from "./log.ts";
import { plainCopy } from "./plain-copy.ts";

const levels: Record<string, LogLevel> = {
  log: "info",
  info: "info",
  debug: "debug",
  trace: "debug",
  dir: "info",
  table: "info",
  warn: "warn",
  error: "error",
};
const silent = ["group", "groupCollapsed", "groupEnd", "time", "timeEnd", "timeLog", "count", "countReset", "clear"];

const maxArgs = 100;

export function createConsole(log: Log): Record<string, (...args: unknown[]) => void> {
  const made: Record<string, (...args: unknown[]) => void> = {};
  for (const [name, level] of Object.entries(levels))
    made[name] = (...args) => log(level, args.slice(0, maxArgs).map(shown).join(" "));
  for (const name of silent) made[name] = () => undefined;
  made.assert = (isTrue, ...args) => {
    if (!isTrue) log("error", ["Assertion failed:", ...args.slice(0, maxArgs).map(shown)].join(" "));
  };
  return made;
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return typeof value === "function" ? "[function]" : String(value);
  if (value instanceof Error) return messageOf(value);
  try {
    return JSON.stringify(plainCopy(value, { allowBytes: true }));
  } catch (error) {
    return `[${messageOf(error)}]`;
  }
}
