/**
 * The guest process: a relay between the pipe and the realm's thread, and a watchdog. It holds no code of a plugin and reads
 * no frame. Ends itself as guest-exit.ts says.
 */
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { Piscina } from "piscina";
import { createFrameReader, frameBytes } from "../frame-text.ts";
import { type OwnLimits, ownLimitsOf } from "./guest-args.ts";
import { exitCodeOf, type GuestEnd } from "./guest-exit.ts";
import type { RealmTask } from "./guest-realm.ts";

const pollMs = 50;
/** Characters written to stdout before the realm is told of them. */
const ackChars = 1024 * 1024;

function end(how: GuestEnd): never {
  process.exit(exitCodeOf(how));
}

const limits = ownLimitsOf(process.argv[2]) ?? end("start");
const { port1: port, port2 } = new MessageChannel();
startRealm(limits);
toRealm();
fromRealm();
watchMemory(limits.rssMiB);

function startRealm({ heapMiB, timers, logBytesPerMinute }: OwnLimits): void {
  const pool = new Piscina({
    filename: join(__dirname, "guest-realm.cjs"),
    name: "run",
    ...{ minThreads: 1, maxThreads: 1, maxQueue: 1 },
    // The default parks a thread that waits for its task, and its ports with it.
    atomics: "disabled",
    env: {},
    execArgv: [],
    trackUnmanagedFds: false,
    resourceLimits: { maxOldGenerationSizeMb: heapMiB, maxYoungGenerationSizeMb: 4 },
    // Captured, and read by nobody: what is not a frame does not reach the wire.
    ...{ stdout: true, stderr: true },
  });
  pool.on("error", () => end("start"));
  const task: RealmTask = { op: "open", port: port2, timers, logBytesPerMinute };
  pool.run(task, { transferList: [port2] }).then(
    () => end("thread"),
    (error: { code?: unknown }) => end(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "heap" : "thread"),
  );
}

function toRealm(): void {
  const read = createFrameReader(
    (text) => port.postMessage(text),
    ({ buffer }) => port.postMessage(buffer, [buffer]),
  );
  process.stdin.on("data", (chunk: Buffer) => {
    if (read(chunk) !== undefined) end("frame");
  });
  for (const event of ["end", "close", "error"]) process.stdin.on(event, () => end("stdin-ended"));
}

/** The realm posts no more than it has been told was written, so that a core that reads slowly fills nothing here. */
function fromRealm(): void {
  let written = 0;
  const acknowledge = (): void => {
    port.postMessage(written);
    written = 0;
  };
  process.stdout.on("drain", acknowledge);
  process.stdout.on("error", () => end("stdin-ended"));
  port.on("message", (text: string) => {
    written += text.length;
    if (process.stdout.write(bytesOf(text)) && written >= ackChars) acknowledge();
  });
}

function bytesOf(text: string): Buffer {
  try {
    return frameBytes(text);
  } catch {
    return end("frame");
  }
}

function watchMemory(rssMiB: number): void {
  setInterval(() => {
    if (process.memoryUsage.rss() > rssMiB * 1024 * 1024) end("memory");
  }, pollMs);
}
