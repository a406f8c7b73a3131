/** Which loader a binary names: the first thing the kernel opens to start it. */
import { open } from "node:fs/promises";

const interpreterType = 3;

/** Absolute, or undefined for a static binary and for what is no 64-bit little-endian ELF file. */
export async function interpreterOf(binary: string): Promise<string | undefined> {
  const file = await open(binary, "r");
  try {
    const header = Buffer.alloc(64);
    await file.read(header, 0, 64, 0);
    if (header.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") return undefined;
    const size = header.readUInt16LE(54);
    const table = Buffer.alloc(size * header.readUInt16LE(56));
    await file.read(table, 0, table.length, Number(header.readBigUInt64LE(32)));
    for (let at = 0; at + size <= table.length; at += size) {
      if (table.readUInt32LE(at) !== interpreterType) continue;
      const path = Buffer.alloc(Math.min(4_096, Number(table.readBigUInt64LE(at + 32))));
      await file.read(path, 0, path.length, Number(table.readBigUInt64LE(at + 8)));
      return path.toString("utf8").replace(/\0.*$/s, "");
    }
    return undefined;
  } finally {
    await file.close();
  }
}
