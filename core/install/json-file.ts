/** Reads the small JSON files of a plugin, which a stranger wrote: bounded, and never more than data. */
import { open } from "node:fs/promises";
import { GantryError, messageOf } from "../contract/errors.ts";
import { maxManifestBytes } from "./limits.ts";

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined when there is none. PLUGIN_INVALID when it is no regular file, or has more than `maxBytes`; 1 MiB. */
export async function readTextFile(file: string, maxBytes: number = maxManifestBytes): Promise<string | undefined> {
  const handle = await open(file, "r").catch(ignoreMissing);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new GantryError("PLUGIN_INVALID", `${file} is not a regular file`);
    if (stats.size > maxBytes)
      throw new GantryError("PLUGIN_INVALID", `${file} has ${stats.size} bytes; at most ${maxBytes} are read`);
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

/** Undefined when there is none. PLUGIN_INVALID when it is not a JSON object. */
export async function readJsonFile(file: string, maxBytes?: number): Promise<Record<string, unknown> | undefined> {
  const text = await readTextFile(file, maxBytes);
  if (text === undefined) return undefined;
  const value = parse(text, file);
  if (!isRecord(value)) throw new GantryError("PLUGIN_INVALID", `${file} does not hold an object`);
  return value;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new GantryError("PLUGIN_INVALID", `${file} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw new GantryError("PLUGIN_INVALID", `A file of the plugin cannot be read: ${error.message}`, { cause: error });
}
