/** A config file's text as data, with the line of every key. JSON may have comments; no format can name or run another file. */
import type { Json } from "../core/contract/messages.ts";
import type { KeyPath } from "./fragment.ts";

export interface Fault {
  message: string;
  /** Both 1-based. */
  line: number;
  column: number;
}

export interface ParsedFile {
  /** Undefined where the text has faults. */
  data: Json | undefined;
  faults: Fault[];
  /** 1-based line of a key, or of the nearest key above it that is written. */
  lineOf(path: KeyPath): number | undefined;
}

/** By the name's ending; a name without one is JSON where it starts with a brace, else YAML. */
export function isJsonText(name: string, text: string): boolean {
  return /\.jsonc?$/.test(name) || (!/\.ya?ml$/.test(name) && /^\s*(?:\{|\/[/*])/.test(text));
}

export async function parseFile(name: string, text: string): Promise<ParsedFile> {
  if (text.trim() === "") return { data: {}, faults: [], lineOf: () => undefined };
  try {
    if (isJsonText(name, text)) return (await import("./json-text.ts")).parseJson(text);
    return (await import("./yaml-text.ts")).parseYaml(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return {
      data: undefined,
      faults: [{ message: "values are nested too deeply", line: 1, column: 1 }],
      lineOf: () => undefined,
    };
  }
}
