/** Lines of the plugin's log: what it writes to console and ctx.log, and its errors that no call met. Bounded per minute. */
import type { Wire } from "./wire.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type Log = (level: LogLevel, text: string) => void;

const maxLineChars = 8000;
const minuteMs = 60_000;

export function createLog(wire: Wire, { charsPerMinute, nowMs }: { charsPerMinute: number; nowMs(): number }): Log {
  let minuteStart = nowMs();
  let used = 0;
  let dropped = 0;

  return (level, text) => {
    if (nowMs() - minuteStart >= minuteMs) {
      if (dropped > 0) wire.send(["log", "warn", `${dropped} lines beyond the log's bound were dropped.`]);
      minuteStart = nowMs();
      used = dropped = 0;
    }
    const line = text.length > maxLineChars ? `${text.slice(0, maxLineChars - 1)}…` : text;
    used += line.length;
    if (used > charsPerMinute || !wire.isIdle()) {
      if (dropped++ === 0) wire.send(["log", "warn", "The log's bound for this minute is reached; more is dropped."]);
      return;
    }
    wire.send(["log", level, line]);
  };
}
