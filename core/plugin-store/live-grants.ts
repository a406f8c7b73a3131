/** Grants as the consent file says them now: one look at the file's stamp a request, and a read only when it was replaced. */
import type { InstalledPlugin, PluginScope } from "../contract/installed.ts";
import type { Grants } from "../contract/permissions.ts";
import type { ConsentFile } from "./entries.ts";
import { consentFor } from "./installed.ts";
import { consentFile, type StorePlace } from "./layout.ts";
import { stampOf } from "./read-now.ts";
import { readConsentsNow } from "./scopes-on-disk.ts";

export interface LiveGrants {
  /**
   * What these very bytes of a plugin hold now: `{}` when the consent was taken back, is about other bytes, or cannot be
   * read. A linked plugin's grants are its folder's, whatever the bytes. The same object until something changed.
   */
  grantsOf(plugin: Pick<InstalledPlugin, "name" | "scope" | "lock" | "link">): Grants;
  close(): void;
}

const none: Grants = Object.freeze({});

export function createLiveGrants(place: StorePlace): LiveGrants {
  const known = new Map<PluginScope, { stamp: string; file: string; consents: ConsentFile | undefined }>();
  let isClosed = false;

  const consentsOf = (scope: PluginScope): ConsentFile | undefined => {
    const before = known.get(scope);
    const file = before?.file ?? consentFile(place, scope);
    // The stamp is taken first: what is replaced between the two looks is seen at the next one.
    const stamp = stampOf(file);
    if (before?.stamp === stamp) return before.consents;
    const consents = readConsentsNow(place, scope);
    known.set(scope, { stamp, file, consents });
    return consents;
  };

  return {
    grantsOf({ name, scope, lock, link }) {
      if (isClosed) return none;
      const consent = consentsOf(scope)?.plugins.get(name);
      const given = link === undefined ? consentFor(lock, consent) : consent?.link === link ? consent : undefined;
      return given === undefined || given.disabled === true ? none : given.grants;
    },
    close() {
      isClosed = true;
      known.clear();
    },
  };
}
