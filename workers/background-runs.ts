/** The background runs of one session: started, listed, read, stopped; at most 16 at a time, the last 64 ended ones remembered. */
import { open } from "node:fs/promises";
import { GantryError } from "../core/contract/errors.ts";
import type { BackgroundOutput, BackgroundRun, RunRequest } from "../core/contract/plugin.ts";
import { endAtLine, headWithin, readAt } from "./output-file.ts";
import { limitOutput } from "./output-limit.ts";
import type { ShellExit, ShellRun } from "./shell-run.ts";
import { plainTextOf, wholeCharacters } from "./terminal-text.ts";

const maxRunning = 16;
const maxRemembered = 64;
/** Below what a result may hold by default: what is cut off a result would count as read. */
const readBounds = { maxBytes: 60_000, maxLines: 1_900 };

export interface BackgroundRuns {
  start(request: RunRequest & { cwd: string }): Promise<BackgroundRun>;
  list(): Promise<BackgroundRun[]>;
  output(id: string, fromByte: number | "unread"): Promise<BackgroundOutput>;
  stop(id: string): Promise<BackgroundRun>;
  /** Ends all; resolves when they are gone. */
  close(): Promise<void>;
}

interface Entry {
  facts: BackgroundRun;
  run: ShellRun;
  unread: number;
  /** Resolves when the run and all its children are gone and `facts` is final. */
  ended: Promise<void>;
}

/** `launch` starts the shell and names its output file. */
export function createBackgroundRuns(
  launch: (request: RunRequest & { cwd: string }) => Promise<{ run: ShellRun; outputFile: string }>,
): BackgroundRuns {
  const entries = new Map<string, Entry>();
  let lastNumber = 0;
  let starting = 0;

  const running = (): Entry[] => [...entries.values()].filter(({ facts }) => facts.state === "running");

  function find(id: string): Entry {
    const entry = entries.get(id);
    if (entry) return entry;
    const known = [...entries.keys()].join(", ");
    throw new GantryError(
      "RUN_UNKNOWN",
      `No background run is named ${id}; ${known === "" ? "there are none" : `there are ${known}`}.`,
    );
  }

  function forgetOldest(): void {
    const ended = [...entries].filter(([, { facts }]) => facts.state !== "running");
    for (const [id] of ended.slice(0, Math.max(0, ended.length - maxRemembered))) entries.delete(id);
  }

  async function start(request: RunRequest & { cwd: string }): Promise<BackgroundRun> {
    if (running().length + starting >= maxRunning) {
      throw new GantryError("RUN_LIMIT", `${maxRunning} background runs are alive, the most a session may have.`);
    }
    starting++;
    try {
      const { run, outputFile } = await launch(request);
      const id = `bash_${++lastNumber}`;
      const { command } = request;
      const facts: BackgroundRun = {
        ...{ id, command, startedAt: new Date().toISOString(), state: "running" },
        ...{ exitCode: null, signal: null, outputFile, outputBytes: 0 },
      };
      const entry: Entry = { facts, run, unread: 0, ended: watch(facts, run, request.timeoutMs) };
      entries.set(id, entry);
      forgetOldest();
      return { ...facts };
    } finally {
      starting--;
    }
  }

  return {
    start,
    list: async () => [...entries.values()].map(({ facts }) => ({ ...facts })),
    async output(id, fromByte) {
      const entry = find(id);
      const from = fromByte === "unread" ? entry.unread : fromByte;
      const read = await readOutput(entry.facts, from);
      if (fromByte === "unread") entry.unread = read.nextByte;
      return read;
    },
    async stop(id) {
      const entry = find(id);
      await stopEntry(entry);
      return { ...entry.facts };
    },
    async close() {
      await Promise.all(running().map(stopEntry));
    },
  };
}

async function stopEntry({ facts, run, ended }: Entry): Promise<void> {
  if (facts.state === "running") {
    facts.state = "stopped";
    await run.end();
  }
  await ended;
}

/** Follows a run to its end and keeps `facts` true, whatever the disk or the table of processes says. */
async function watch(facts: BackgroundRun, run: ShellRun, timeoutMs: number): Promise<void> {
  const exit = await followToEnd(facts, run, timeoutMs).catch(() => run.exited);
  Object.assign(facts, { exitCode: exit.exitCode, signal: exit.signal });
  if (facts.state === "running") facts.state = "exited";
}

async function followToEnd(facts: BackgroundRun, run: ShellRun, timeoutMs: number): Promise<ShellExit> {
  const limit = limitOutput(run, { onSize: (bytes) => (facts.outputBytes = bytes) });
  const bounded = Number.isFinite(timeoutMs) && timeoutMs > 0;
  const timer = bounded ? setTimeout(() => void run.end().catch(() => undefined), timeoutMs).unref() : undefined;
  const exit = await run.exited;
  clearTimeout(timer);
  await run.endLeftovers();
  await limit.stop();
  facts.outputBytes = (await run.output.stat()).size;
  await run.release();
  return exit;
}

async function readOutput(facts: BackgroundRun, from: number): Promise<BackgroundOutput> {
  const file = await open(facts.outputFile, "r");
  try {
    const { size } = await file.stat();
    facts.outputBytes = size;
    const start = Math.min(Math.max(0, Math.trunc(from)), size);
    const bytes = await readAt(file, start, Math.min(readBounds.maxBytes, size - start));
    const isEnd = start + bytes.length >= size;
    // What follows may complete the last character, and the last line.
    const settled = isEnd ? (facts.state === "running" ? wholeCharacters(bytes) : bytes) : endAtLine(wholeCharacters(bytes));
    const whole = headWithin(settled, readBounds);
    return { run: { ...facts }, text: plainTextOf(whole), nextByte: start + whole.length };
  } finally {
    await file.close();
  }
}
