/**
 * One file of another agent's config: read whole or not at all. What is there and cannot be read whole is broken, because it
 * may hold a deny.
 */
import { open, realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { Json } from "gantry/plugin";
import { shownText } from "./shown.ts";

/** Where a fault is; both 1-based. */
export interface Fault {
  line: number;
  message: string;
}

export type SourceText = { state: "absent" } | { state: "broken"; problem: string } | { state: "read"; text: string };

export interface ParsedSource {
  data: Json;
  /** 1-based line of a key, or of the nearest key above it that is written. */
  lineOf(path: readonly (string | number)[]): number;
}

export type SourceFile = { path: string } & (
  | { state: "absent" }
  | { state: "broken"; problem: string }
  | ({ state: "read"; text: string } & ParsedSource)
);

/** Some agents keep their history in the file that holds their servers. */
export const maxSourceBytes = 16_777_216;

/** `within`: a real folder that no link may lead out of; a project's file is not read from elsewhere. */
export async function readSourceText(file: string, within?: string): Promise<SourceText> {
  const broken = (message: string): SourceText => ({ state: "broken", problem: `${file}:1: ${message}` });
  try {
    const real = await realpath(file);
    if (within !== undefined && !isInside(real, within))
      return broken("it is a link to a place outside the project, and is not read");
    const { size } = await stat(real);
    const opened = (await stat(real)).isFile() ? await open(real, "r") : undefined;
    if (opened === undefined) return broken("it is no regular file");
    try {
      if (size > maxSourceBytes) return broken(`it has ${size} bytes; at most ${maxSourceBytes} are read`);
      const bytes = await opened.readFile();
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      return { state: "read", text };
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (isMissing(error)) return (await isDangling(file)) ? broken("it is a link to nothing") : { state: "absent" };
    if (error instanceof TypeError) return broken("it is not UTF-8");
    return broken(`it cannot be read: ${shownText(error instanceof Error ? error.message : String(error))}`);
  }
}

/** A file and what it says, by the parser of its format. An empty one holds nothing. */
export async function readSource(
  file: string,
  parse: (text: string) => ParsedSource | Fault,
  within?: string,
): Promise<SourceFile> {
  const source = await readSourceText(file, within);
  if (source.state !== "read") return { path: file, ...source };
  const parsed = parse(source.text);
  if ("message" in parsed)
    return { path: file, state: "broken", problem: `${file}:${parsed.line}: ${shownText(parsed.message)}` };
  return { path: file, state: "read", text: source.text, ...parsed };
}

/** Both real paths. */
export function isInside(real: string, within: string): boolean {
  return real === within || real.startsWith(within.endsWith(path.sep) ? within : within + path.sep);
}

async function isDangling(file: string): Promise<boolean> {
  const { lstat } = await import("node:fs/promises");
  return await lstat(file).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
}

/** All else that fails may hide something. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
