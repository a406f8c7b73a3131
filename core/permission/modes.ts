/** The modes a session's approvals can be in, and the names that are accepted for them. Unknown is an error, never a weaker mode. */
import { GantryError } from "../contract/errors.ts";
import { didYouMean } from "../contract/nearest.ts";

export const modes = ["plan", "default", "acceptEdits", "dontAsk", "bypassPermissions"] as const;
export type Mode = (typeof modes)[number];

/** Names of other tools for three of the modes; `config explain` says which mode they mean. */
export const modeAliases: Readonly<Record<string, Mode>> = {
  "read-only": "plan",
  "workspace-write": "acceptEdits",
  "danger-full-access": "bypassPermissions",
};

/** The mode of a name or accepted name. CONFIG_INVALID names `source`, the value, the nearest name and every name. */
export function parseMode(text: string, source = "permissions.mode"): Mode {
  const mode = modes.find((name) => name === text) ?? (Object.hasOwn(modeAliases, text) ? modeAliases[text] : undefined);
  if (mode !== undefined) return mode;
  const names = [...modes, ...Object.keys(modeAliases)];
  throw new GantryError(
    "CONFIG_INVALID",
    `${source} is ${JSON.stringify(text)}, which is not a mode.${didYouMean(text, names)} The modes are ${names.join(", ")}.`,
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
