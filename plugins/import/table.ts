/** A config file that holds one object, its state told to the list of files. */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject } from "./fields.ts";
import type { SourceState } from "./findings.ts";
import { type Fault, type ParsedSource, readSource } from "./source-file.ts";

export interface Table {
  path: string;
  data: JsonObject;
  /** 1-based line of a key. */
  lineOf(path: readonly (string | number)[]): number;
}

interface Reading {
  parse(text: string): ParsedSource | Fault;
  /** A project's: no link may lead out of it. */
  within?: string;
  files: SourceState[];
}

/** Undefined where there is none that can be read whole. */
export async function readTable(path: string, { parse, within, files }: Reading): Promise<Table | undefined> {
  const file = await readSource(path, parse, within);
  if (file.state !== "read") {
    files.push(file.state === "broken" ? { path, state: "broken", problem: file.problem } : { path, state: "absent" });
    return undefined;
  }
  const { data, lineOf } = file;
  if (!isObject(data)) {
    files.push({ path, state: "broken", problem: `${path}:1: it holds no object` });
    return undefined;
  }
  files.push({ path, state: "read" });
  return { path, data, lineOf };
}

/** A value of a table, whatever is on the way. */
export function valueAt(table: JsonObject, ...keys: string[]): Json | undefined {
  let value: Json | undefined = table;
  for (const key of keys) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}
