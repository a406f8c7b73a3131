/** The body of an answer: decoded, counted, and pulled piece by piece; what nobody pulls is not read from the network. */
import type { IncomingMessage } from "node:http";
import { PassThrough, pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { GantryError, messageOf } from "../../core/contract/errors.ts";

export interface NetBody {
  /** The next piece, at most some 256 KiB; undefined at the end. NET_FAILED, NET_TIMEOUT, NET_TOO_LARGE. */
  read(): Promise<Uint8Array | undefined>;
  /** Ends the connection. */
  close(): void;
}

const pieceBytes = 256 * 1024;

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
};

/** The decoder that the answer's coding needs; undefined when it has none. NET_FAILED for one that nobody asked for. */
export function decoderOf(response: IncomingMessage, hasBody: boolean): Transform | undefined {
  const coding = (response.headers["content-encoding"] ?? "").trim().toLowerCase();
  if (coding === "" || coding === "identity" || !hasBody) return undefined;
  const make = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined;
  if (make === undefined) {
    response.destroy();
    throw new GantryError("NET_FAILED", `the answer is encoded as ${JSON.stringify(coding)}, which was not asked for`);
  }
  return make();
}

interface BodyOptions {
  maxBytes: number;
  decoder: Transform | undefined;
  /** What an error of the connection is to the caller. */
  explain(error: unknown): unknown;
  /** Called once, when nothing more will be read. */
  ended(): void;
}

export function openBody(response: IncomingMessage, { maxBytes, decoder, explain, ended }: BodyOptions): NetBody {
  const sink = new PassThrough({ readableHighWaterMark: pieceBytes });
  let failure: { error: unknown } | undefined;
  let size = 0;
  let wake: () => void = () => undefined;
  const settle = (error?: unknown): void => {
    if (error !== undefined && error !== null) failure ??= { error };
    wake();
  };
  sink.on("readable", () => wake()).on("end", () => wake());
  if (decoder === undefined) pipeline(response, sink, settle);
  else pipeline(response, decoder, sink, settle);

  const close = (): void => {
    response.destroy();
    decoder?.destroy();
    sink.destroy();
    ended();
    wake();
  };

  return {
    async read() {
      for (;;) {
        const piece = sink.read() as Buffer | null;
        if (piece !== null) {
          size += piece.length;
          if (size <= maxBytes) return piece;
          close();
          throw tooLarge(maxBytes);
        }
        if (failure !== undefined || sink.readableEnded || sink.destroyed) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const isWhole = sink.readableEnded && failure === undefined;
      close();
      if (!isWhole) throw explain(failure?.error ?? new Error("the body was closed"));
      return undefined;
    },
    close,
  };
}

export function tooLarge(maxBytes: number): GantryError {
  return new GantryError("NET_TOO_LARGE", `the body is longer than ${maxBytes} bytes`, { detail: { maxBytes } });
}

/** Several addresses of one name fail together, each with its own reason. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return [...new Set(error.errors.map(messageOf))].join("; ");
  return messageOf(error);
}
