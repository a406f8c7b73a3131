/** Keys that the managed layer sets: what another layer says about them comes to nothing, and that is said. Lists only grow. */
import type { ConfigProblem } from "../core/contract/host.ts";
import { placeIn } from "../core/contract/place.ts";
import type { Entry } from "./fragment.ts";
import { shown } from "./secrets.ts";

/** A flag is typed by the one who runs this, now, and is refused; a variable or a file may serve other machines too, and is warned of. */
export function lockProblems(entries: readonly Entry[]): ConfigProblem[] {
  const managed = entries.filter(({ from, isElement }) => from.layer === "managed" && !isElement);
  if (managed.length === 0) return [];
  const locks = new Map(managed.map((entry) => [entry.key, entry]));
  return entries.flatMap(({ key, value, from }) => {
    const lock = locks.get(key);
    if (lock === undefined || from.layer === "managed" || lock.value === value) return [];
    const locked = `${key} is locked to ${JSON.stringify(shown(lock.value, key))} by ${lock.from.source}`;
    if (from.layer === "flag") return [{ code: "CONFIG_LOCKED", message: `${from.source}: ${locked}`, key }];
    const place = from.layer === "env" ? undefined : placeIn(from.source);
    const warning = { code: "CONFIG_LOCKED", severity: "warning" as const, key };
    if (place === undefined) return [{ ...warning, message: `${from.source}: ${locked}` }];
    return [{ ...warning, message: `${locked}; this line has no effect`, ...place }];
  });
}
