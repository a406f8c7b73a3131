/** Large messages of all servers one after another: what they need together is what one of them needs. */
export const largeBytes = 1024 * 1024;

let last: Promise<void> = Promise.resolve();

/** Resolves when it is the caller's turn, with what ends the turn. */
export async function largeTurn(): Promise<() => void> {
  const before = last;
  const { promise, resolve } = Promise.withResolvers<void>();
  last = promise;
  await before;
  return resolve;
}

/** What was begun with the last message, and did not wait for others, is over. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}
