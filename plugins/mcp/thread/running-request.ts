/** One request while it runs: it ends with the first of its answer, its deadline, its cancel and the loss of the server. */
import { cancelReason } from "./cancel-notices.ts";
import { startDeadline } from "./deadline.ts";
import { Fault } from "./fault.ts";
import { protocolNames } from "./protocol-names.ts";
import type { WireRequest } from "./requests.ts";

export interface RunningRequest {
  /** Aborted when it ends without an answer: the server is told then. */
  readonly signal: AbortSignal;
  /** Its clock stands still until what is handed back is called. */
  hold(): () => void;
  end(fault: Fault): void;
  /** The work's outcome, or the Fault that ends it. */
  outcome<T>(work: Promise<T>): Promise<T>;
  stop(): void;
}

export function startRunning({ method, timeoutMs, signal }: WireRequest, server: string): RunningRequest {
  const ending = new AbortController();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  const end = (fault: Fault): void => {
    ended.reject(fault);
    ending.abort(cancelReason(fault.code));
  };
  const name = protocolNames[method];
  const late = `The server ${server} did not answer ${name} within ${timeoutMs} ms.`;
  const deadline = startDeadline(timeoutMs, () => end(new Fault("MCP_TIMEOUT", late)));
  const cancelled = (): void =>
    end(new Fault("TOOL_INTERRUPTED", `${name} of the server ${server} was cancelled: ${signal.reason}`));
  signal.addEventListener("abort", cancelled, { once: true });
  if (signal.aborted) cancelled();
  return {
    ...{ signal: ending.signal, hold: deadline.hold, end },
    outcome(work) {
      work.catch(() => undefined);
      return Promise.race([work, ended.promise]);
    },
    stop() {
      signal.removeEventListener("abort", cancelled);
      deadline.stop();
    },
  };
}
