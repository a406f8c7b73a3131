/**
 * Milliseconds of a clock that never jumps, for measuring how long something took. Not the global `performance`: touching
 * that loads modules for 3 ms, at the start of every run (npm run bench).
 */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** The longest that a timer can wait: one set for longer fires at once. */
export const longestTimerMs = 2 ** 31 - 1;
