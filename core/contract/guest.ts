/** What the core hands to whoever runs guests, and what it may ask of them. Only workers/ knows that processes stand behind it. */

import type { CoreEffects, Reach } from "./execution.ts";
import type { CallFrameContext, CallTarget } from "./frames.ts";
import type { PluginManifest } from "./manifest.ts";
import type { Json, JsonObject } from "./messages.ts";
import type { Grants, PermissionKind } from "./permissions.ts";
import type { ToolEffect } from "./plugin.ts";

/** Bounds of one guest; each is a key of `isolation` in the config. Units in the names. */
export interface GuestLimits {
  rssMiB: number;
  heapMiB: number;
  /** CPU in any 30 seconds. */
  cpuSeconds: number;
  pendingCalls: number;
  requestsPerSecond: number;
  bytesPerSecond: number;
  timers: number;
  logBytesPerMinute: number;
  /** A call that names no bound of its own. */
  callTimeoutMs: number;
  /** Without a call for so long, its process is ended; the next call starts another. */
  idleSeconds: number;
}

/** A plugin that runs in a guest. What may change while it is loaded is asked anew each time. */
export interface GuestPlugin {
  name: string;
  version: string;
  manifest: PluginManifest;
  /** Absolute. Hashed before it is sent. */
  bundleFile: string;
  /** Hex. PLUGIN_CHANGED when the bundle has another. */
  sha512: string;
  /** Now: a grant that is taken away counts from the next request on. */
  grants(): Grants;
  options: JsonObject;
}

/** What the core offers to one call of a guest; what is absent, nobody can give, and the effect says so. */
export interface CallServices {
  /** Of the tool, as its manifest declares it: an effect that is more than that is refused. Absent: no tool's call. */
  effect?: ToolEffect;
  /** How far file effects reach, before the plugin's own grant narrows it. */
  reach: Reach;
  home: string;
  /** The session's services: shells, what was read, who can be asked. */
  core?: CoreEffects;
  onProgress?(text: string): void;
  /** Told of each request of the call when it is over: for those who watch a plugin, as its tests do. */
  onEffect?(seen: EffectSeen): void;
}

/** One request of a call: performed, or with the error that it was answered with. */
export interface EffectSeen {
  /** Absent for a method that is not known. */
  kind?: PermissionKind;
  method: string;
  args: readonly Json[];
  error?: { code: string; message: string };
}

export interface GuestCall {
  target: CallTarget;
  input: Json;
  context: CallFrameContext;
  services: CallServices;
  signal: AbortSignal;
  /** `own`: none but the signal. */
  timeoutMs: number | "own";
  /** With `call`: the chunks of the call as they come (what a command prints), before its result. Without it they are dropped. */
  onChunk?(item: Json): void;
}

/** What a guest found in its bundle: a manifest without what only a file can say. */
export type Contributions = Pick<PluginManifest, "name" | "description" | "permissions" | "optionsSchema" | "contributes">;

export interface GuestFacts {
  plugin: string;
  /** `waiting` until a back-off ends; `open`: the breaker is. */
  state: "stopped" | "starting" | "running" | "waiting" | "open";
  pid?: number;
  /** What surrounds it: the realm and the process always; the operating system's boundary where it is there. */
  tier: "realm+process" | "realm+process+os";
  rssMiB: number;
  cpuSeconds: number;
  calls: number;
  crashes: number;
  /** Requests that a grant did not cover. */
  refusals: number;
  /** Uses of each kind, and the last. */
  used: Partial<Record<PermissionKind, { count: number; lastAt: string }>>;
  lastProblem?: { at: string; code: string; message: string };
  log: readonly string[];
}

/** Something a user should know that no call's result tells. */
export interface GuestNews {
  plugin: string;
  what: "crash" | "refused" | "breaker-open" | "breaker-closed" | "log";
  code?: string;
  message: string;
}

/** All guests of one runtime. */
export interface Guests {
  /** Known from now on; nothing is started. In place of one of the same name, whose guest is ended with its handles. */
  add(plugin: GuestPlugin): void;
  /** Ends it; calls that run fail with PLUGIN_STOPPED. */
  remove(name: string): Promise<void>;
  /**
   * One call to its end. The plugin's own failure is TOOL_FAILED (or the row its code names); TOOL_TIMEOUT, TOOL_INTERRUPTED,
   * GUEST_* with what became of the guest, PLUGIN_CHANGED, PLUGIN_UNDECLARED, PLUGIN_OPTIONS_INVALID when it cannot be loaded.
   */
  call(plugin: string, call: GuestCall): Promise<Json>;
  /** The items of a call that streams, as they come, then its end. Pulled: what is not read is not sent. */
  stream(plugin: string, call: GuestCall): AsyncIterable<Json>;
  /** Starts a spare process when some plugin has none; does not wait. */
  warm(): void;
  /** Whether calls of the plugin are refused until its breaker closes. */
  isOpen(plugin: string): boolean;
  /** Closes the breaker by hand. */
  reset(plugin: string): void;
  facts(): readonly GuestFacts[];
  close(): Promise<void>;
}

/** Says of a bundle what it contributes, in a guest of its own without any grant. GUEST_*, PLUGIN_INVALID. */
export type DescribeBundle = (
  bundle: { name: string; source: string },
  options: { signal: AbortSignal },
) => Promise<Contributions>;
