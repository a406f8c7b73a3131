/**
 * How many parts a message has, counted in its bytes before it is parsed: 15 MiB of `[],[],` are five million objects, and a
 * thread that runs out of memory over them can take its whole process with it.
 */
export const maxParts = 250_000;
/** A message below it cannot have too many. */
const smallBytes = 64 * 1024;

const part = 1;
const quote = 2;
const backslash = 3;
const lineEnd = 4;
/** By byte; 0 for all that says nothing. */
const kinds = new Uint8Array(256);
for (const letter of "{[,") kinds[letter.charCodeAt(0)] = part;
kinds[0x22] = quote;
kinds[0x5c] = backslash;
for (const letter of "\r\n") kinds[letter.charCodeAt(0)] = lineEnd;

export interface PartCounter {
  /** Objects, arrays and the commas between them, of all bytes since the last `reset`; no further than over `maxParts`. */
  count(bytes: Uint8Array): number;
  reset(): void;
}

export function createPartCounter(): PartCounter {
  let parts = 0;
  let isInText = false;
  let isEscaped = false;
  return {
    count(bytes) {
      // Every byte of a server comes through here: a loop over numbers.
      let found = 0;
      let isWithin = isInText;
      let escaped = isEscaped ? 0 : -1;
      for (let at = 0; at < bytes.length && found <= maxParts; at++) {
        const kind = kinds[bytes[at] as number];
        if (kind === 0) continue;
        if (kind === part) {
          if (!isWithin) found++;
        } else if (kind === quote) {
          if (at !== escaped) isWithin = !isWithin;
        } else if (kind === lineEnd) {
          // No text of JSON goes over the end of a line: neither a header of an event nor garbage hides what follows it.
          isWithin = false;
        } else if (isWithin && at !== escaped) escaped = at + 1;
      }
      isInText = isWithin;
      isEscaped = isWithin && escaped === bytes.length;
      parts += found;
      return parts;
    },
    reset() {
      parts = 0;
      isInText = false;
      isEscaped = false;
    },
  };
}

/** The number of its parts where it is too many. */
export function excessOf(message: Uint8Array): number | undefined {
  if (message.length <= smallBytes) return undefined;
  const parts = createPartCounter().count(message);
  return parts > maxParts ? parts : undefined;
}

export function bulkWords(server: string, parts: number): string {
  return `The server ${server} sent a message of ${parts} parts and more: over ${maxParts}.`;
}
