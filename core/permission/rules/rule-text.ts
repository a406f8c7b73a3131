/** A rule as text: its two parts, and what of its spelling is a slip that would make it mean something else. */
import { didYouMean } from "../../contract/nearest.ts";
import { oddLetter } from "../../contract/odd-letter.ts";
import { isBalanced } from "../patterns/balanced.ts";
import { publicTools } from "./known-tools.ts";

export interface RuleText {
  tool: string;
  specifier?: string;
}

/** The two parts of a rule's text, or the reason why it is none. */
export function parseRuleText(text: string): RuleText | string {
  const odd = oddName(text);
  if (odd !== undefined) return odd;
  const tool = /^[A-Za-z_*][\w*.-]*/.exec(text)?.[0];
  if (tool === undefined) return "a rule begins with the name of a tool";
  const rest = text.slice(tool.length);
  if (rest === "") return { tool };
  if (/^\s+\(.*\)$/s.test(rest)) return `no space belongs between ${tool} and its ( ); write ${tool}${rest.trim()}`;
  if (!rest.startsWith("(")) {
    if (tool.startsWith("mcp__")) {
      const [name = ""] = /^[^(]*/.exec(text) ?? [];
      const word = name.trim().replaceAll(/[^A-Za-z0-9_*-]/g, "_");
      return `names of MCP tools have letters, digits, _ and -, and every other letter is _ in them; write ${word}${text.slice(name.length)}`;
    }
    const meant = rest.replace(/^[\s:=]+/, "").replace(/[()]+/g, "");
    const write = meant === "" ? tool : formatRule({ tool, specifier: meant });
    return `after ${tool} comes a specifier in ( ), not ${JSON.stringify(rest)}; write ${write}`;
  }
  const close = text.lastIndexOf(")");
  if (!rest.endsWith(")") || rest.length === 1) {
    return `the ( is not closed at the end; write ${close === -1 ? `${text.trimEnd()})` : text.slice(0, close + 1)}`;
  }
  return { tool, specifier: rest.slice(1, -1) };
}

/** A name with a letter that only looks right. */
function oddName(text: string): string | undefined {
  const [name = ""] = /^[\p{L}\p{M}\p{Cf}\p{N}_*.-]*/u.exec(text) ?? [];
  const odd = oddLetter(name);
  return odd === undefined ? undefined : `there is no tool ${name}: ${odd}.${didYouMean(name, Object.keys(publicTools))}`;
}

export function formatRule({ tool, specifier }: RuleText): string {
  return specifier === undefined ? tool : `${tool}(${specifier})`;
}

/** Why a text that parses is still no rule somebody meant: spaces at an end, nothing in the ( ). */
export function slipOf(text: string, { tool, specifier }: RuleText): string | undefined {
  if (text !== text.trim())
    return `there is a space at its ${text.trimStart() === text ? "end" : "beginning"}; write ${text.trim()}`;
  if (specifier === undefined) return undefined;
  const trimmed = specifier.replace(/^\s+|(?<!\\)\s+$/gu, "");
  if (trimmed === "") return `it can never match: the specifier is empty; write ${tool} for all that ${tool} is`;
  const second = /\)\s*\(/.exec(specifier);
  if (second !== null && !isBalanced(specifier.slice(0, second.index + 1), { quotes: true }))
    return `a rule has one ( ), and another follows; write ${formatRule({ tool, specifier: specifier.slice(0, second.index) })}`;
  if (trimmed !== specifier) return `the specifier has a space at an end; write ${formatRule({ tool, specifier: trimmed })}`;
  return undefined;
}
