/**
 * The guest of one plugin through all its processes: started by the first call, loaded once, ended when idle, after a crash
 * started again by a later call when its back-off is over, and refused while its breaker is open.
 */
import { nowMs } from "../../core/contract/clock.ts";
import { codeOf, GantryError, messageOf } from "../../core/contract/errors.ts";
import type { GuestCall, GuestFacts, GuestLimits, GuestNews, GuestPlugin } from "../../core/contract/guest.ts";
import type { Json } from "../../core/contract/messages.ts";
import type { Guest, GuestEnded } from "../guest.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import { requireDeclared } from "./declared.ts";
import { createRecord, type Record } from "./record.ts";
import type { Supply } from "./supply.ts";
import { whenEither } from "./when-either.ts";

export interface GuestBroker {
  perform(method: string, args: Json[], call: BrokerCall, sent: Promise<void>): Promise<Json>;
  endCall(call: BrokerCall): void;
  close(): void;
}

export interface BrokerCall {
  readonly context: GuestCall["context"];
  readonly services: GuestCall["services"];
  readonly signal: AbortSignal;
}

export interface PluginGuestOptions {
  plugin: GuestPlugin;
  limits: GuestLimits;
  supply: Supply;
  sourceOf(plugin: GuestPlugin): Promise<string>;
  createBroker(plugin: GuestPlugin, record: Record): Promise<GuestBroker>;
  onNews(news: GuestNews): void;
  /** It has loaded: time to make another spare. */
  onLoaded(): void;
}

export interface PluginGuest {
  readonly plugin: GuestPlugin;
  /** A process of its own runs, or is on its way. */
  readonly isServed: boolean;
  call(call: GuestCall, o?: { isPulled?: true }): Promise<{ result: Promise<Json>; taken(): void; cancel(): void }>;
  readonly isOpen: boolean;
  reset(): void;
  facts(): GuestFacts;
  /** Calls that run fail with PLUGIN_STOPPED. */
  stop(): Promise<void>;
}

const loadBoundMs = 15_000;
const longestTimerMs = 2 ** 31 - 1;

