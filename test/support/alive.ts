/** Which processes of the machine are alive, by their command line. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";

type Match = (line: string, words: string) => boolean;
const beginsWith: Match = (line, words) => `${line} `.startsWith(`${words} `);

/** Ids of living processes (no zombies) whose command line is exactly, or begins with, these words. Linux. */
export async function alive(words: string, matches: Match = beginsWith): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return matches(line.replaceAll("\0", " ").trim(), words) ? Number(pid) : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

/** Waits until such a process is there. */
export async function there(words: string): Promise<void> {
  await until(async () => (await alive(words)).length > 0, `${words} never appeared`);
}

/** Waits until no such process is left. */
export async function gone(words: string): Promise<void> {
  await until(async () => (await alive(words)).length === 0, `${words} is still alive`);
}

/** Waits until no process has these words anywhere in its command line: shells that are to become it count too. */
export async function goneAltogether(words: string): Promise<void> {
  const holds: Match = (line, sought) => line.includes(sought);
  await until(async () => (await alive(words, holds)).length === 0, `${words} is still alive, or about to be`);
}

/** Asks again and again, for at most twenty seconds. */
export async function until(holds: () => Promise<boolean> | boolean, otherwise: string): Promise<void> {
  for (const start = performance.now(); performance.now() - start < 20_000; await delay(10)) if (await holds()) return;
  expect.fail(otherwise);
}
