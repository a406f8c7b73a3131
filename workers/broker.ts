/**
 * What stands between a plugin and the world, in the core. Order for every request: method known → arguments fit → its call
 * runs → the tool's declared effect is enough → the grant of now covers it → perform. What a plugin may hold on to is a handle:
 * a random name, good for the call that it was given to, and gone with it.
 */
import { randomBytes } from "node:crypto";
import { codeOf, GantryError, messageOf } from "../core/contract/errors.ts";
import type { CallFrameContext } from "../core/contract/frames.ts";
import type { CallServices } from "../core/contract/guest.ts";
import type { Json } from "../core/contract/messages.ts";
import { didYouMean } from "../core/contract/nearest.ts";
import { type Grants, type PermissionKind, permissionTable } from "../core/contract/permissions.ts";
import type { ToolEffect } from "../core/contract/plugin.ts";
import { untilAborted } from "../core/contract/until-aborted.ts";
import { inFlightOf, type Weight } from "./broker/in-flight.ts";
import type { Held, Method, MethodEnv, ReadRequest } from "./broker/method.ts";
import { createTurns } from "./broker/turns.ts";
import { denied } from "./denied.ts";
import type { ExecProgram, HostProgram, ScopePlace } from "./effects/effect.ts";
import type { NetEdge } from "./effects/net-hop.ts";
import type { PerformFileEffect } from "./file-effects.ts";
import { rawBytesOf } from "./raw-bytes.ts";
import { tellingOf } from "./told-effects.ts";

/** What the runtime gives for all plugins. */
export interface BrokerHost {
  fileEffect: PerformFileEffect;
  exec: ExecProgram;
  host: HostProgram;
  /** Asked only for a name that the plugin holds and reads now: whoever answers knows which values are out, to redact them. */
  secret(name: string): string | undefined;
  /** Absolute. */
  storageFile(plugin: string): string;
  /** As the user's environment spells it. */
  home: string;
  /**
   * Folders of gantry's own (config, data, state; absolute): no guest writes below them, whatever it was granted, for it
   * could grant itself more there.
   */
  ownFolders?: readonly string[];
  /** Where the network begins, for tests. */
  edge?: NetEdge;
}

/** One running call of the plugin; the same object for all its requests. */
export interface LiveCall {
  context: CallFrameContext;
  services: CallServices;
  /** Aborted on cancel and timeout. */
  signal: AbortSignal;
}

export interface BrokerOptions {
  plugin: string;
  /** Now: asked for each request. */
  grants(): Grants;
  host: BrokerHost;
  /** A request that was covered and began; `at` is an ISO time. */
  record?(kind: PermissionKind, at: string): void;
  refused?(kind: PermissionKind, message: string): void;
}

export interface Broker {
  /**
   * The request counts as under way until `sent`, when its reply has left; `sent` never rejects. PERMISSION_DENIED,
   * EFFECT_TOO_STRONG, REQUEST_INVALID, CALL_ENDED, EFFECT_LIMIT, HANDLE_UNKNOWN, or an effect's own code.
   */
  perform(method: string, args: readonly Json[], call: LiveCall, sent?: Promise<void>): Promise<Json>;
  /** Ends what the call still has under way, and its handles. Later requests of it are CALL_ENDED. */
  endCall(call: LiveCall): void;
  close(): void;
}

/** What a call has under way. */
interface CallState {
  stop: AbortController;
  onAbort(): void;
  handles: Map<string, Opened>;
}

interface Opened {
  held: Held;
  by: ReadRequest;
}

interface Performing {
  request: ReadRequest;
  kind: PermissionKind;
  scope: NonNullable<Grants[PermissionKind]>;
  state: CallState;
  call: LiveCall;
}

/** From weak to strong. A tool that declares `session` is never asked about, and so is the weakest. */
const strength: readonly ToolEffect[] = ["session", "reads", "writes", "runs"];
const mostHandles = 16;
/** Of all calls of the plugin. */
const mostHandlesInAll = 64;
const refusals = new Set<string | undefined>(["PERMISSION_DENIED", "EFFECT_TOO_STRONG", "NET_DENIED"]);

