/** Plays many scenarios, some at a time, and hands their results on in the order of the files. */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { hasCode, messageOf } from "gantry/errors";
import { nameOf } from "./find.ts";
import { readScenario, type Scenario } from "./format.ts";
import { type PlayOptions, playScenario } from "./play.ts";
import type { Result } from "./report.ts";

interface PlayAllOptions extends Omit<PlayOptions, "cache"> {
  jobs: number;
  /** Called in the order of the files, as soon as all before it have ended. */
  onResult(result: Result): void;
}

/** Rejects with the signal's reason when it is aborted, after every play has ended and cleaned up. */
export async function playAll(files: readonly string[], { jobs, onResult, ...options }: PlayAllOptions): Promise<Result[]> {
  const cache = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-scenarios-")));
  try {
    const results: Result[] = [];
    let told = 0;
    const queue = files.entries();
    const work = async (): Promise<void> => {
      for (const [index, file] of queue) {
        results[index] = await resultOf(file, { ...options, cache });
        for (let next = results[told]; next !== undefined; next = results[++told]) onResult(next);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: Math.min(jobs, files.length) }, work));
    options.signal.throwIfAborted();
    for (const end of ended) if (end.status === "rejected") throw end.reason;
    return results;
  } finally {
    await rm(cache, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function resultOf(file: string, options: PlayOptions): Promise<Result> {
  let scenario: Scenario;
  try {
    scenario = await readScenario(file);
  } catch (error) {
    if (!hasCode(error, "SCENARIO_INVALID")) throw error;
    return invalid(file, messageOf(error));
  }
  return await playScenario(scenario, options);
}

function invalid(file: string, message: string): Result {
  const lines = message.split("\n").filter((line) => line.startsWith(`${file}:`));
  const failures = (lines.length === 0 ? [message] : lines).map((line) => {
    const [, at = file, what = line] = /^(.*?:\d+): (.*)$/s.exec(line) ?? [];
    return { at, what };
  });
  const none = { category: "", ms: 0, requests: 0, missing: [], items: [] };
  return { name: nameOf(file), file, verdict: "INVALID", failures, ...none };
}
