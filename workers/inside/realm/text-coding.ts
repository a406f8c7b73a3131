/** TextEncoder, TextDecoder, atob and btoa of the realm's own, around the platform's: only texts and plain bytes go in and out. */
import { abortError } from "./abort.ts";
import { bytesOf, isBytes } from "./bytes.ts";
import { cleanly } from "./cleanly.ts";

const PlatformDecoder = TextDecoder;
const encoder = new TextEncoder();

export class RealmTextEncoder {
  get encoding(): string {
    return "utf-8";
  }

  encode(text = ""): Uint8Array {
    const given = String(text);
    return cleanly(() => encoder.encode(given));
  }

  encodeInto(text: string, into: Uint8Array): { read: number; written: number } {
    if (!isBytes(into)) throw new TypeError("encodeInto writes into a Uint8Array.");
    const [given, bytes] = [String(text), bytesOf(into)];
    const { read, written } = cleanly(() => encoder.encodeInto(given, bytes));
    return { read, written };
  }
}

export class RealmTextDecoder {
  readonly #decoder: InstanceType<typeof PlatformDecoder>;

  constructor(label = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    try {
      this.#decoder = new PlatformDecoder(String(label), {
        fatal: options.fatal === true,
        ignoreBOM: options.ignoreBOM === true,
      });
    } catch {
      throw new RangeError(`No encoding is named ${String(label).slice(0, 100)}.`);
    }
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }

  decode(bytes?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
    if (bytes !== undefined && !isBytes(bytes)) throw new TypeError("decode takes bytes.");
    try {
      return this.#decoder.decode(bytes && bytesOf(bytes), { stream: options.stream === true });
    } catch {
      throw new TypeError(`The bytes are not ${this.encoding}.`);
    }
  }
}

/** Of a text whose characters are bytes. */
export function realmBtoa(text: string): string {
  const given = String(text);
  for (let i = 0; i < given.length; i++)
    if (given.charCodeAt(i) > 255) throw abortError(`Character ${i} is no byte.`, "InvalidCharacterError");
  return cleanly(() => Buffer.from(given, "latin1").toString("base64"));
}

export function realmAtob(text: string): string {
  const packed = String(text).replace(/[\t\n\f\r ]/g, "");
  const given = packed.length % 4 === 0 ? packed.replace(/={1,2}$/, "") : packed;
  if (given.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(given))
    throw abortError("The text is not base64.", "InvalidCharacterError");
  return cleanly(() => Buffer.from(given, "base64").toString("latin1"));
}