export function createPluginGuest(options: PluginGuestOptions): PluginGuest {
  const { plugin, limits, supply, onNews } = options;
  const { name } = plugin;
  const breaker: Breaker = createBreaker({ nowMs, random: Math.random });
  const record = createRecord(name, onNews);
  let running: Guest | undefined;
  let starting: Promise<Guest> | undefined;
  let loading: Guest | undefined;
  let broker: GuestBroker | undefined;
  let active = 0;
  let isStopped = false;
  let idle: NodeJS.Timeout | undefined;
  let closing: NodeJS.Timeout | undefined;
  const stopping = new AbortController();

  async function ensure(): Promise<Guest> {
    if (running !== undefined && !running.isEnding) return running;
    starting ??= start().finally(() => {
      starting = undefined;
    });
    return await starting;
  }

  async function start(): Promise<Guest> {
    // What it ended of counts before another is started.
    await running?.ended;
    await backOff();
    try {
      const [source, guest] = await bothOf(options.sourceOf(plugin), supply);
      loading = guest;
      requireRunning();
      broker = await options.createBroker(plugin, record);
      await load(guest, broker, source);
      requireRunning();
      running = guest;
      void guest.ended.then((ended) => over(guest, ended));
      options.onLoaded();
      return guest;
    } catch (error) {
      await failed(error, loading);
      throw error;
    } finally {
      loading = undefined;
    }
  }

  async function load(guest: Guest, own: GuestBroker, source: string): Promise<void> {
    guest.give({
      plugin: name,
      perform: (method, args, call, sent) => own.perform(method, args, call, sent),
      onCallEnded: (call) => own.endCall(call),
      onLog: record.log,
    });
    guest.hold(true);
    const bounds = { signal: stopping.signal, timeoutMs: loadBoundMs };
    const found = await guest.channel.load({ name, options: plugin.options, source }, bounds).catch((error: unknown) => {
      throw asLoadFailure(error, name);
    });
    requireDeclared(found, plugin.manifest);
  }

  async function backOff(): Promise<void> {
    const openMs = breaker.openMs();
    if (openMs > 0) throw openError(openMs);
    const waitMs = breaker.waitMs();
    if (waitMs > 0) await pause(waitMs, stopping.signal);
    requireRunning();
  }

  function requireRunning(): void {
    if (isStopped) throw stoppedError();
  }

  /** It did not come so far as to be called. */
  async function failed(error: unknown, guest: Guest | undefined): Promise<void> {
    broker?.close();
    broker = undefined;
    const code = codeOf(error) ?? "INTERNAL";
    record.problem(code, messageOf(error));
    const isIts = !isStopped && !["PLUGIN_CHANGED", "PLUGIN_STOPPED", "ISOLATION_UNAVAILABLE"].includes(code);
    if (isIts) crashed(code, messageOf(error));
    await guest?.stop(new GantryError("PLUGIN_STOPPED", `The guest of ${name} did not load.`));
  }

  function over(guest: Guest, { how, error }: GuestEnded): void {
    if (running === guest) running = undefined;
    record.ran(guest.usage);
    broker?.close();
    broker = undefined;
    clearTimeout(idle);
    if (how === "asked") return;
    record.problem(error.code, error.message);
    if (how === "crash") crashed(error.code, error.message);
    // A plugin that ignores a cancel is ended for it; it may be started again at once.
    else onNews({ plugin: name, what: "crash", code: error.code, message: error.message });
  }

  function crashed(code: string, message: string): void {
    const wasOpen = breaker.openMs() > 0;
    breaker.crash();
    record.crash();
    onNews({ plugin: name, what: "crash", code, message });
    const openMs = breaker.openMs();
    if (openMs === 0 || wasOpen) return;
    onNews({ plugin: name, what: "breaker-open", code: "GUEST_BREAKER_OPEN", message: openError(openMs).message });
    closing = setTimeout(tellClosed, openMs).unref();
  }

  function tellClosed(): void {
    clearTimeout(closing);
    closing = undefined;
    onNews({ plugin: name, what: "breaker-closed", message: `${name} may be started again.` });
  }

  function openError(openMs: number): GantryError {
    const last = record.lastProblem?.message ?? "";
    return new GantryError(
      "GUEST_BREAKER_OPEN",
      `${name} crashed ${breaker.recent} times within five minutes and is not started again for ${Math.ceil(openMs / 1_000)} s. Last: ${last}`,
    );
  }

  function stoppedError(): GantryError {
    return new GantryError("PLUGIN_STOPPED", `${name} was stopped.`);
  }

  function begin(): void {
    if (active >= limits.pendingCalls) {
      const message = `${name} has ${active} calls that have not ended; the limit is ${limits.pendingCalls}.`;
      throw new GantryError("GUEST_BUSY", message);
    }
    active++;
    record.call();
    clearTimeout(idle);
    running?.hold(true);
  }

  function finish(): void {
    active--;
    if (active > 0 || running === undefined) return;
    running.hold(false);
    const guest = running;
    const message = `The guest of ${name} was idle for ${limits.idleSeconds} s.`;
    const end = (): void => void (active === 0 && guest.stop(new GantryError("PLUGIN_STOPPED", message)));
    clearTimeout(idle);
    idle = setTimeout(end, Math.min(limits.idleSeconds * 1_000, longestTimerMs)).unref();
  }

  return {
    plugin,
    get isServed() {
      return starting !== undefined || (running !== undefined && !running.isEnding);
    },
    async call(call, o = {}) {
      requireRunning();
      begin();
      try {
        const ready = running !== undefined && !running.isEnding;
        const startedAt = nowMs();
        const guest = ready && running ? running : await whenEither(ensure(), { ...call, plugin: name });
        const made = guest.channel.call({ ...call, ...o, usedMs: ready ? 0 : nowMs() - startedAt });
        made.result.then(finish, finish);
        return made;
      } catch (error) {
        finish();
        throw error;
      }
    },
    get isOpen() {
      return breaker.openMs() > 0;
    },
    reset() {
      const wasOpen = breaker.openMs() > 0;
      breaker.reset();
      if (wasOpen) tellClosed();
    },
    facts() {
      const isRunning = running !== undefined && !running.isEnding;
      const guest = isRunning ? running : undefined;
      return { ...record.facts(guest?.usage), ...stateOf(guest), plugin: name, tier: guest?.tier ?? supply.tier };
    },
    async stop() {
      isStopped = true;
      stopping.abort();
      clearTimeout(idle);
      clearTimeout(closing);
      const ending = [running, loading].map((guest) => guest?.stop(stoppedError()));
      await Promise.all([starting?.catch(() => undefined), ...ending]);
      broker?.close();
    },
  };

  function stateOf(guest: Guest | undefined): Pick<GuestFacts, "state" | "pid"> {
    if (guest !== undefined) return { state: "running", pid: guest.pid };
    if (breaker.openMs() > 0) return { state: "open" };
    if (breaker.waitMs() > 0) return { state: "waiting" };
    return { state: starting === undefined ? "stopped" : "starting" };
  }
}

/** Both, begun at once. A guest that was taken for nothing is the next spare. */
async function bothOf(reading: Promise<string>, supply: Supply): Promise<[string, Guest]> {
  const [source, guest] = await Promise.allSettled([reading, supply.take()]);
  if (source.status === "rejected") {
    if (guest.status === "fulfilled") supply.putBack(guest.value);
    throw source.reason;
  }
  if (guest.status === "rejected") throw guest.reason;
  return [source.value, guest.value];
}

function asLoadFailure(error: unknown, plugin: string): GantryError {
  const code = codeOf(error);
  if (code === "TOOL_TIMEOUT") {
    return new GantryError("GUEST_HUNG", `${plugin} did not load within ${loadBoundMs / 1_000} s.`, { cause: error });
  }
  if (code === "TOOL_INTERRUPTED") return new GantryError("PLUGIN_STOPPED", `${plugin} was stopped while it loaded.`);
  if (code === "TOOL_FAILED" || code === undefined) {
    return new GantryError("PLUGIN_INVALID", `${plugin} does not load: ${messageOf(error)}`, { cause: error });
  }
  return error as GantryError;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
