/** How a line session ends: Ctrl-C stops a turn, twice it ends the process; at the prompt twice leaves; signals leave cleanly. */
import type { ShellIo } from "./io.ts";

/** What Ctrl-C can reach of a session that is open. */
export interface Interruptible {
  readonly inTurn: boolean;
  /** Ctrl-C came in this turn. */
  stopping: boolean;
  cancel(): void;
  say(text: string): void;
  /** Shows the prompt again below what was said. */
  prompt(): void;
}

export interface Ends {
  /** Resolves with the exit code when a signal ends the session. */
  ended: Promise<number>;
  signal: AbortSignal;
  end(code: number): void;
  interrupt(hadText: boolean): void;
  close(): void;
}

/** `open` is undefined while there is no session yet: Ctrl-C then ends the process. */
export function createEnds(io: ShellIo, open: () => Interruptible | undefined): Ends {
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  const controller = new AbortController();
  let idleInterrupts = 0;
  const end = (code: number): void => {
    controller.abort();
    open()?.cancel();
    resolve(code);
  };
  const interrupt = (hadText: boolean): void => {
    const session = open();
    if (!session || (session.inTurn && session.stopping)) {
      io.exitNow(130);
    } else if (session.inTurn) {
      session.stopping = true;
      idleInterrupts = 0;
      session.say("Stopping the turn. Ctrl-C again ends Gantry at once.");
      session.cancel();
    } else if (hadText) {
      idleInterrupts = 0;
    } else if (++idleInterrupts > 1) {
      end(130);
    } else {
      session.say("Ctrl-C again, or Ctrl-D, to leave.");
      session.prompt();
    }
  };
  return { ended, signal: controller.signal, end, interrupt, close: listen(io, { end, interrupt }) };
}

function listen(io: ShellIo, { end, interrupt }: Pick<Ends, "end" | "interrupt">): () => void {
  const listeners = [
    ["SIGINT", () => interrupt(false)],
    ["SIGTERM", () => end(143)],
    ["SIGHUP", () => end(129)],
  ] as const;
  for (const [signal, listener] of listeners) io.signals.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) io.signals.off(signal, listener);
  };
}
