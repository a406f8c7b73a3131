/** The arguments a guest's Node.js is started with, and how the process reads its own part of them. */
import type { GuestLimits } from "../../core/contract/guest.ts";

/** What a guest keeps to by itself; the other bounds are the core's to watch. */
export type OwnLimits = Pick<GuestLimits, "rssMiB" | "heapMiB" | "timers" | "logBytesPerMinute">;

/**
 * Everything behind the name of the binary. `folder` is the real path of dist/guest: the one folder that may be read. Start
 * it with an empty folder as cwd, env {}, and pipes for stdin and stdout.
 */
export function guestArgs(folder: string, { rssMiB, heapMiB, timers, logBytesPerMinute }: OwnLimits): string[] {
  return [
    "--permission",
    `--allow-fs-read=${folder}/*`,
    "--allow-worker",
    "--disable-warning=SecurityWarning",
    // Of the relay alone; the realm's thread has its own.
    "--max-old-space-size=160",
    "--max-semi-space-size=1",
    // Threads that compile beside have heaps of their own, which stay: 4 MiB for code that a guest runs as fast without.
    ...["--v8-pool-size=1", "--no-concurrent-recompilation"],
    `${folder}/guest-process.cjs`,
    JSON.stringify({ rssMiB, heapMiB, timers, logBytesPerMinute } satisfies OwnLimits),
  ];
}

/** Undefined when they are not what `guestArgs` makes. */
export function ownLimitsOf(argument: string | undefined): OwnLimits | undefined {
  try {
    const limits = JSON.parse(argument ?? "") as OwnLimits;
    const all = [limits.rssMiB, limits.heapMiB, limits.timers, limits.logBytesPerMinute];
    return all.every((limit) => Number.isSafeInteger(limit) && limit > 0) ? limits : undefined;
  } catch {
    return undefined;
  }
}
