/** Event and EventTarget of the realm's own: the platform's share their prototypes with the process. */

import { messageOf } from "./error-text.ts";
import type { Log } from "./log.ts";

type Listener = ((event: RealmEvent) => unknown) | { handleEvent(event: RealmEvent): unknown };

interface Listening {
  type: string;
  listener: Listener;
  once: boolean;
}

interface ListenOptions {
  once?: boolean;
  signal?: { aborted: boolean; addEventListener(type: string, listener: () => void, options?: object): void };
}

/** Of one target; more is a leak of the plugin's. */
const maxListeners = 10_000;

export class RealmEvent {
  readonly type: string;
  readonly cancelable: boolean;
  #target: unknown = null;
  #isPrevented = false;
  #isStopped = false;

  constructor(type: string, options: { cancelable?: boolean } = {}) {
    this.type = String(type);
    this.cancelable = options.cancelable === true;
  }

  get target(): unknown {
    return this.#target;
  }

  get currentTarget(): unknown {
    return this.#target;
  }

  get defaultPrevented(): boolean {
    return this.#isPrevented;
  }

  preventDefault(): void {
    if (this.cancelable) this.#isPrevented = true;
  }

  stopImmediatePropagation(): void {
    this.#isStopped = true;
  }

  stopPropagation(): void {}

  /** Not for plugins: hands the event to its listeners, the way dispatchEvent does. */
  static deliver(event: RealmEvent, target: object, listeners: readonly Listening[], call: (one: Listening) => void): boolean {
    event.#target = target;
    for (const one of listeners) {
      if (event.#isStopped) break;
      call(one);
    }
    return !event.#isPrevented;
  }
}

const { deliver } = RealmEvent;
Reflect.deleteProperty(RealmEvent, "deliver");

export class RealmCustomEvent extends RealmEvent {
  readonly detail: unknown;

  constructor(type: string, options: { cancelable?: boolean; detail?: unknown } = {}) {
    super(type, options);
    this.detail = options.detail ?? null;
  }
}

let report: Log = () => undefined;

/** Where errors of listeners go. */
export function reportListenersTo(log: Log): void {
  report = log;
}

export class RealmEventTarget {
  #listening: Listening[] = [];

  addEventListener(type: string, listener: Listener | null, options: boolean | ListenOptions = {}): void {
    if (listener === null || listener === undefined) return;
    const { once = false, signal } = typeof options === "object" && options !== null ? options : {};
    if (signal?.aborted || this.#listening.some((known) => known.type === type && known.listener === listener)) return;
    if (this.#listening.length >= maxListeners) throw new RangeError(`${maxListeners} listeners listen to one target already.`);
    this.#listening.push({ type: String(type), listener, once });
    signal?.addEventListener("abort", () => this.removeEventListener(type, listener), { once: true });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    this.#listening = this.#listening.filter((known) => known.type !== type || known.listener !== listener);
  }

  /** False when a listener prevented the default. What a listener throws is reported, and the next one is called. */
  dispatchEvent(event: RealmEvent): boolean {
    const listeners = this.#listening.filter(({ type }) => type === event.type);
    return deliver(event, this, listeners, ({ type, listener, once }) => {
      if (once) this.removeEventListener(type, listener);
      try {
        if (typeof listener === "function") Reflect.apply(listener, this, [event]);
        else listener.handleEvent(event);
      } catch (error) {
        report("error", `A listener for ${type} failed: ${messageOf(error)}`);
      }
    });
  }
}
