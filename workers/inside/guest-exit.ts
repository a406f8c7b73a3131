/** How a guest process ends itself: the relay's exit codes, and what each tells the core. Anything else is a crash or a signal. */

const rows = {
  /** stdin ended: the core wanted it, or is gone. */
  0: "stdin-ended",
  /** The whole process uses more memory than `rssMiB`. */
  81: "memory",
  /** The thread's heap is full. */
  82: "heap",
  /** The thread ended in another way. */
  83: "thread",
  /** A frame that is empty, too long, or none, from either side. */
  84: "frame",
  /** The arguments make no sense, or the realm could not be set up. */
  85: "start",
} as const satisfies Record<number, string>;

export type GuestEnd = (typeof rows)[keyof typeof rows];

/** Undefined for a code that is none of ours. */
export function guestEndOf(code: number | null): GuestEnd | undefined {
  return code !== null && Object.hasOwn(rows, code) ? rows[code as keyof typeof rows] : undefined;
}

export function exitCodeOf(end: GuestEnd): number {
  return Number(Object.entries(rows).find(([, name]) => name === end)?.[0]);
}
