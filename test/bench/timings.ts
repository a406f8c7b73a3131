/** Times of one piece of work, many times over. */

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Sorted. */
export async function many(work: () => Promise<unknown>, rounds: number): Promise<number[]> {
  for (let warm = 0; warm < rounds / 4; warm++) await work();
  const each: number[] = [];
  for (let round = 0; round < rounds; round++) each.push(await timed(work));
  return each.sort((a, b) => a - b);
}

export const at = (sorted: readonly number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
export const micros = (ms: number): string => `${(ms * 1_000).toFixed(0)} µs`;
