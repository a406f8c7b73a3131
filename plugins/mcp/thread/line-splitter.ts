/** Bytes of a pipe to lines. A line that is not whole yet is kept in pieces; one that grows over the cap is never kept. */
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
  let pieces: Buffer[] = [];
  let size = 0;

  function keep(piece: Buffer): void {
    size += piece.length;
    if (size > maxBytes) {
      pieces = [];
      throw new LineTooLong(size);
    }
    if (piece.length > 0) pieces.push(piece);
  }

  function take(): Buffer {
    const [only] = pieces;
    const line = pieces.length === 1 && only ? only : Buffer.concat(pieces, size);
    pieces = [];
    size = 0;
    return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
  }

  return {
    push(chunk) {
      const lines: Buffer[] = [];
      let from = 0;
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
        keep(chunk.subarray(from, end));
        lines.push(take());
        from = end + 1;
      }
      keep(chunk.subarray(from));
      return lines;
    },
  };
}
