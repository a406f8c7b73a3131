/** What a child has printed, up to a bound; a text that is waited for is looked for in what is new. */

interface KeptOutput {
  add(chunk: Buffer): void;
  /** No more comes. */
  end(): void;
  text(): string;
  /** Whether more came than is kept. */
  isCut(): boolean;
  /** Resolves when the output holds `text`; false when it has ended without. */
  sees(text: string): Promise<boolean>;
}

interface Watcher {
  needle: Buffer;
  /** The end of what was looked at: the text may be torn between two pieces. */
  carry: Buffer;
  settle(found: boolean): void;
}

export function keepOutput(mostBytes: number): KeptOutput {
  const chunks: Buffer[] = [];
  const watchers = new Set<Watcher>();
  let bytes = 0;
  let isCut = false;
  let hasEnded = false;

  function settle(watcher: Watcher, found: boolean): void {
    watchers.delete(watcher);
    watcher.settle(found);
  }

  function look(watcher: Watcher, chunk: Buffer): void {
    const joined = Buffer.concat([watcher.carry, chunk]);
    if (joined.includes(watcher.needle)) settle(watcher, true);
    else watcher.carry = joined.subarray(Math.max(0, joined.length - watcher.needle.length + 1));
  }

  return {
    add(chunk) {
      const room = mostBytes - bytes;
      if (chunk.length > room) isCut = true;
      if (room > 0) chunks.push(chunk.subarray(0, room));
      bytes += Math.min(chunk.length, Math.max(0, room));
      for (const watcher of [...watchers]) look(watcher, chunk);
    },
    end() {
      hasEnded = true;
      for (const watcher of [...watchers]) settle(watcher, false);
    },
    text: () => Buffer.concat(chunks).toString("utf8"),
    isCut: () => isCut,
    sees: (text) =>
      new Promise((resolve) => {
        const watcher: Watcher = { needle: Buffer.from(text), carry: Buffer.alloc(0), settle: resolve };
        watchers.add(watcher);
        look(watcher, Buffer.concat(chunks));
        if (hasEnded && watchers.has(watcher)) settle(watcher, false);
      }),
  };
}
