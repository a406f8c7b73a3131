/**
 * Unpacks a .tgz of an npm package: files and folders below `package/`, nothing else, and nothing that leaves the folder.
 * The format is ustar with long names as npm (pax) and GNU tar write them.
 */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { GantryError, messageOf } from "gantry/errors";

const maxPackedBytes = 64 * 1024 * 1024;
const maxUnpackedBytes = 256 * 1024 * 1024;
const mostFiles = 20_000;
const block = 512;

/** SNAPSHOT_FAILED for what is no such archive. `address` is its name in errors. */
export async function unpackPackage(file: string, folder: string, address: string): Promise<void> {
  const bytes = await unzipped(file, address);
  let written = 0;
  for (const entry of entriesOf(bytes, address)) {
    if (++written > mostFiles) throw broken(address, `it has more than ${mostFiles} files`);
    const target = join(folder, entry.name);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, entry.content, { flag: "wx", mode: 0o600 }).catch((cause) => {
      throw broken(address, `${entry.name} cannot be written: ${messageOf(cause)}`);
    });
  }
}

async function unzipped(file: string, address: string): Promise<Buffer> {
  if ((await stat(file)).size > maxPackedBytes) throw broken(address, `it is larger than ${maxPackedBytes / 1024 / 1024} MiB`);
  try {
    return await promisify(gunzip)(await readFile(file), { maxOutputLength: maxUnpackedBytes });
  } catch (cause) {
    throw broken(address, messageOf(cause));
  }
}

interface Entry {
  name: string;
  content: Buffer;
}

function* entriesOf(bytes: Buffer, address: string): Generator<Entry> {
  let longName: string | undefined;
  for (let at = 0; at + block <= bytes.length; ) {
    const header = bytes.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) return;
    const size = sizeOf(header, address);
    const content = bytes.subarray(at + block, at + block + size);
    if (content.length < size) throw broken(address, "it ends in the middle of a file");
    at += block + Math.ceil(size / block) * block;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x") longName = paxName(content) ?? longName;
    else if (type === "L") longName = text(content, 0, size);
    else if (type !== "g" && type !== "5") {
      if (type !== "0" && type !== "\0")
        throw broken(address, `it has an entry of type ${JSON.stringify(type)}, such as a link`);
      yield { name: safeName(longName ?? headerName(header), address), content };
      longName = undefined;
    }
  }
}

function sizeOf(header: Buffer, address: string): number {
  const digits = text(header, 124, 12).trim();
  if (!/^[0-7]+$/.test(digits)) throw broken(address, "it is no tar archive");
  return Number.parseInt(digits, 8);
}

function headerName(header: Buffer): string {
  const prefix = text(header, 345, 155);
  return prefix === "" ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
}

function text(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString("utf8");
}

/** Records are `LENGTH KEY=VALUE\n`. */
function paxName(content: Buffer): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(content.toString("utf8"))?.[1];
}

/** npm puts everything below `package/`; other packers below another one folder. */
function safeName(name: string, address: string): string {
  const [, ...rest] = name.replace(/^(?:\.\/)+/, "").split("/");
  const inside = posix.normalize(rest.join("/"));
  if (name.startsWith("/") || name.includes("\0") || inside === "." || inside.startsWith("../") || inside === "..")
    throw broken(address, `it has a file outside its folder: ${JSON.stringify(name)}`);
  return `package/${inside}`;
}

function broken(address: string, why: string): GantryError {
  return new GantryError("SNAPSHOT_FAILED", `${address} cannot be unpacked: ${why}`);
}
