/**
 * Reads a data file that people write: YAML 1.2, of which JSON is a part, against a schema. Every problem is told at once
 * with its line. What would make one file mean something unseen is refused: aliases, tags of one's own, keys given twice.
 */
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type ErrorCode, GantryError, messageOf } from "gantry/errors";
import type * as z from "zod";
import { didYouMean } from "../../../core/contract/nearest.ts";
import { type DataProblem, problemsOf } from "./data-problems.ts";
import { type DataPath, parseText } from "./data-text.ts";

const maxBytes = 4 * 1024 * 1024;
const mostProblems = 50;

export type DataFileCode = Extract<ErrorCode, "INVENTORY_INVALID" | "SCENARIO_INVALID">;

export interface DataFileOptions<T> {
  schema: z.ZodType<T>;
  /** Of the error that holds every problem; `detail.problems` has them as data. */
  code: DataFileCode;
  /** Names that a wrong key may be meant for, beside those that the schema has there. */
  keys?: readonly string[];
}

export interface DataFile<T> {
  value: T;
  /** 1-based line of the value at this path, or of the nearest thing above it that is written. */
  lineOf(path: DataPath): number;
}

/** `file` is shown in errors as it is given. At most 4 MiB. */
export async function readDataFile<T>(file: string, options: DataFileOptions<T>): Promise<DataFile<T>> {
  const text = await readText(file, options.code);
  const parsed = parseText(text);
  const faults = parsed.faults.map((fault) => ({ ...fault, path: [] }));
  if (faults.length > 0) throw wrongFile(file, faults, options.code);
  const result = options.schema.safeParse(parsed.data);
  if (!result.success) {
    throw wrongFile(file, problemsOf(result.error.issues, { ...options, parsed }), options.code);
  }
  return { value: result.data, lineOf: parsed.lineOf };
}

/** The error of a file whose problems were found otherwise, such as a name that nothing has. */
export function wrongFile(file: string, problems: readonly DataProblem[], code: DataFileCode): GantryError {
  const sorted = problems.toSorted((a, b) => a.line - b.line);
  const lines = sorted.slice(0, mostProblems).map(({ line, path, message }) => {
    return `${file}:${line}: ${path.length === 0 ? "" : `${pathText(path)}: `}${message}`;
  });
  const more = problems.length > mostProblems ? ["and more"] : [];
  const count = problems.length > mostProblems ? `more than ${mostProblems}` : problems.length;
  const head = problems.length === 1 ? [] : [`${file} has ${count} problems:`];
  const told = sorted.slice(0, mostProblems).map((problem) => ({ file, ...problem }));
  return new GantryError(code, [...head, ...lines, ...more].join("\n"), { detail: { problems: told } });
}

/** `parts.tools[2].name` */
export function pathText(path: DataPath): string {
  const text = path.map((part) => {
    if (typeof part === "number") return `[${part}]`;
    return /^[\w-]+$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
  });
  return text.join("").replace(/^\./, "");
}

async function readText(file: string, code: DataFileCode): Promise<string> {
  const bytes = await readBytes(file, code);
  if (bytes.length > maxBytes) {
    throw new GantryError(code, `${file} is larger than ${maxBytes / 1024 / 1024} MiB, the most that is read`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new GantryError(code, `${file} is not UTF-8 text`, { cause });
  }
}

async function readBytes(file: string, code: DataFileCode): Promise<Buffer> {
  try {
    // Before it is opened: a named pipe would be waited for.
    if (!(await stat(file)).isFile()) throw new GantryError(code, `${file} is not a file`);
    const handle = await open(file);
    try {
      const room = Buffer.alloc(Math.min((await handle.stat()).size, maxBytes) + 1);
      let filled = 0;
      while (filled < room.length) {
        const { bytesRead } = await handle.read(room, filled, room.length - filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return room.subarray(0, filled);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof GantryError) throw cause;
    const isAbsent = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const what = isAbsent ? `is not there.${await nearestFile(file)}` : `cannot be read: ${messageOf(cause)}`;
    throw new GantryError(code, `${file} ${what}`, { cause });
  }
}

/** In the same folder. */
async function nearestFile(file: string): Promise<string> {
  const names = await readdir(dirname(file)).catch(() => []);
  return didYouMean(basename(file), names);
}
