/** An update counts once it has started: an answered call settles it, one that shows it cannot start brings the version before back. */
import { codeOf, type ErrorCode, messageOf } from "../contract/errors.ts";
import type { StorePlace } from "../plugin-store/layout.ts";
import type { CommunityPlugin } from "./found.ts";

const unusableCodes: readonly ErrorCode[] = ["PLUGIN_CHANGED", "PLUGIN_INVALID", "PLUGIN_OPTIONS_INVALID", "PLUGIN_UNDECLARED"];

/** How a call ends whose guest does; the others refuse a call, and nothing ends. */
const crashCodes: readonly ErrorCode[] = [
  "GUEST_CRASHED",
  "GUEST_HUNG",
  "GUEST_MEMORY",
  "GUEST_CPU",
  "GUEST_FLOOD",
  "GUEST_PROTOCOL",
];

export function isCrash(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && crashCodes.includes(code);
}

/** The plugin cannot be used at all; of an update that has not started yet a crash says so too. */
export function isDown(error: unknown, { isNew }: Pick<CommunityPlugin, "isNew">): boolean {
  const code = codeOf(error);
  return (code !== undefined && unusableCodes.includes(code)) || (isNew === true && isCrash(error));
}

/** It has started once, and what it replaced goes. Where that cannot be written, it goes the next time. */
export async function settle(plugin: CommunityPlugin, place: StorePlace): Promise<void> {
  if (plugin.isNew !== true) return;
  const { confirmStarted } = await import("../plugin-store/settle.ts");
  await confirmStarted(place, plugin).catch(() => undefined);
}

/** What is in force again, ready to be used, with what is to be said of it; undefined when nothing could be taken back. */
export async function takeBack(
  plugin: CommunityPlugin,
  place: StorePlace,
  error: unknown,
): Promise<{ before: CommunityPlugin; said: string } | undefined> {
  if (plugin.isNew !== true) return undefined;
  const { rollBack } = await import("../plugin-store/settle.ts");
  const before = await rollBack(place, plugin, messageOf(error)).catch(() => undefined);
  if (before?.manifest === undefined || before.state !== "ready") return undefined;
  const { options, optionsAt, required } = plugin;
  return {
    before: { ...before, manifest: before.manifest, options, ...(optionsAt === undefined ? {} : { optionsAt }), required },
    said: `${plugin.version} did not start (${messageOf(error)}); ${before.version} is in force again`,
  };
}
