/** How many requests of a plugin are under way: so many of a kind, so many in all. The others wait in the order they came. */
import { GantryError } from "../../core/contract/errors.ts";
import type { PermissionKind } from "../../core/contract/permissions.ts";

export interface Turns {
  /** Resolves with the function that gives the turn back. EFFECT_LIMIT when too many wait; the signal's reason when it is aborted. */
  enter(kind: PermissionKind, most: number, signal: AbortSignal): Promise<() => void>;
}

const mostRunning = 64;
const mostWaiting = 256;

interface Waiting {
  kind: PermissionKind;
  most: number;
  go(): void;
}

export function createTurns(plugin: string): Turns {
  const running = new Map<PermissionKind, number>();
  const line: Waiting[] = [];
  let all = 0;

  const isFree = (kind: PermissionKind, most: number): boolean => all < mostRunning && (running.get(kind) ?? 0) < most;

  function begin(kind: PermissionKind): () => void {
    running.set(kind, (running.get(kind) ?? 0) + 1);
    all++;
    return () => {
      running.set(kind, (running.get(kind) ?? 1) - 1);
      all--;
      const next = line.findIndex((one) => isFree(one.kind, one.most));
      if (next !== -1) for (const one of line.splice(next, 1)) one.go();
    };
  }

  return {
    async enter(kind, most, signal) {
      signal.throwIfAborted();
      if (isFree(kind, most)) return begin(kind);
      if (line.length >= mostWaiting) {
        throw new GantryError(
          "EFFECT_LIMIT",
          `${plugin} has ${all} requests under way and ${line.length} that wait; no more are taken.`,
        );
      }
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          line.splice(line.indexOf(waiting), 1);
          reject(signal.reason);
        };
        const go = (): void => {
          signal.removeEventListener("abort", leave);
          resolve(begin(kind));
        };
        const waiting: Waiting = { kind, most, go };
        signal.addEventListener("abort", leave, { once: true });
        line.push(waiting);
      });
    },
  };
}
