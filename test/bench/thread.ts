/** A Read of a small file through the pool, one call after another, when the thread is warm. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { CoreEffects, ToolExecution } from "../../core/contract/execution.ts";
import { createPool } from "../../workers/pool.ts";
import { median } from "./measure.ts";

const rounds = 500;

export async function threadRoundTrip(root: string): Promise<string> {
  const cwd = path.join(root, "thread");
  mkdirSync(cwd, { recursive: true });
  writeFileSync(path.join(cwd, "a.txt"), "one\ntwo\nthree\n");
  const refuse = async (): Promise<never> => {
    throw new Error("a Read needs nothing of the core");
  };
  const pool = createPool({
    threads: 1,
    grants: new Map([["files", { "fs.read": ["/**"] }]]),
    home: root,
    filename: fileURLToPath(new URL("../../dist/tool-thread.cjs", import.meta.url)),
    spawnFile: refuse,
  });
  const read = pool.execute("files", { name: "Read" });
  const shells = { run: refuse, start: refuse, list: refuse, output: refuse, stop: refuse, close: refuse };
  const coreEffects: CoreEffects = { shells, lastRead: refuse, askUser: undefined };
  const call: ToolExecution = {
    callId: "bench",
    input: { file_path: "a.txt" },
    cwd,
    reach: { workspace: cwd, roots: [cwd], approved: [], hidden: [] },
    timeoutMs: 10_000,
    signal: new AbortController().signal,
    coreEffects,
    onProgress: () => undefined,
  };
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    await read(call);
    times.push(performance.now() - startedAt);
  }
  await pool.close();
  return `${median(times.slice(rounds / 5)).toFixed(3)} ms`;
}
