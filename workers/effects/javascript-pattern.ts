/** A pattern of ripgrep's language as a JavaScript regular expression. */
import { GantryError, messageOf } from "../../core/contract/errors.ts";
import type { SearchQuery } from "../../core/contract/plugin.ts";

export interface CompiledPattern {
  source: string;
  flags: string;
}

/** PATTERN_INVALID. `u` where the pattern allows it; without it escapes such as `\"` are as free as in ripgrep. */
export function compilePattern({ pattern, ignoreCase, multiline }: SearchQuery): CompiledPattern {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const named = (inline === null ? pattern : pattern.slice(inline[0].length)).replaceAll("(?P<", "(?<");
  const wanted = new Set(`gm${ignoreCase ? "i" : ""}${multiline ? "s" : ""}${inline?.[1] ?? ""}`);
  const flags = [...wanted].join("");
  try {
    return compiled(named, `${flags}u`);
  } catch {
    return loosely(named, flags);
  }
}

function loosely(source: string, flags: string): CompiledPattern {
  try {
    return compiled(source, flags);
  } catch (error) {
    throw new GantryError("PATTERN_INVALID", `the pattern is no regular expression: ${messageOf(error)}`, { cause: error });
  }
}

function compiled(source: string, flags: string): CompiledPattern {
  new RegExp(source, flags);
  return { source, flags };
}
