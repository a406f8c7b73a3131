/** What a plugin may be called: its name is in its manifest, in configs, in the names of its files in the store. */
import { GantryError } from "../contract/errors.ts";

export const maxNameLength = 64;
const form = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** PLUGIN_INVALID with the nearest allowed name. */
export function checkPluginName(name: string): void {
  if (form.test(name) && name.length <= maxNameLength) return;
  const near = nearestName(name);
  const instead = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new GantryError(
    "PLUGIN_INVALID",
    `"${name}" cannot be a plugin's name: lower-case letters, digits and single -, a letter first, at most ${maxNameLength}.${instead}`,
  );
}

/** The allowed form of what was written; undefined when nothing of it can stay. */
export function nearestName(name: string): string | undefined {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/^@[^/]*\//, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[-0-9]+|-+$/g, "")
    .slice(0, maxNameLength)
    .replace(/-+$/, "");
  return form.test(plain) ? plain : undefined;
}

/** As tools are named: `till-helper` is `TillHelper`. */
export function toolPrefix(name: string): string {
  return name
    .split("-")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}
