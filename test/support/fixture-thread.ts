/** What a thread of the tests' pools runs: the product's own far side, with the tests' plugin beside a real one. */
import { workerData } from "node:worker_threads";
import { type Preparation, prepare } from "../../workers/inside/prepare.ts";
import { createThreadCalls } from "../../workers/inside/thread-calls.ts";

const plugins = {
  faults: async () => ({ default: (await import("./fault-tools.ts")).faultTools }),
  process: () => import("../../plugins/process/index.ts"),
};

prepare(plugins, workerData as Preparation);

export const { call, effect } = createThreadCalls(plugins);
