/**
 * What the one thread of a guest runs: lockdown, then one plugin in one Compartment, spoken to in frames over a port. The
 * first import locks the realm down; everything behind it runs among frozen intrinsics.
 */
import "./realm/lockdown.ts";
import type { MessagePort } from "node:worker_threads";
import { openRealm } from "./realm/open.ts";

export interface RealmTask {
  op: "open";
  port: MessagePort;
  timers: number;
  logBytesPerMinute: number;
}

/** Piscina's one task: it ends with the process. */
export function run(task: RealmTask): Promise<never> {
  switch (task.op) {
    case "open":
      return openRealm(task);
  }
}
