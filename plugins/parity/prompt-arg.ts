/** The PROMPT argument of this plugin's commands: bounded, and never empty. */
import { GantryError } from "gantry/errors";

export const mostPromptCharacters = 10_000;

/** USAGE_INVALID. */
export function readPrompt(prompt: string | undefined, command: string): string {
  const text = prompt ?? "";
  if (text.trim() === "")
    throw new GantryError(
      "USAGE_INVALID",
      `PROMPT is empty: say in words what is to be done, as gantry ${command} "run the tests"`,
    );
  if (text.length > mostPromptCharacters)
    throw new GantryError(
      "USAGE_INVALID",
      `PROMPT has ${text.length} characters; ${command} takes at most ${mostPromptCharacters}`,
    );
  return text;
}

/** A whole number of a flag. USAGE_INVALID. */
export function readCount(value: unknown, { flag, most, fallback }: { flag: string; most: number; fallback: number }): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new GantryError("USAGE_INVALID", `--${flag} takes a whole number from 1 to ${most}, not ${String(value)}`);
}
