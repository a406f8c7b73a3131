/** A writer that can be held while somebody is asked: what is written meanwhile comes after the answer, and not into its line. */
import type { Writer } from "./writer.ts";

export interface HeldWriter extends Writer {
  /** Until what is handed back is called; holds of several add up. */
  hold(): () => void;
}

const mostHeldChars = 1_000_000;

export function createHeldWriter(writer: Writer): HeldWriter {
  let holds = 0;
  let held: string[] = [];
  let heldChars = 0;
  let lostChars = 0;

  const keep = (text: string): void => {
    held.push(text);
    heldChars += text.length;
    while (heldChars > mostHeldChars && held.length > 1) {
      const [oldest = "", ...rest] = held;
      held = rest;
      heldChars -= oldest.length;
      lostChars += oldest.length;
    }
  };
  const release = (): void => {
    if (--holds > 0) return;
    if (lostChars > 0) writer.write(`… ${lostChars} characters were written while you were asked and are left out …\n`);
    for (const text of held) writer.write(text);
    held = [];
    heldChars = 0;
    lostChars = 0;
  };

  return {
    get gone() {
      return writer.gone;
    },
    get failure() {
      return writer.failure;
    },
    write: (text) => (holds > 0 ? keep(text) : writer.write(text)),
    flush: writer.flush,
    hold() {
      let isHeld = true;
      holds++;
      return () => {
        if (isHeld) release();
        isHeld = false;
      };
    },
  };
}
