/** Typed lines become inputs: a line that ends in `\` goes on, and pasted lines stay together until Enter. */

export interface InputLines {
  /** The input that this line completes; undefined: it goes on. */
  add(line: string): string | undefined;
  setPasting(isPasting: boolean): void;
  readonly isPasting: boolean;
  /** Lines wait for their end. */
  readonly isOpen: boolean;
  clear(): void;
}

export function createInputLines(): InputLines {
  let lines: string[] = [];
  let isPasting = false;
  return {
    get isPasting() {
      return isPasting;
    },
    get isOpen() {
      return lines.length > 0;
    },
    setPasting(now) {
      isPasting = now;
    },
    clear() {
      lines = [];
      isPasting = false;
    },
    add(line) {
      const goesOn = !isPasting && line.endsWith("\\");
      lines.push(goesOn ? line.slice(0, -1) : line);
      if (isPasting || goesOn) return undefined;
      const input = lines.join("\n");
      lines = [];
      return input;
    },
  };
}
