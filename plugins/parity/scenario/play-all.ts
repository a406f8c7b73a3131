/** Plays many scenarios, some at a time, and hands their results on in the order of the files. */
import { rm } from "node:fs/promises";
import { codeOf, hasCode, messageOf } from "gantry/errors";
import { makeTempFolder } from "../temp-folder.ts";
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
  const cache = await makeTempFolder("gantry-scenarios-");
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
    scenario = await readScenario(file, options.inventory);
  } catch (error) {
    if (!hasCode(error, "SCENARIO_INVALID")) throw error;
    return invalid(file, messageOf(error));
  }
  try {
    return await playScenario(scenario, options);
  } catch (error) {
    options.signal.throwIfAborted();
    return unplayed(scenario, error);
  }
}

/** A place that cannot be made, filled or removed: others are played all the same. */
function unplayed({ name, file, category }: Scenario, error: unknown): Result {
  const found = `${codeOf(error) ?? "an error"}: ${messageOf(error)}`;
  const failures = [{ at: `${file}:1`, what: "the scenario should be played to its end", wanted: "a verdict", found }];
  return { name, file, category, verdict: "FAIL", ms: 0, requests: 0, failures, missing: [], items: [] };
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
