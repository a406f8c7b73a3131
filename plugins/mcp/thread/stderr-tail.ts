/** The last lines that a child wrote on stderr: bounded while it writes, cleaned when they are asked for. */
import type { Readable } from "node:stream";
import { cleanLine } from "./clean-text.ts";

const maxLines = 20;
const maxLetters = 500;
/** Cleaning costs: what cannot be among the last lines is not cleaned, though it be kept. */
const maxRaw = maxLines * maxLetters;
const maxRawLines = 3 * maxLines;
/** A child that writes more in a second is read on in the next: reading on at full speed would cost the thread its time. */
const bytesPerSecond = 4 * 1024 * 1024;

export interface StderrTail {
  lines(): string[];
  stop(): void;
}

export function keepStderrTail(stream: Readable, maxBytes: number): StderrTail {
  let kept = Buffer.alloc(0);
  let read = 0;
  let windowFrom = performance.now();
  let pause: NodeJS.Timeout | undefined;

  stream.on("data", (chunk: Buffer) => {
    kept = Buffer.concat([kept.subarray(Math.max(0, kept.length + chunk.length - maxBytes)), chunk.subarray(-maxBytes)]);
    read += chunk.length;
    if (performance.now() - windowFrom > 1000) {
      windowFrom = performance.now();
      read = 0;
    }
    if (read < bytesPerSecond) return;
    read = 0;
    stream.pause();
    pause = setTimeout(() => stream.resume(), 1000);
  });
  stream.on("error", () => undefined);
  return {
    lines: () => lastLines(kept),
    stop() {
      clearTimeout(pause);
      stream.destroy();
    },
  };
}

function lastLines(kept: Buffer): string[] {
  const raw = kept
    .subarray(-maxRaw)
    .toString("utf8")
    .replace(/^\ufffd+/, "")
    .split("\n");
  // The rest of a line whose beginning is cut off, where it is not all there is.
  const whole = kept.length > maxRaw && raw.some((line, at) => at > 0 && line.trim() !== "") ? raw.slice(1) : raw;
  return whole
    .filter((line) => line.trim() !== "")
    .slice(-maxRawLines)
    .map((line) => cleanLine(line, maxLetters))
    .filter((line) => line !== "")
    .slice(-maxLines);
}
