/** How much of something there was in the last so many milliseconds, to a fraction of that time. Pure; holds ten numbers. */

export interface Window {
  /** The sum, this amount included. */
  add(amount: number): number;
}

const slices = 10;

export function createWindow({ windowMs, nowMs }: { windowMs: number; nowMs(): number }): Window {
  const sums = new Array<number>(slices).fill(0);
  const sliceMs = windowMs / slices;
  let current = Math.floor(nowMs() / sliceMs);
  return {
    add(amount) {
      const slice = Math.floor(nowMs() / sliceMs);
      for (let passed = Math.max(current + 1, slice - slices + 1); passed <= slice; passed++) sums[passed % slices] = 0;
      current = Math.max(current, slice);
      sums[current % slices] = (sums[current % slices] ?? 0) + amount;
      return sums.reduce((total, sum) => total + sum, 0);
    },
  };
}
