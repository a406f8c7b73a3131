/** `projects."PATH".trust_level`: of a folder that is not trusted Codex reads no config. Source: config-reference. */
import { realpath } from "node:fs/promises";
import path from "node:path";
import { isObject, objectOf, own } from "../fields.ts";
import type { Table } from "../table.ts";

export const untrustedWhy =
  "The project is untrusted there, and its config is skipped; what it denies or asks is kept, and nothing else of it";
export const unknownWhy =
  "The user's files, which may bound it, cannot be read; what it denies or asks is kept, and nothing else of it";

/** Whether any of the folders is marked so in any of the files. */
export async function isUntrusted(folders: readonly string[], tables: readonly Table[]): Promise<boolean> {
  const marked = tables.flatMap(({ data }) =>
    Object.entries(objectOf(own(data, "projects"))).flatMap(([folder, entry]) =>
      isObject(entry) && own(entry, "trust_level") === "untrusted" ? [folder] : [],
    ),
  );
  const real = await Promise.all(marked.map(async (folder) => await realpath(folder).catch(() => path.resolve(folder))));
  return real.some((folder) => folders.includes(folder));
}
