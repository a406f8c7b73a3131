/** What a tap says beside what it decides, on its way to the log, the model and the user: capped, and without secrets. */
import type { ElicitAnswer, TapExtras, Verdict } from "../contract/hooks.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { HookFired, HooksOptions } from "../hooks.ts";

/** A parsed answer, of whatever kind of tap. */
export type Answer = TapExtras & {
  verdict?: Verdict;
  reason?: string;
  input?: JsonObject;
  remember?: string[];
  answer?: ElicitAnswer;
  ask?: string[];
  deny?: string[];
};

const mostCharacters = 10_000;
const mostViolations = 20;
const mostReasonCharacters = 500;

/** What a row of the log has room for. */
function shortLine(text: string): string {
  const [line = ""] = text.trimStart().split(/\r?\n/, 1);
  return line.length <= mostReasonCharacters ? line : `${line.slice(0, mostReasonCharacters - 1)}…`;
}

export function reasonGiven(outcome: HookFired["outcome"], reason: string | undefined): string | undefined {
  return reason === undefined || (outcome !== "ask" && outcome !== "deny") ? undefined : shortLine(reason);
}

export function listedViolations(violations: readonly string[]): string[] {
  const more = violations.length - mostViolations;
  const shown = violations.slice(0, mostViolations).map(shortLine);
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

/** What a tap says goes to the log, to the model and to the user. An input or content that it gives back is not said. */
export function withoutSecrets(said: Answer, redact: HooksOptions["redact"]): Answer {
  if (redact === undefined) return said;
  const clean: Answer = { ...said };
  for (const part of ["reason", "say", "stop", "failed", "context"] as const) {
    const text = said[part];
    if (text !== undefined) clean[part] = redact(text);
  }
  if (said.violations !== undefined) clean.violations = said.violations.map(redact);
  return clean;
}

export function cut(text: string): string {
  if (text.length <= mostCharacters) return text;
  // A pair of code units is never torn: half a letter is no text.
  const end = /[\uD800-\uDBFF]/.test(text.charAt(mostCharacters - 1)) ? mostCharacters - 1 : mostCharacters;
  return `${text.slice(0, end)}… (cut: ${text.length} characters)`;
}
