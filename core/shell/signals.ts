/**
 * SIGINT once asks for a clean stop, twice ends at once; SIGTERM and SIGHUP ask for a clean stop and end at once when they
 * come again. The exit code of the first signal is the one that counts.
 */

export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
}

export interface StopRequests {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** 130, 143, 129, or undefined while nobody asked. */
  readonly exit: number | undefined;
  close(): void;
}

const exits = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export function listenForStop(
  source: SignalSource,
  { onStop, exitNow }: { onStop(signal: keyof typeof exits): void; exitNow(code: number): void },
): StopRequests {
  const controller = new AbortController();
  let exit: number | undefined;
  const listeners = (Object.keys(exits) as (keyof typeof exits)[]).map((name) => {
    const listener = (): void => {
      if (exit !== undefined) {
        exitNow(exit);
        return;
      }
      exit = exits[name];
      controller.abort();
      onStop(name);
    };
    source.on(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    get exit() {
      return exit;
    },
    close() {
      for (const { name, listener } of listeners) source.off(name, listener);
    },
  };
}
