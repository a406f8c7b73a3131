/** Cuts a window of lines out of a stream of bytes and counts the rest; holds no more than the window in memory. */

const newline = 0x0a;

export interface WindowRequest {
  /** 1-based. */
  offset: number;
  limit: number;
  maxBytes: number;
}

export class LineWindow {
  readonly #request: WindowRequest;
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #newlines = 0;
  #bytes = 0;
  #endsInLine = false;
  #full = false;

  constructor(request: WindowRequest) {
    this.#request = request;
  }

  get totalBytes(): number {
    return this.#bytes;
  }

  get totalLines(): number {
    return this.#newlines + (this.#endsInLine ? 1 : 0);
  }

  add(chunk: Buffer): void {
    const { offset, limit } = this.#request;
    let from = this.#newlines >= offset - 1 && this.#newlines < offset - 1 + limit ? 0 : -1;
    let at = chunk.indexOf(newline);
    while (at !== -1) {
      this.#newlines++;
      if (this.#newlines === offset - 1) from = at + 1;
      if (this.#newlines === offset - 1 + limit && from !== -1) {
        this.#keep(chunk.subarray(from, at + 1));
        from = -1;
      }
      at = chunk.indexOf(newline, at + 1);
    }
    if (from !== -1) this.#keep(chunk.subarray(from));
    this.#bytes += chunk.length;
    if (chunk.length > 0) this.#endsInLine = chunk[chunk.length - 1] !== newline;
  }

  /** The whole lines that fit into maxBytes; when not even the first one does, its beginning. */
  taken(): { lines: string[]; cut: boolean } {
    const all = this.#kept.length === 1 ? (this.#kept[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#kept);
    if (all.length === 0) return { lines: [], cut: false };
    if (!this.#full) return { lines: linesOf(all), cut: false };
    const lastEnd = all.lastIndexOf(newline);
    if (lastEnd !== -1) return { lines: linesOf(all.subarray(0, lastEnd + 1)), cut: true };
    // A character that the cut split would end in U+FFFD.
    return { lines: [all.toString("utf8").replace(/\uFFFD$/, "")], cut: true };
  }

  #keep(bytes: Buffer): void {
    if (this.#full) return;
    const room = this.#request.maxBytes - this.#keptBytes;
    const part = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.#full = bytes.length > room;
    this.#kept.push(part);
    this.#keptBytes += part.length;
  }
}

function linesOf(bytes: Buffer): string[] {
  const text = bytes.toString("utf8");
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}
