/** THE list of permission modes, strictest first, and the names that other agents use for three of them. */

export const modes = ["plan", "dontAsk", "default", "acceptEdits", "bypassPermissions"] as const;

/**
 * How calls are approved when no rule decides. In order of looseness: `dontAsk` allows only what rules allow, so it lies
 * between `plan` and `default`.
 */
export type Mode = (typeof modes)[number];

export const modeAliases: Readonly<Record<string, Mode>> = {
  "read-only": "plan",
  "workspace-write": "acceptEdits",
  "danger-full-access": "bypassPermissions",
};

/** Every word that names a mode. */
export const modeNames: readonly string[] = [...modes, ...Object.keys(modeAliases)];

/** Our name of a mode, from ours or an accepted one; undefined for any other word. */
export function findMode(word: unknown): Mode | undefined {
  if (typeof word !== "string") return undefined;
  const own = modes.find((mode) => mode === word);
  return own ?? (Object.hasOwn(modeAliases, word) ? modeAliases[word] : undefined);
}
