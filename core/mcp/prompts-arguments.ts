/** Arguments of a server's prompt as they are typed: by position or as name=value, with a shell's quotes. */
import { GantryError } from "../contract/errors.ts";
import type { McpPrompt } from "../contract/mcp.ts";

/** USAGE_INVALID with the prompt's usage: one that is missing, one too many, quotes that do not end. `typed`: the prompt's name. */
export function fillArguments(rest: string, prompt: McpPrompt, typed: string): Record<string, string> {
  const usage = `Usage: ${promptUsage(prompt, typed)}`;
  const filled = new Map<string, string>();
  const named = new Set(prompt.arguments.map(({ name }) => name));
  for (const word of shellWords(rest, usage)) {
    const [, name = "", value = ""] = /^([^=\s]+)=([\s\S]*)$/.exec(word) ?? [];
    const next = named.has(name) ? name : prompt.arguments.find((each) => !filled.has(each.name))?.name;
    if (next === undefined)
      throw new GantryError("USAGE_INVALID", `${JSON.stringify(word)} is one argument too many. ${usage}`);
    filled.set(next, named.has(name) ? value : word);
  }
  const missing = prompt.arguments.filter(({ name, required }) => required && !filled.has(name)).map(({ name }) => name);
  if (missing.length > 0) throw new GantryError("USAGE_INVALID", `${typed} needs ${missing.join(" and ")}. ${usage}`);
  return Object.fromEntries(filled);
}

/** `/mcp__docs__review FILE [STYLE]`, with the arguments' own names. */
export function promptUsage(prompt: McpPrompt, typed: string): string {
  return [typed, ...prompt.arguments.map(({ name, required }) => (required ? name : `[${name}]`))].join(" ");
}

/** 'as it is', "with \" and \\", and \ before any other letter. */
function shellWords(text: string, usage: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? "";
    const next = text[at + 1];
    if (quote === "" && /\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (letter === quote) quote = "";
    else if (quote === "" && (letter === '"' || letter === "'")) [quote, word] = [letter, word ?? ""];
    else if (letter === "\\" && next !== undefined && isEscaped(next, quote)) {
      word = (word ?? "") + next;
      at++;
    } else word = (word ?? "") + letter;
  }
  if (quote !== "") throw new GantryError("USAGE_INVALID", `a ${quote} is not closed. ${usage}`);
  return word === undefined ? words : [...words, word];
}

function isEscaped(next: string, quote: string): boolean {
  if (quote === "'") return false;
  return quote === "" || next === '"' || next === "\\";
}
