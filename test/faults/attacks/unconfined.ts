/** Runs an attack's source in a bare thread, as its proof: what it reached there. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { AttackInput } from "./attack.ts";

const program = join(import.meta.dirname, "unconfined.cjs");

/** `attack` is the tool's answer; `echo` that of the other tool to `faithful`; each undefined when none came. */
export interface Unconfined {
  attack: unknown;
  echo: unknown;
}

export async function runUnconfined(source: string, input: AttackInput): Promise<Unconfined> {
  const worker = new Worker(program, {
    ...{ workerData: { workspace: input.workspace }, env: { CANARY: "canary" }, stdout: true, stderr: true },
  });
  worker.on("error", () => undefined);
  try {
    const loaded = await ask(worker, ["load", 1, source]);
    if (loaded !== "loaded") throw new Error(`The source does not load: ${String(loaded)}`);
    const attack = await ask(worker, ["call", 2, "Attack", { ...input }]);
    return { attack, echo: await ask(worker, ["call", 3, "Echo", { text: "faithful" }]) };
  } finally {
    await worker.terminate();
  }
}

/** The next text on the port decides, whatever id it has: a forged frame is an answer too. Silence for 3 s is none. */
function ask(worker: Worker, frame: readonly unknown[]): Promise<unknown> {
  return new Promise((resolve) => {
    const none = setTimeout(() => resolve(undefined), 3_000);
    const settle = (value: unknown): void => {
      clearTimeout(none);
      worker.off("exit", gone);
      resolve(value);
    };
    const gone = (): void => settle(undefined);
    worker.once("exit", gone);
    worker.once("message", (text: unknown) => {
      const [, , value] = asFrame(text);
      settle(value);
    });
    worker.postMessage(JSON.stringify(frame));
  });
}

function asFrame(text: unknown): readonly unknown[] {
  try {
    const frame: unknown = JSON.parse(String(text));
    return Array.isArray(frame) ? frame : [];
  } catch {
    return [];
  }
}
