/** What the store says now of plugins that a session runs with: another process may narrow a grant, disable or uninstall meanwhile. */
import type { InstalledPlugin } from "../contract/installed.ts";
import type { Grants } from "../contract/permissions.ts";
import { consentFor } from "../plugin-store/installed.ts";
import { consentFile, type StorePlace } from "../plugin-store/layout.ts";
import { createLiveGrants } from "../plugin-store/live-grants.ts";
import { stampOf } from "../plugin-store/read-now.ts";
import { readConsentsNow } from "../plugin-store/scopes-on-disk.ts";

type Known = Pick<InstalledPlugin, "name" | "scope" | "lock" | "link">;

export interface LiveStore {
  grantsOf(plugin: Known): Grants;
  /** Not disabled, and this user's yes still stands. */
  isOn(plugin: Known): boolean;
  close(): void;
}

/** `held`: by name, of plugins that are in no store: what they hold until the run ends. */
export function createLiveStore(place: StorePlace, held: ReadonlyMap<string, Grants> = new Map()): LiveStore {
  const grants = createLiveGrants(place);
  const seen = new Map<string, { stamp: string; isOn: boolean }>();
  return {
    grantsOf: (plugin) => held.get(plugin.name) ?? grants.grantsOf(plugin),
    isOn(plugin) {
      const { name, scope, lock } = plugin;
      if (held.has(name)) return true;
      const stamp = stampOf(consentFile(place, scope));
      // One name may have two versions in a session: an update, and what it is rolled back to.
      const key = `${scope} ${name} ${lock.sha512} ${lock.manifestHash}`;
      const last = seen.get(key);
      if (last?.stamp === stamp) return last.isOn;
      const isOn = hasConsent(plugin, place);
      seen.set(key, { stamp, isOn });
      return isOn;
    },
    close: grants.close,
  };
}

function hasConsent({ name, scope, lock, link }: Known, place: StorePlace): boolean {
  const consent = readConsentsNow(place, scope)?.plugins.get(name);
  const given = link === undefined ? consentFor(lock, consent) : consent?.link === link ? consent : undefined;
  return given !== undefined && given.disabled !== true;
}
