/** Tarballs as no packer would write them: any names, links, and files that are small when compressed. */
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

export interface RawEntry {
  name: string;
  /** A number: so many bytes, most of them zero. */
  content?: string | number;
  /** Makes it a symbolic link, or with `hard` another name of a file. */
  linkTo?: string;
  hard?: boolean;
}

export async function writeTarball(file: string, entries: readonly RawEntry[]): Promise<void> {
  await pipeline(Readable.from(blocks(entries)), createGzip(), createWriteStream(file));
}

function* blocks(entries: readonly RawEntry[]): Generator<Buffer> {
  for (const { name, content = "", linkTo, hard } of entries) {
    const size = linkTo === undefined ? (typeof content === "number" ? content : Buffer.byteLength(content)) : 0;
    yield header({ name, size, linkTo: linkTo ?? "", type: linkTo === undefined ? "0" : hard ? "1" : "2" });
    if (size === 0) continue;
    if (typeof content === "string") yield Buffer.from(content);
    else for (let left = size; left > 0; left -= 65_536) yield dull(Math.min(left, 65_536));
    yield Buffer.alloc((512 - (size % 512)) % 512);
  }
  yield Buffer.alloc(1024);
}

/** Not so dull that an unpacker grows suspicious of the ratio by itself. */
function dull(length: number): Buffer {
  return Buffer.concat([randomBytes(1024), Buffer.alloc(length)]).subarray(0, length);
}

function header({ name, size, linkTo, type }: { name: string; size: number; linkTo: string; type: string }): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(name, 0, 100);
  block.write(octal(0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write("        ", 148);
  block.write(type, 156);
  block.write(linkTo, 157, 100);
  block.write("ustar\0", 257);
  block.write("00", 263);
  block.write(
    octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    ),
    148,
  );
  return block;
}
