/** A set that forgets its oldest members: what is remembered for a session must not grow with a process that serves many. */

const most = 4_096;

export interface Seen {
  has(key: string): boolean;
  /** Whether it is new. */
  add(key: string): boolean;
}

export function createSeen(): Seen {
  const keys = new Set<string>();
  return {
    has: (key) => keys.has(key),
    add(key) {
      if (keys.has(key)) return false;
      keys.add(key);
      if (keys.size > most) for (const oldest of keys) return keys.delete(oldest);
      return true;
    },
  };
}
