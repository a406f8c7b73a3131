/** Reading fields of a hook's JSON: what is of the wrong type is said, never passed over. */
import type { Json, JsonObject } from "../../contract/messages.ts";
import { didYouMean, nearest } from "../../contract/nearest.ts";
import type { HookReply } from "./hook-reply.ts";
import { saidText } from "./said-text.ts";

export interface Spoken {
  reply: Omit<HookReply, "failed" | "undecided">;
  violations: string[];
  /** A decision was meant that the format does not have. */
  unreadable?: string;
  /** At least one field of the format is there. */
  known: boolean;
  /** `{}`, or only fields of the format that decide nothing and are at the wrong place: it was not to say more. */
  empty?: boolean;
}

export function unreadable(spoken: Spoken, what: string): void {
  spoken.violations.push(what);
  spoken.unreadable ??= what;
}

/** What decides, wherever it stands. */
const deciding: readonly string[] = [
  "continue",
  "decision",
  "hookSpecificOutput",
  "permissionDecision",
  "updatedInput",
  "behavior",
];
const decidingWord =
  /deci[st]ion|desicion|verdict|block|deny|denied|allow|approve|reject|permission|behaviou?r|^ok$|^stop$|^action$/i;
/** Fields of the format that decide nothing: at the wrong place they are lost, and that is all. */
const telling: readonly string[] = [
  "additionalContext",
  "permissionDecisionReason",
  "stopReason",
  "systemMessage",
  "reason",
  "message",
];

/** Every key that the format does not have there is said; one that was meant to decide makes it all unreadable. */
export function unknownKeys(object: JsonObject, known: readonly string[], where: string, spoken: Spoken): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const what = `${where} has no field ${saidText(key).slice(0, 80)}.${didYouMean(key, known)}`;
    if (mayDecide(key, known)) unreadable(spoken, what);
    else spoken.violations.push(what);
  }
}

/** Is an unknown key a decision that is mistyped, at the wrong place, or of another format? */
function mayDecide(key: string, known: readonly string[]): boolean {
  if (telling.includes(key)) return false;
  const near = nearest(key, [...known, ...deciding, ...telling]);
  return near === undefined ? decidingWord.test(key) : deciding.includes(near);
}

/** Nothing is there that could have been meant to decide. */
export function saysNothing(object: JsonObject): boolean {
  return Object.keys(object).every((key) => telling.includes(key) || key === "hookEventName");
}

export function textAt(object: JsonObject, key: string, violations: string[]): string | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value === "" ? undefined : saidText(value);
  violations.push(`${key} is ${shown(value)}; it must be a string`);
  return undefined;
}

export function flagAt(object: JsonObject, key: string, violations: string[]): boolean {
  const value = object[key];
  if (value !== undefined && typeof value !== "boolean") violations.push(`${key} is ${shown(value)}; it must be true or false`);
  return value === true;
}

export function shown(value: Json): string {
  const text = saidText(JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
