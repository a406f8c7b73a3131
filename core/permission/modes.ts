/** A session's mode from a word, and the one mode that root is refused. Unknown is an error, never a weaker mode. */
import { GantryError } from "../contract/errors.ts";
import { findMode, type Mode, modeNames } from "../contract/modes.ts";
import { didYouMean } from "../contract/nearest.ts";

export type { Mode } from "../contract/modes.ts";

/** The mode of a name or accepted name. CONFIG_INVALID names `source`, the value, the nearest name and every name. */
export function parseMode(text: string, source = "permissions.mode"): Mode {
  const mode = findMode(text);
  if (mode !== undefined) return mode;
  throw new GantryError(
    "CONFIG_INVALID",
    `${source} is ${JSON.stringify(text)}, which is not a mode.${didYouMean(text, modeNames)} The modes are ${modeNames.join(", ")}.`,
  );
}

/** ROOT_BYPASS_REFUSED when nothing would stand between the model and root. `uid` is undefined where there is no such thing. */
export function refuseRootBypass({ mode, uid, allowed }: { mode: Mode; uid: number | undefined; allowed: boolean }): void {
  if (mode !== "bypassPermissions" || uid !== 0 || allowed) return;
  throw new GantryError(
    "ROOT_BYPASS_REFUSED",
    "The mode bypassPermissions is refused for root (uid 0): every command of the model would run with all rights, unasked.",
  );
}
