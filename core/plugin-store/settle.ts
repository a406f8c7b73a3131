/**
 * The end of an update. Until the new version has started once, the consent keeps what it replaced; the lock says which of
 * the two is in force. Whatever is interrupted leaves one of them working.
 */
import type { InstalledPlugin } from "../contract/installed.ts";
import { inForce } from "./changes.ts";
import type { StorePlace } from "./layout.ts";
import { noteProblem } from "./usage.ts";
import { type StoreWriter, writeStore } from "./writer.ts";

/** After the first good start: what was replaced goes. Does nothing for a plugin that is not `isNew`. */
export async function confirmStarted(place: StorePlace, plugin: InstalledPlugin): Promise<void> {
  if (plugin.isNew !== true) return;
  await writeStore(place, plugin.scope, async (writer) => {
    const consent = writer.consents.plugins.get(plugin.name);
    if (consent === undefined || !isStill(writer, plugin)) return;
    const { previous: _previous, ...rest } = consent;
    writer.consents.plugins.set(plugin.name, rest);
    await writer.saveConsents();
  });
}

/** The version before is in force again; undefined when there is none, or another process has decided meanwhile. `plugins inspect` tells `why`. */
export async function rollBack(
  place: StorePlace,
  plugin: InstalledPlugin,
  why = "it failed",
): Promise<InstalledPlugin | undefined> {
  if (plugin.isNew !== true) return undefined;
  return await writeStore(place, plugin.scope, async (writer) => {
    const previous = writer.consents.plugins.get(plugin.name)?.previous;
    if (previous === undefined || !isStill(writer, plugin)) return undefined;
    writer.lock.set(plugin.name, previous.lock);
    await writer.saveLock();
    writer.consents.plugins.set(plugin.name, previous);
    await writer.saveConsents();
    const message = `${plugin.version} did not start and ${previous.lock.version} is in force again: ${why}`;
    await noteProblem(place, plugin, { code: "PLUGIN_ROLLED_BACK", message });
    return inForce(writer).find(({ name }) => name === plugin.name);
  });
}

function isStill({ lock, consents }: StoreWriter, { name, lock: { sha512, manifestHash } }: InstalledPlugin): boolean {
  const isSame = (now?: { sha512: string; manifestHash: string }): boolean =>
    now?.sha512 === sha512 && now.manifestHash === manifestHash;
  return isSame(lock.get(name)) && isSame(consents.plugins.get(name));
}
