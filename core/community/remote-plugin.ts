/**
 * A plugin in a guest as the core's registry, hooks and providers take it: every function is a call to its guest. What comes back
 * is parsed by whoever asked; here it only loses what a guest has no business to say.
 */
import { GantryError } from "../contract/errors.ts";
import type { CoreEffects, Execute, Reach } from "../contract/execution.ts";
import type { CallFrameContext, CallTarget } from "../contract/frames.ts";
import type { GuestCall, Guests } from "../contract/guest.ts";
import { type HookPayloads, type HookPoint, hookTable } from "../contract/hooks.ts";
import type { TapManifest, ToolManifest } from "../contract/manifest.ts";
import { isObject, type Json } from "../contract/messages.ts";
import type { AnyTap, PluginDefinition } from "../contract/plugin.ts";
import { coversTap } from "../permission/scopes/tap-scope.ts";
import { defaultTimeoutMs } from "../taps/tap-bound.ts";
import type { CommunityPlugin } from "./found.ts";
import type { LiveStore } from "./live-store.ts";
import { withOptionsPlace } from "./options-place.ts";
import { remoteProvider } from "./remote-provider.ts";
import { outcomeOf } from "./tool-outcome.ts";

/** Where a moment that no tool call stands behind happens. */
export interface Moment {
  cwd: string;
  workspace: string;
  reach: Reach;
  core: CoreEffects | undefined;
}

export interface RemoteParts {
  plugin: CommunityPlugin;
  /** The plugin of this name in force now: a turn's tools are of its start, and an update may be rolled back meanwhile. */
  current?(): CommunityPlugin;
  live: LiveStore;
  home: string;
  guests(): Promise<Guests>;
  /** Once some call has needed them. */
  startedGuests(): Guests | undefined;
  momentOf(about: { sessionId: string | undefined; cwd: string | undefined }): Promise<Moment>;
  /** Once, when a call of it was answered. */
  onStarted(): void;
  /** A call ended with an error, which may say that the plugin cannot be used at all; resolves when it was told. */
  onFailed(error: unknown): unknown;
}

export interface RemotePlugin {
  definition: PluginDefinition;
  execute(tool: ToolManifest): Execute;
  taps: readonly AnyTap[];
}

export function remotePlugin(parts: RemoteParts): RemotePlugin {
  const { manifest, grants } = parts.plugin;
  const { name, description, contributes } = manifest;
  const call = callsOf(parts);
  const taps = contributes.taps.flatMap((tap, place) => (isGranted(tap, grants) ? [remoteTap(tap, place, call, parts)] : []));
  return {
    definition: {
      name,
      description,
      providers: contributes.providers.map((provider) => remoteProvider(provider, call, parts)),
    },
    execute: (tool) => remoteTool(tool, call, parts),
    taps,
  };
}

/** A call to the guest with what all calls share. */
export type CallGuest = (call: GuestCall) => Promise<Json>;

function callsOf({ plugin, guests, onStarted, onFailed }: RemoteParts): CallGuest {
  let hasStarted = false;
  return async (call) => {
    try {
      const answer = await (await guests()).call(plugin.name, call);
      if (!hasStarted) onStarted();
      hasStarted = true;
      return answer;
    } catch (thrown) {
      const error = withOptionsPlace(thrown, plugin);
      await onFailed(error);
      throw error;
    }
  };
}

function remoteTool(tool: ToolManifest, call: CallGuest, parts: RemoteParts): Execute {
  return async ({ callId, sessionId, input, cwd, reach, timeoutMs, signal, coreEffects, onProgress }) => {
    const { live, home, plugin: first } = parts;
    const plugin = parts.current?.() ?? first;
    if (!live.isOn(plugin)) throw stopped(plugin.name);
    const given = await call({
      target: { part: "tool", name: tool.name },
      input,
      context: { callId, cwd, workspace: reach.workspace, ...(sessionId === undefined ? {} : { sessionId }) },
      services: { effect: tool.effect, reach, home, core: coreEffects, onProgress },
      signal,
      timeoutMs,
    });
    return outcomeOf(tool.name, given, reach);
  };
}

export function stopped(plugin: string): GantryError {
  return new GantryError("PLUGIN_STOPPED", `the plugin ${plugin} is switched off or gone since this session began`);
}

function remoteTap(tap: TapManifest, place: number, call: CallGuest, parts: RemoteParts): AnyTap {
  const { plugin, live, home } = parts;
  const { timeoutMs = defaultTimeoutMs, kind } = tap;
  let moments = 0;
  const run = async (payload: HookPayloads[HookPoint], { signal }: { signal: AbortSignal }): Promise<unknown> => {
    if (!live.isOn(plugin) || !isGranted(tap, live.grantsOf(plugin))) return withoutTap(tap, plugin.name);
    if (kind === "judge" && parts.startedGuests()?.isOpen(plugin.name) === true)
      return instead(tap, `its judge, the plugin ${plugin.name}, crashed too often and is not asked any more`);
    const sessionId = "sessionId" in payload ? payload.sessionId : undefined;
    const cwd = "cwd" in payload ? payload.cwd : undefined;
    const { reach, core, ...place_ } = await parts.momentOf({ sessionId, cwd });
    const context: CallFrameContext = {
      callId: "callId" in payload ? payload.callId : `tap_${place}_${++moments}`,
      ...place_,
      ...(sessionId === undefined ? {} : { sessionId }),
    };
    const services = { reach, home, ...(core === undefined ? {} : { core }) };
    const target: CallTarget = { part: "tap", place };
    return answerOf(await call({ target, input: payload as unknown as Json, context, services, signal, timeoutMs }));
  };
  const { timeoutMs: _own, ...facts } = tap;
  return { ...facts, timeoutMs, run } as unknown as AnyTap;
}

/** Whether it was not fired, what it cost and what it broke, the core knows by itself. */
function answerOf(reply: Json): unknown {
  if (reply === null) return undefined;
  if (!isObject(reply)) return reply;
  const { skipped: _skipped, usage: _usage, violations: _violations, ...said } = reply;
  return said;
}

/**
 * Of a plugin that was switched off, or lost the tap's grant, while the session runs: it is told nothing more. What it judged is
 * asked, and not simply let through: the switch may have been the model's own doing.
 */
function withoutTap(tap: TapManifest, plugin: string): unknown {
  if (tap.kind !== "judge") return { skipped: true };
  return instead(tap, `the plugin ${plugin}, which judges such calls, was switched off or lost its grant in this session`);
}

function instead({ on }: TapManifest, reason: string): unknown {
  if (on === "tool.approve") return { verdict: "ask", reason };
  // Elsewhere there is nothing that could be asked; a broken plugin must not hold a session for ever.
  return { failed: reason };
}

function isGranted({ on, tools }: TapManifest, { "hook.tap": scopes = [] }: CommunityPlugin["grants"]): boolean {
  return coversTap(scopes, { on, ...(tools === undefined ? {} : { tools }) });
}

/** Judges of a plugin that is left out: they cannot decide, and so deny what they would have judged. */
export function missingJudges(name: string, taps: readonly TapManifest[], message: string): AnyTap[] {
  return taps.flatMap((tap) => {
    // What is left out may be left out for what its manifest says.
    if (tap.kind !== "judge" || !Object.hasOwn(hookTable, tap.on) || hookTable[tap.on].onJudgeFailure !== "deny") return [];
    const { timeoutMs: _none, before: _before, ...facts } = tap;
    const run = (): never => {
      throw new GantryError("PLUGIN_STOPPED", `the plugin ${name} is left out: ${message}`);
    };
    return [{ ...facts, run } as unknown as AnyTap];
  });
}
