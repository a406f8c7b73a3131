/** What a thread of the pool runs: piscina calls `call` and `effect` by name. Its `workerData` is a Preparation. */
import { workerData } from "node:worker_threads";
import { builtins } from "./builtin-tools.ts";
import { type Preparation, prepare } from "./prepare.ts";
import { createThreadCalls } from "./thread-calls.ts";

prepare(builtins, workerData as Preparation);

export const { call, effect } = createThreadCalls(builtins);
