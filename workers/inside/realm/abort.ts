/** AbortController and AbortSignal of the realm's own. A signal that the core aborts is one of these. */
import { RealmEvent, RealmEventTarget } from "./events.ts";

let mayConstruct = false;
let abortSignal: (signal: RealmAbortSignal, reason: unknown) => void;

export class RealmAbortSignal extends RealmEventTarget {
  #isAborted = false;
  #reason: unknown;
  #onabort: ((event: RealmEvent) => unknown) | null = null;

  static {
    abortSignal = (signal, reason) => {
      if (signal.#isAborted) return;
      signal.#isAborted = true;
      signal.#reason = reason === undefined ? abortError("This operation was aborted", "AbortError") : reason;
      signal.dispatchEvent(new RealmEvent("abort"));
    };
  }

  constructor() {
    super();
    if (!mayConstruct) throw new TypeError("Illegal constructor: signals come from an AbortController.");
    // What is private stays changeable; nothing else of a signal is.
    Object.freeze(this);
  }

  static abort(reason?: unknown): RealmAbortSignal {
    const signal = makeSignal();
    abortSignal(signal, reason);
    return signal;
  }

  static any(signals: Iterable<RealmAbortSignal>): RealmAbortSignal {
    const combined = makeSignal();
    for (const signal of signals) {
      if (signal.aborted) {
        abortSignal(combined, signal.reason);
        break;
      }
      signal.addEventListener("abort", () => abortSignal(combined, signal.reason), { once: true });
    }
    return combined;
  }

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get onabort(): ((event: RealmEvent) => unknown) | null {
    return this.#onabort;
  }

  set onabort(listener: ((event: RealmEvent) => unknown) | null) {
    this.removeEventListener("abort", this.#onabort);
    this.#onabort = typeof listener === "function" ? listener : null;
    this.addEventListener("abort", this.#onabort);
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }
}

export class RealmAbortController {
  readonly #signal = makeSignal();

  get signal(): RealmAbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    abortSignal(this.#signal, reason);
  }
}

function makeSignal(): RealmAbortSignal {
  mayConstruct = true;
  try {
    return new RealmAbortSignal();
  } finally {
    mayConstruct = false;
  }
}

/** An error with the name that the platform's DOMException would have. */
export function abortError(message: string, name: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** The signal of a call, and the way to abort it, which no plugin holds. */
export function createAbort(): { signal: AbortSignal; abort(reason: unknown): void } {
  const signal = makeSignal();
  // What of AbortSignal a plugin uses, this one has.
  return { signal: signal as unknown as AbortSignal, abort: (reason) => abortSignal(signal, reason) };
}

/** `AbortSignal.timeout`, on the timers that the plugin may have. */
export function timeoutWith(setTimer: (callback: () => void, ms: number) => unknown): (ms: number) => RealmAbortSignal {
  return (ms) => {
    const signal = makeSignal();
    setTimer(() => abortSignal(signal, abortError("The operation was aborted due to timeout", "TimeoutError")), ms);
    return signal;
  };
}
