/** `crypto`, as far as randomness goes. */
import { randomFillSync, randomUUID } from "node:crypto";
import { bytesOf, isBytes } from "./bytes.ts";
import { cleanly } from "./cleanly.ts";

const maxBytes = 65_536;

export const realmCrypto = {
  getRandomValues<Into extends ArrayBufferView>(into: Into): Into {
    if (!ArrayBuffer.isView(into) || !isBytes(into)) throw new TypeError("getRandomValues fills a typed array.");
    const bytes = bytesOf(into);
    if (bytes.length > maxBytes) throw new RangeError(`At most ${maxBytes} bytes are made at once.`);
    cleanly(() => randomFillSync(bytes));
    return into;
  },
  randomUUID: (): string => cleanly(() => randomUUID()),
};
