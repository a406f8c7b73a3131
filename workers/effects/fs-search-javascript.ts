/**
 * fs.search without ripgrep. The files are listed here; the pattern runs in a thread of its own that is ended at the
 * deadline or on cancel, because one catastrophic pattern would hold any thread for hours.
 */
import { Worker } from "node:worker_threads";
import { GantryError } from "../../core/contract/errors.ts";
import type { SearchQuery } from "../../core/contract/plugin.ts";
import type { EffectEnv } from "./effect.ts";
import { findFilesInJavascript } from "./fs-list-javascript.ts";
import { compilePattern } from "./javascript-pattern.ts";
import { comparePaths } from "./path-order.ts";
import { type Deadline, searchTimedOut } from "./ripgrep.ts";
import type { SearchStart } from "./search-folder.ts";
import { type Found, mostLineChars } from "./search-rows.ts";
import { type MatchReply, type MatchWork, matchFiles } from "./search-thread.ts";
import { endingsOf } from "./search-types.ts";

const mostRows = 200_000;
const mostFileBytes = 50 * 1024 * 1024;

export interface JavascriptSearch {
  query: SearchQuery;
  start: SearchStart;
  env: EffectEnv;
  deadline: Deadline;
}

/** The same rows as ripgrep's for patterns that both languages of regular expressions share. */
export async function searchInJavascript({ query, start, env, deadline }: JavascriptSearch): Promise<Found> {
  const { source, flags } = compilePattern(query);
  const files = await filesOf({ query, start, env, deadline });
  const { before, after, mode, multiline } = query;
  const work: MatchWork = {
    ...{ folder: start.real, files, source, flags, mode, before, after, multiline },
    ...{ mostRows, mostFileBytes, mostLineChars },
  };
  const reply = await inThread(work, { deadline, signal: env.signal, folder: start.real });
  return { rows: reply.rows, cut: reply.cut, engine: "javascript" };
}

async function filesOf({ query, start, env, deadline }: JavascriptSearch): Promise<string[]> {
  if (start.file !== undefined) return [start.file];
  const endings = query.type === undefined ? undefined : endingsOf(query.type);
  const found = await findFilesInJavascript({ folder: start.real, glob: query.glob, deadline, signal: env.signal });
  const ofType = endings === undefined ? found.paths : found.paths.filter((path) => endings.test(path));
  return ofType.sort(comparePaths);
}

function inThread(
  work: MatchWork,
  { deadline, signal, folder }: { deadline: Deadline; signal: AbortSignal; folder: string },
): Promise<MatchReply> {
  signal.throwIfAborted();
  // The function's own text is the thread's program: it needs no file beside the bundle.
  const program = `const t = require("node:worker_threads"); t.parentPort.postMessage((${matchFiles.toString()})(t.workerData));`;
  const thread = new Worker(program, {
    eval: true,
    workerData: work,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  return new Promise<MatchReply>((resolve, reject) => {
    const timer = setTimeout(() => reject(searchTimedOut(folder)), Math.max(deadline(), 1));
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    thread.once("message", (reply: MatchReply) => {
      settle();
      resolve(reply);
    });
    thread.once("error", (cause: Error) => {
      settle();
      reject(new GantryError("TOOL_FAILED", `the search ended with ${cause.message}`, { cause }));
    });
    thread.once("exit", settle);
  }).finally(() => thread.terminate());
}
