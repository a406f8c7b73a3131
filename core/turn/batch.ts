/**
 * The calls of one answer. Neighbouring calls that only read run together, at most `parallelReads` at once; every other
 * call runs alone, in order. Approvals are asked one at a time, in order.
 */
import type { ToolCallBlock } from "../contract/messages.ts";
import { type CallDeps, type CallReport, prepareCall, type ReadyCall } from "./tool-call.ts";

/** One report per call, in the order of the calls. */
export async function runBatch(
  calls: readonly ToolCallBlock[],
  deps: CallDeps & { parallelReads: number },
): Promise<CallReport[]> {
  const reports: Promise<CallReport>[] = [];
  const running = new Set<Promise<CallReport>>();
  for (const call of calls) {
    const readsOnly = deps.tools.find((tool) => tool.name === call.name)?.effect === "reads";
    // A call that changes something starts after all before it have ended, and is asked about only then.
    if (!readsOnly) await Promise.all(running);
    const prepared = await prepareCall(call, deps);
    if (!isReady(prepared)) {
      reports.push(Promise.resolve(prepared));
      continue;
    }
    while (running.size >= deps.parallelReads) await Promise.race(running);
    const report = prepared.run().finally(() => running.delete(report));
    running.add(report);
    reports.push(report);
    if (!readsOnly) await report;
  }
  return await Promise.all(reports);
}

function isReady(prepared: ReadyCall | CallReport): prepared is ReadyCall {
  return "run" in prepared;
}
