/** What was found in one declared hook. */

export interface Finding {
  /**
   * `broken`: it cannot work, and is left out; an error where it guards. `absent`: it could only work in another build; left
   * out, never an error. `note`: it works, but for this part.
   */
  level: "broken" | "absent" | "note";
  what: string;
  hint?: string;
}

export function broken(what: string, hint?: string): Finding {
  return hint === undefined ? { level: "broken", what } : { level: "broken", what, hint };
}

export function absent(what: string): Finding {
  return { level: "absent", what };
}

export function note(what: string): Finding {
  return { level: "note", what };
}

export const notInThisBuild = "known, but not in this build";
