/** What a word with braces and patterns of files becomes, before the disk is asked: each as a pattern, `\` before letters that mean only themselves. */
import type { WordPart } from "unbash";

const maxPatterns = 64;

/** Undefined when only the shell knows: variables, substitutions, braces in braces, sequences, `~`. */
export function patternsOf(text: string, parts: readonly WordPart[]): readonly string[] | undefined {
  if (parts.length === 0 || /(?:^|[=:])~/.test(text)) return undefined;
  let all: string[] = [""];
  for (const part of parts) {
    const pieces = piecesOf(part);
    if (pieces === undefined || all.length * pieces.length > maxPatterns) return undefined;
    all = all.flatMap((before) => pieces.map((piece) => before + piece));
  }
  return all.filter((pattern) => pattern !== "");
}

function piecesOf(part: WordPart): readonly string[] | undefined {
  switch (part.type) {
    case "Literal":
      return /[{}[\]\\]/.test(part.text) ? undefined : [escaped(part.value)];
    case "SingleQuoted":
      return [escaped(part.value)];
    case "DoubleQuoted":
      return part.parts.every(({ type }) => type === "Literal")
        ? [escaped(part.parts.map((inner) => (inner.type === "Literal" ? inner.value : "")).join(""))]
        : undefined;
    case "Glob":
      return part.kind === "bracket" ? bracketOf(part.text) : [part.kind === "star" ? "*" : "?"];
    case "BraceExpansion":
      return alternativesOf(part.text);
    default:
      return undefined;
  }
}

/** A class that is not plain stands for any letter. */
function bracketOf(text: string): readonly string[] | undefined {
  if (/[/\\'"$`]/.test(text)) return undefined;
  return [/^\[[\w.@%+:,]+\]$/.test(text) ? text : "?"];
}

function alternativesOf(text: string): readonly string[] | undefined {
  const inside = /^\{([\w.@%+:,/*?-]*,[\w.@%+:,/*?-]*)\}$/.exec(text)?.[1];
  return inside?.split(",");
}

function escaped(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}
