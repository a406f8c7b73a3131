/** Bytes that come in pieces, kept together: a piece of one byte costs one byte. */
export interface Pieces {
  readonly size: number;
  add(piece: Uint8Array): void;
  /** All of them; nothing is kept after it. */
  take(): Buffer;
}

const smallest = 1024;

export function createPieces(): Pieces {
  let kept = Buffer.alloc(0);
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(piece) {
      if (size + piece.length > kept.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(smallest, 2 * kept.length, size + piece.length));
        kept.copy(grown, 0, 0, size);
        kept = grown;
      }
      kept.set(piece, size);
      size += piece.length;
    },
    take() {
      const all = kept.subarray(0, size);
      kept = Buffer.alloc(0);
      size = 0;
      return all;
    },
  };
}
