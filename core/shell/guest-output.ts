/**
 * What a command in a guest prints and hands back. stdout is the command's own; beside it, every line is under the plugin's
 * name, so that none looks like one of ours.
 */
import { codeOf, type ErrorCode, GantryError } from "../contract/errors.ts";
import { isObject, type Json } from "../contract/messages.ts";
import type { CommandOutput } from "../contract/plugin.ts";
import type { Report } from "./report.ts";
import { sanitizeLine, sanitizeText } from "./sanitize.ts";

interface Shown {
  plugin: string;
  report: Report;
  /** Takes secrets out. */
  redact?(text: string): string;
}

/** What is none of the three is dropped: the wire has checked what a guest sends, not what an author meant. */
export function showItem(item: Json, { plugin, report, redact = (text) => text }: Shown): void {
  if (!isObject(item)) return;
  const { print, say, warn } = item;
  if (typeof print === "string") report.print(sanitizeText(redact(print)));
  else if (typeof say === "string") sayFor(plugin, redact(say), report);
  else if (typeof warn === "string") report.warn(`${plugin}: ${sanitizeLine(redact(warn))}`);
}

export function sayFor(plugin: string, text: string, report: Report): void {
  for (const line of sanitizeText(text).replace(/\n$/, "").split("\n")) report.say(`${plugin}: ${line}`);
}

/** Resolves to the exit code. PLUGIN_INVALID for what is no CommandOutput. */
export function printOutput(given: Json, command: { id: string; plugin: string }, report: Report): number {
  const { data, text, error, exit } = outputOf(given, command);
  const code = error ? report.failed({ ...error, data, text }) : report.result(data, text);
  return exit ?? code;
}

function outputOf(given: Json, { id, plugin }: { id: string; plugin: string }): CommandOutput {
  const unfit = (what: string): GantryError =>
    new GantryError("PLUGIN_INVALID", `the command ${id} of ${plugin} handed back what is no output: ${what}`);
  const { data = null, text = "", error, exit } = isObject(given) ? given : {};
  if (!isObject(given) || typeof text !== "string") throw unfit("it must be {data, text}");
  if (exit !== undefined && exit !== null && exit !== 0 && !isOwnCode(exit))
    throw unfit(`exit is ${JSON.stringify(exit)}; a command's own codes are 10 to 99`);
  const { code, message } = isObject(error) ? error : {};
  if (isObject(error) && typeof message !== "string") throw unfit("its error has no message");
  return {
    ...{ data, text: sanitizeText(text) },
    ...(isObject(error) ? { error: { code: codeOf({ code }) ?? ("TOOL_FAILED" as ErrorCode), message: String(message) } } : {}),
    ...(isOwnCode(exit) ? { exit } : {}),
  };
}

function isOwnCode(exit: Json | undefined): exit is number {
  return Number.isInteger(exit) && Number(exit) >= 10 && Number(exit) <= 99;
}
