/** Everything a plugin finds in its global scope beside the language itself. All of it frozen; nothing is shared with the process. */
import { RealmAbortController, RealmAbortSignal, timeoutWith } from "./abort.ts";
import { realmClone } from "./clone.ts";
import { createConsole } from "./console.ts";
import { messageOf } from "./error-text.ts";
import { RealmCustomEvent, RealmEvent, RealmEventTarget, reportListenersTo } from "./events.ts";
import { refusePhasedImports } from "./import-words.ts";
import { hardened } from "./lockdown.ts";
import type { Log } from "./log.ts";
import { realmCrypto } from "./random.ts";
import { RealmTextDecoder, RealmTextEncoder, realmAtob, realmBtoa } from "./text-coding.ts";
import { createTimers } from "./timers.ts";
import { RealmUrl, RealmUrlSearchParams } from "./url.ts";

/** Names of the Compartment's own that a plugin has no use for. */
const left = ["Compartment", "lockdown", "repairIntrinsics", "hardenIntrinsics", "ModuleSource", "assert"];

/** A Compartment with the endowments of a plugin. */
export function createCompartment({ timers: max, log }: { timers: number; log: Log }): Compartment {
  reportListenersTo(log);
  const timers = createTimers({ max, log });
  Object.defineProperty(RealmAbortSignal, "timeout", { value: timeoutWith((callback, ms) => timers.setTimeout(callback, ms)) });
  const { now } = performance;
  const startedAt = now.call(performance);
  const globals = hardened({
    ...timers,
    // SES keeps these from Compartments for a side channel between them; here is one.
    ...{ Float32Array, Float64Array },
    ...{ Date, Math, Intl, URL: RealmUrl, URLSearchParams: RealmUrlSearchParams },
    ...{ TextEncoder: RealmTextEncoder, TextDecoder: RealmTextDecoder, atob: realmAtob, btoa: realmBtoa },
    ...{ Event: RealmEvent, CustomEvent: RealmCustomEvent, EventTarget: RealmEventTarget },
    ...{ AbortController: RealmAbortController, AbortSignal: RealmAbortSignal },
    ...{ structuredClone: <Value>(value: Value): Value => realmClone(value), crypto: realmCrypto, console: createConsole(log) },
    performance: { now: (): number => now.call(performance) - startedAt },
    queueMicrotask(callback: () => unknown): void {
      if (typeof callback !== "function") throw new TypeError("A microtask's callback is no function.");
      queueMicrotask(() => {
        try {
          callback();
        } catch (error) {
          log("error", `A microtask failed: ${messageOf(error)}`);
        }
      });
    },
  });
  const compartment = new Compartment({
    globals: globals as never,
    name: "plugin",
    transforms: [refusePhasedImports],
    __options__: true,
  } as never);
  for (const name of left) Reflect.deleteProperty(compartment.globalThis, name);
  compartment.globalThis.self = compartment.globalThis;
  return compartment;
}
