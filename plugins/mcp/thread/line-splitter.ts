/** Bytes of a pipe to lines. What of a line has come is kept in one piece; a line that grows over the cap is never kept. */
import { createPieces } from "./pieces.ts";

export class LineTooLong extends Error {
  readonly bytes: number;

  constructor(bytes: number) {
    super(`a line of more than ${bytes} bytes`);
    this.bytes = bytes;
  }
}

const newline = 0x0a;
const carriageReturn = 0x0d;

export interface LineSplitter {
  /** The lines that `chunk` ends, without their ends. LineTooLong, after which nothing more may be pushed. */
  push(chunk: Buffer): Buffer[];
}

export function createLineSplitter(maxBytes: number): LineSplitter {
  const begun = createPieces();

  function check(piece: Buffer): void {
    const size = begun.size + piece.length;
    if (size <= maxBytes) return;
    begun.take();
    throw new LineTooLong(size);
  }

  function lineWith(piece: Buffer): Buffer {
    check(piece);
    if (begun.size > 0) begun.add(piece);
    const line = begun.size > 0 ? begun.take() : piece;
    return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
  }

  return {
    push(chunk) {
      const lines: Buffer[] = [];
      let from = 0;
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
        lines.push(lineWith(chunk.subarray(from, end)));
        from = end + 1;
      }
      const rest = chunk.subarray(from);
      check(rest);
      if (rest.length > 0) begun.add(rest);
      return lines;
    },
  };
}
