/**
 * The thread that speaks MCP, from its start to its end: frames both ways, and beats. A thread that leaves beats unanswered is
 * terminated. It has no environment, no terminal, and bounds on its memory; what it spawned is ended by who started it.
 */
import type { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import { messageOf } from "../core/contract/errors.ts";
import type { FromMcp, McpThreadData, ToMcp } from "../core/contract/mcp-frames.ts";

export interface McpThreadOptions {
  /** The thread's bundle, absolute. */
  filename: string;
  data: McpThreadData;
  /** All but beats. */
  onFrame(frame: FromMcp): void;
  /** Once, when the thread has ended without `terminate`; a sentence. */
  onGone(why: string): void;
  /** Between beats; 1 s. */
  beatMs?: number;
}

export interface McpThread {
  /** Nothing happens when the thread is gone. */
  send(frame: ToMcp): void;
  /** Resolves when it is gone. */
  terminate(): Promise<void>;
}

/** The largest reply is 16 MiB of JSON, and a few may be in hand at once. More young generation is only more memory in use. */
const resourceLimits = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 8 };
/** Beats in a row; counted and not timed, for a core that was stopped itself must not blame the thread. */
const mostUnanswered = 10;
/** While it loads, on a busy machine. */
const mostUnansweredAtStart = 30;
const mostErrorChars = 500;

export function startMcpThread({ filename, data, onFrame, onGone, beatMs = 1_000 }: McpThreadOptions): McpThread {
  const worker = newWorker(filename, data);
  let why: string | undefined;
  let isEnding = false;
  const said = lastOf(worker.stderr);
  worker.stdout.resume();
  const pulse = createPulse(worker, beatMs, (silentMs) => {
    why = `it gave no sign of life for ${(silentMs / 1_000).toFixed(0)} s and was ended`;
    void worker.terminate();
  });
  worker.on("message", (frame: FromMcp) => {
    pulse.heard(frame);
    if (frame.type !== "beat") onFrame(frame);
  });
  worker.on("error", (error) => {
    why ??= messageOf(error);
  });
  worker.on("exit", (exitCode) => {
    pulse.stop();
    if (isEnding) return;
    isEnding = true;
    onGone(why ?? `it ended by itself with exit code ${exitCode}${said() === "" ? "" : `: ${said()}`}`);
  });
  return {
    send(frame) {
      if (!isEnding) worker.postMessage(frame);
    },
    async terminate() {
      isEnding = true;
      pulse.stop();
      await worker.terminate();
    },
  };
}

/** Without environment and arguments; what it writes to its streams reaches no terminal. */
function newWorker(filename: string, data: McpThreadData): Worker {
  const apart = { env: {}, argv: [], execArgv: [], stdout: true, stderr: true };
  return new Worker(filename, { name: "mcp", workerData: data, resourceLimits, ...apart });
}

function createPulse(worker: Worker, beatMs: number, onSilent: (silentMs: number) => void) {
  let isUp = false;
  let unanswered = 0;
  let id = 0;
  const timer = setInterval(() => {
    unanswered++;
    if (unanswered > (isUp ? mostUnanswered : mostUnansweredAtStart)) {
      clearInterval(timer);
      onSilent(unanswered * beatMs);
    } else if (isUp) worker.postMessage({ type: "beat", id: ++id } satisfies ToMcp);
  }, beatMs).unref();
  return {
    heard({ type }: FromMcp) {
      if (type === "up") isUp = true;
      unanswered = 0;
    },
    stop: () => clearInterval(timer),
  };
}

/** What it wrote last, in one line. */
function lastOf(stream: Readable): () => string {
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-mostErrorChars);
  });
  return () => text.replace(/\s+/g, " ").trim();
}