export function createBroker({ plugin, grants, host, record, refused }: BrokerOptions): Broker {
  const calls = new Map<LiveCall, CallState>();
  const ended = new WeakSet<LiveCall>();
  const turns = createTurns(plugin);
  let closed = false;

  function stateOf(call: LiveCall): CallState {
    if (closed || ended.has(call) || call.signal.aborted) throw callEnded(plugin);
    const known = calls.get(call);
    if (known) return known;
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(callEnded(plugin));
    call.signal.addEventListener("abort", onAbort, { once: true });
    const state: CallState = { stop, onAbort, handles: new Map() };
    calls.set(call, state);
    return state;
  }

  function endCall(call: LiveCall): void {
    ended.add(call);
    const state = calls.get(call);
    if (state === undefined) return;
    calls.delete(call);
    call.signal.removeEventListener("abort", state.onAbort);
    state.stop.abort(callEnded(plugin));
    for (const { held } of state.handles.values()) held.close();
    state.handles.clear();
  }

  async function perform(method: string, args: readonly Json[], call: LiveCall, sent?: Promise<void>): Promise<Json> {
    const { methods } = await import("./broker/methods.ts");
    const row = methods.get(method);
    if (row === undefined) throw unknownMethod(method, [...methods.keys()]);
    const { kind } = row;
    const request = row.read(args);
    const state = stateOf(call);
    try {
      await demand(row, request, call);
      const leave = await turns.enter(kind, row.most, state.stop.signal);
      let weight: Weight | undefined;
      const work = (async () => {
        weight = await weigh(request, state);
        // The grant of now: it may have waited.
        const scope = await demand(row, request, call);
        record?.(kind, new Date().toISOString());
        const reply = await request.perform(envOf({ request, kind, scope, state, call }));
        const bytes = rawBytesOf(reply);
        if (bytes !== undefined) weight?.is(bytes.byteLength);
        return reply;
      })();
      const over = (): void => {
        weight?.leave();
        leave();
      };
      // It counts until it has really ended and its reply has left; whoever asked hears of the call's end at once.
      void work.then(() => sent).then(over, over);
      return await untilAborted(work, state.stop.signal);
    } catch (error) {
      if (refusals.has(codeOf(error))) refused?.(kind, messageOf(error));
      throw error;
    }
  }

  async function weigh({ replyBytes: bytes }: ReadRequest, { stop: { signal } }: CallState): Promise<Weight | undefined> {
    return bytes === undefined ? undefined : await inFlightOf(host).enter({ plugin, bytes, signal });
  }

  /** The scope that covers it. */
  async function demand(row: Method, request: ReadRequest, call: LiveCall): Promise<NonNullable<Grants[PermissionKind]>> {
    const { kind, deniedAs } = row;
    checkStrength(plugin, kind, call.services.effect);
    const { sessionId } = call.context;
    const place = { ...placeOf(call), sessionId };
    const scope: Grants[PermissionKind] = grants()[kind];
    const opened = request.handle === undefined ? undefined : calls.get(call)?.handles.get(request.handle);
    const asked = opened === undefined ? request : opened.by;
    if (scope !== undefined && (await asked.covers(scope, place)) && (opened?.held.covers?.(scope) ?? true)) return scope;
    // What was opened under a grant ends with it.
    opened?.held.close();
    if (request.handle !== undefined) calls.get(call)?.handles.delete(request.handle);
    throw denied(plugin, kind, { scope, what: await request.describe(), ...(deniedAs !== undefined && { code: deniedAs }) });
  }

  function placeOf({ context: { workspace, cwd } }: LiveCall): ScopePlace {
    return { workspace, cwd, home: host.home };
  }

  function envOf({ request, kind, scope, state, call }: Performing): MethodEnv {
    return {
      ...{ plugin, place: placeOf(call), host, call, scope, signal: state.stop.signal },
      scopeNow: () => grants()[kind],
      hold: (held) => hold(state, { held, by: request }),
      held: (handle) => heldOf(state, kind, handle),
      drop: (handle) => state.handles.delete(handle),
    };
  }

  function hold(state: CallState, opened: Opened): string {
    const inAll = [...calls.values()].reduce((sum, { handles }) => sum + handles.size, 0);
    if (state.stop.signal.aborted || state.handles.size >= mostHandles || inAll >= mostHandlesInAll) {
      opened.held.close();
      if (state.stop.signal.aborted) throw callEnded(plugin);
      throw new GantryError(
        "EFFECT_LIMIT",
        `${plugin} holds ${state.handles.size} handles in this call and ${inAll} in all; at most ${mostHandles} and ${mostHandlesInAll}.`,
      );
    }
    const name = randomBytes(16).toString("hex");
    state.handles.set(name, opened);
    return name;
  }

  return {
    perform: tellingOf(perform),
    endCall,
    close() {
      closed = true;
      for (const call of [...calls.keys()]) endCall(call);
    },
  };
}

function heldOf(state: CallState, kind: PermissionKind, handle: string): Held {
  const held = state.handles.get(handle)?.held;
  if (held !== undefined && held.kind === kind) return held;
  throw new GantryError("HANDLE_UNKNOWN", `${JSON.stringify(handle.slice(0, 40))} is no handle of this call, or was used up.`);
}

function checkStrength(plugin: string, kind: PermissionKind, declared: ToolEffect | undefined): void {
  const { atLeast } = permissionTable[kind];
  if (declared === undefined || strength.indexOf(declared) >= strength.indexOf(atLeast)) return;
  throw new GantryError(
    "EFFECT_TOO_STRONG",
    `The tool of ${plugin} declares the effect ${declared}; ${kind} needs a tool that declares ${atLeast}.`,
    { detail: { plugin, kind, declared, atLeast } },
  );
}

function callEnded(plugin: string): GantryError {
  return new GantryError("CALL_ENDED", `The call of ${plugin} has ended; nothing more is done on its behalf.`);
}

function unknownMethod(method: string, known: readonly string[]): GantryError {
  return new GantryError(
    "REQUEST_INVALID",
    `There is no effect ${JSON.stringify(method.slice(0, 64))}.${didYouMean(method, known)}`,
  );
}
