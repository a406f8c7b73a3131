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
    const parsed = isJsonText(name, text)
      ? (await import("./json-text.ts")).parseJson(text)
      : (await import("./yaml-text.ts")).parseYaml(text);
    return { ...parsed, faults: parsed.faults.map((fault) => ({ ...fault, message: withShortTokens(fault.message) })) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return {
      data: undefined,
      faults: [{ message: "values are nested too deeply", line: 1, column: 1 }],
      lineOf: () => undefined,
    };
  }
}

const longestToken = 40;

/** A fault names what is wrong and tells no more of the file: it may be somebody's secret in the wrong place. */
function withShortTokens(message: string): string {
  return message
    .replaceAll(/"(?:[^"\\]|\\[\s\S])*"?/g, (quoted) => shortened(quoted))
    .replaceAll(/[^\s"]{41,}/g, (word) => shortened(word));
}

const shortened = (token: string): string => (token.length > longestToken ? `${token.slice(0, longestToken - 1)}…` : token);
