/**
 * Lines of one server on their way, at a bounded rate and in small batches: between two batches every other server has its
 * turn, and while lines wait the pipe is paused, so a flood waits in the server.
 */
import { largeBytes, largeTurn, settled } from "./large-turn.ts";
import { type RateGate, shareOf } from "./rate-gate.ts";

const batchLines = 64;
const batchMs = 4;
/** A batch that took longer is followed by a pause of twice its time: a server has a third of the thread at most. */
const longBatchMs = 8;
const pauseFactor = 2;
const maxPauseMs = 2000;

export interface PumpOptions {
  gate: RateGate;
  floodMs: number;
  take(line: Buffer): Promise<void>;
  /** More came than may for `floodMs` on end; the pump has stopped. */
  onFlood(): void;
  pause(): void;
  resume(): void;
}

export interface LinePump {
  readonly isStopped: boolean;
  add(lines: Buffer[]): void;
  /** What waits is dropped. */
  stop(): void;
  /** Resolves when every line that was added has been taken, or the pump has stopped. */
  drained(): Promise<void>;
}

interface Pump extends PumpOptions {
  waiting: Buffer[];
  next: number;
  isRunning: boolean;
  isStopped: boolean;
  onDrained: (() => void)[];
}

export function createLinePump(options: PumpOptions): LinePump {
  const pump: Pump = { ...options, waiting: [], next: 0, isRunning: false, isStopped: false, onDrained: [] };
  return {
    get isStopped() {
      return pump.isStopped;
    },
    stop: () => stop(pump),
    add(lines) {
      if (pump.isStopped || lines.length === 0) return;
      for (const line of lines) pump.waiting.push(line);
      if (pump.isRunning) return;
      pump.isRunning = true;
      pump.pause();
      void batch(pump);
    },
    drained: async () => {
      if (pump.isRunning && !pump.isStopped) await new Promise<void>((resolve) => pump.onDrained.push(resolve));
    },
  };
}

async function batch(pump: Pump): Promise<void> {
  let workMs = 0;
  for (let taken = 0; pump.next < pump.waiting.length && taken < batchLines && workMs < batchMs; taken++) {
    const turn = pump.gate.take();
    if (!turn.isTaken) {
      held(pump, turn.waitMs);
      return;
    }
    const line = pump.waiting[pump.next++];
    if (line !== undefined && line.length > 0) workMs += await takeLine(pump, line);
    if (pump.isStopped) return;
  }
  const goOn = (): void => {
    if (pump.isStopped) return;
    if (pump.next < pump.waiting.length) void batch(pump);
    else settle(pump);
  };
  if (workMs >= longBatchMs) setTimeout(goOn, Math.min(maxPauseMs, workMs * pauseFactor));
  else if (pump.next < pump.waiting.length) setImmediate(goOn);
  else goOn();
}

/** How long it took, in milliseconds; a large one with what follows from it. */
async function takeLine(pump: Pump, line: Buffer): Promise<number> {
  const isLarge = line.length > largeBytes;
  const endTurn = isLarge ? await largeTurn() : undefined;
  const from = performance.now();
  try {
    if (!pump.isStopped) await pump.take(line);
    if (isLarge) await settled();
  } finally {
    endTurn?.();
  }
  const workMs = performance.now() - from;
  pump.gate.charge(shareOf(line.length, workMs));
  return workMs;
}

function held(pump: Pump, waitMs: number): void {
  if (pump.gate.heldMs() >= pump.floodMs) {
    stop(pump);
    pump.onFlood();
    return;
  }
  setTimeout(() => {
    if (!pump.isStopped) void batch(pump);
  }, waitMs);
}

function settle(pump: Pump): void {
  pump.waiting = [];
  pump.next = 0;
  pump.isRunning = false;
  tellDrained(pump);
  pump.resume();
}

function stop(pump: Pump): void {
  pump.isStopped = true;
  pump.waiting = [];
  tellDrained(pump);
}

function tellDrained({ onDrained }: Pump): void {
  for (const tell of onDrained.splice(0)) tell();
}
