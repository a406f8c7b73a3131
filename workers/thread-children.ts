/**
 * Children that another thread of this process starts and reads. The thread is given what makes them known: the mark for their
 * environment and the number of the reaper's descriptor, by which each registers its group before its program runs. It says when
 * groups begin and end; whatever it leaves behind is ended here.
 */
import { endProcesses, markName } from "./descendants.ts";
import type { Reaper } from "./reaper.ts";

export interface ThreadChildren {
  /** To be in the environment of each child. */
  readonly env: Readonly<Record<string, string>>;
  /** A descriptor of this process; undefined where the platform shows none. */
  reaperFd(): number | undefined;
  group(group: number, options: { isRunning: boolean }): void;
  /** A polite signal to all that is left, by group and by mark, then a certain one; resolves when they are gone. */
  end(graceMs: number): Promise<void>;
  /** None was ever started. */
  forget(): void;
  /** All have ended in the thread's own hands; what they hid is found when the table is closed. */
  over(): void;
}

export interface ThreadChildrenParts {
  mark: string;
  /** The living one; another is started where it died. */
  reaper(): Reaper;
  /** The reaper died and another took its place: children are to register by this descriptor from now on. */
  onReaper(fd: number): void;
  onEnded(options: { hadAny: boolean }): void;
}

/** `renewed` is to be called when the reaper is another. */
export function createThreadChildren(parts: ThreadChildrenParts): ThreadChildren & { renewed(): void } {
  const { mark, reaper, onReaper, onEnded } = parts;
  const groups = new Set<number>();
  // Started now, so that the first child need not wait for it.
  reaper();
  return {
    env: { [markName]: mark },
    reaperFd: () => reaper().fd,
    group(group, { isRunning }) {
      if (isRunning) {
        groups.add(group);
        // Where there is no descriptor to register by, this is the next best moment.
        if (reaper().fd === undefined) reaper().add(group);
      } else if (groups.delete(group)) reaper().remove(group);
    },
    renewed() {
      const next = reaper();
      for (const group of groups) next.add(group);
      if (next.fd !== undefined) onReaper(next.fd);
    },
    async end(graceMs) {
      await endProcesses({ groups: [...groups], hasMark: (other) => other === mark }, graceMs);
      for (const group of groups) reaper().remove(group);
      groups.clear();
      onEnded({ hadAny: true });
    },
    forget: () => onEnded({ hadAny: false }),
    over: () => onEnded({ hadAny: true }),
  };
}
