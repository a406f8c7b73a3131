/** How much of a server's lists crosses and is kept: 1,000 items of 70 KB each would be more than a core can take in at once. */
export interface ListRoom {
  /** Whether there is room for it, which is taken then. */
  take(item: object): boolean;
  /** How many found none, as a problem. */
  tell(what: string, onProblem: (text: string) => void): void;
}

/** `maxChars`: of the JSON of all items together. */
export function createListRoom(maxChars: number): ListRoom {
  let left = maxChars;
  let without = 0;
  return {
    take(item) {
      const size = JSON.stringify(item).length;
      const isIn = size <= left;
      if (isIn) left -= size;
      else without++;
      return isIn;
    },
    tell(what, onProblem) {
      if (without > 0) onProblem(`${without} of its ${what} are left out: all together may have ${maxChars} characters.`);
    },
  };
}

export function withinRoom<T extends object>(items: readonly T[], about: RoomAbout): T[] {
  const room = createListRoom(about.maxChars);
  const kept = items.filter((item) => room.take(item));
  room.tell(about.what, about.onProblem);
  return kept;
}

export interface RoomAbout {
  what: string;
  maxChars: number;
  onProblem(text: string): void;
}
