/** Bytes become lines. One that grows too long is told once, and its bytes are dropped as they come. */

export type Line = { isTooLong: false; text: string } | { isTooLong: true };

export interface Lines {
  push(chunk: Uint8Array): Line[];
}

const newline = 0x0a;

export function createLines(longest: number): Lines {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let isDropping = false;

  function hold(piece: Uint8Array): boolean {
    heldBytes += piece.length;
    if (heldBytes <= longest) {
      held.push(piece);
      return true;
    }
    held = [];
    return false;
  }

  function take(): string {
    const text = Buffer.concat(held).toString("utf8");
    held = [];
    heldBytes = 0;
    return text;
  }

  return {
    push(chunk) {
      const found: Line[] = [];
      let from = 0;
      while (from < chunk.length) {
        const at = chunk.indexOf(newline, from);
        const piece = chunk.subarray(from, at === -1 ? chunk.length : at);
        if (!isDropping && !hold(piece)) {
          isDropping = true;
          found.push({ isTooLong: true });
        }
        if (at === -1) break;
        if (isDropping) heldBytes = 0;
        else found.push({ isTooLong: false, text: take() });
        isDropping = false;
        from = at + 1;
      }
      return found;
    },
  };
}
