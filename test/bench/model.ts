/** The model server's process, from the bench's side: give it a script, learn when each request came. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface BenchModel {
  readonly url: string;
  /** Forgets the requests seen so far. */
  plays(steps: readonly unknown[]): Promise<void>;
  /** When each request since then came in; milliseconds since the epoch. */
  readonly requestTimes: readonly number[];
  close(): void;
}

export async function startBenchModel(): Promise<BenchModel> {
  const child: ChildProcess = fork(fileURLToPath(new URL("model-process.cjs", import.meta.url)), { execArgv: [] });
  const times: number[] = [];
  let ready: ((url: string) => void) | undefined;
  child.on("message", (message: { ready?: string; requestAt?: number }) => {
    if (message.requestAt !== undefined) times.push(message.requestAt);
    if (message.ready !== undefined) ready?.(message.ready);
  });
  const url = await new Promise<string>((resolve, reject) => {
    ready = resolve;
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the model server ended with ${code}; is dist/ built?`)));
  });
  return {
    url,
    requestTimes: times,
    async plays(steps) {
      const told = new Promise((resolve) => {
        ready = resolve;
      });
      child.send({ steps });
      await told;
      times.length = 0;
    },
    close: () => child.disconnect(),
  };
}
