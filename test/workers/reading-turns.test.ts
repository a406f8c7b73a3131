import { expect, test } from "vitest";
import { createReadingTurns, type Spoken } from "../../workers/guests/reading-turns.ts";

/** Reading one byte takes a microsecond; turns of the loop come when told to. */
function openTurns() {
  let now = 0;
  const next: (() => void)[] = [];
  const seen: string[] = [];
  const turns = createReadingTurns({ nowMs: () => now, nextTurn: (then) => next.push(then) });
  const guest = (name: string): Spoken & { bytes: number; isPaused: boolean } => ({
    bytes: 0,
    isPaused: false,
    push(chunk) {
      this.bytes += chunk.length;
      now += chunk.length / 1_000;
      seen.push(name);
    },
    pause() {
      this.isPaused = true;
    },
    resume() {
      this.isPaused = false;
    },
  });
  return { turns, guest, next, seen, elapsed: () => now, pass: () => next.splice(0).forEach((then) => void then()) };
}

test("what fits a slice is read as it comes", () => {
  const { turns, guest, next } = openTurns();
  const one = guest("a");
  for (let i = 0; i < 10; i++) turns.take(one, Buffer.alloc(8 * 1024));
  expect(one).toMatchObject({ bytes: 80 * 1024, isPaused: false });
  expect(next).toEqual([]);
});

test("guests that say much share a turn of the loop, and are not read further while their rest waits", () => {
  const { turns, guest, next, elapsed, pass } = openTurns();
  const all = Array.from({ length: 10 }, (_, index) => guest(`${index}`));
  for (const one of all) turns.take(one, Buffer.alloc(64 * 1024));
  expect(elapsed()).toBeLessThan(8 + 9);
  expect(all.some(({ isPaused }) => isPaused)).toBe(true);
  expect(next).toHaveLength(1);
  for (let last = elapsed(); next.length > 0; last = elapsed()) {
    pass();
    expect(elapsed() - last).toBeLessThan(8 + 9);
  }
  for (const one of all) expect(one).toMatchObject({ bytes: 64 * 1024, isPaused: false });
});

test("each gets a slice before any gets the next", () => {
  const { turns, guest, next, seen, pass } = openTurns();
  const [first, second] = [guest("a"), guest("b")];
  turns.take(first, Buffer.alloc(64 * 1024));
  turns.take(second, Buffer.alloc(64 * 1024));
  while (next.length > 0) pass();
  expect(seen.join("")).toMatch(/^a(?:ba)+b+$|^a(?:ab)+b*$/);
});

test("what comes for a guest whose rest waits is read after it", () => {
  const { turns, guest, next, pass } = openTurns();
  const read: number[] = [];
  const one = { ...guest("a"), push: (chunk: Buffer) => void read.push(...chunk) };
  const other = guest("b");
  turns.take(other, Buffer.alloc(64 * 1024));
  turns.take(one, Buffer.alloc(9_000, 1));
  turns.take(one, Buffer.from([2]));
  while (next.length > 0) pass();
  expect(read).toEqual([...new Array<number>(9_000).fill(1), 2]);
});
