/**
 * Command rules that read well and would sleep: a deny or ask rule in a spelling that lines are not compared in, an allow rule
 * that no line could be covered by. Looked at with the matcher's own tables; each comes with the form that works.
 */
import { type CommandPattern, parseCommandPattern } from "../patterns/command-pattern.ts";
import { readShellLine } from "../shell/line.ts";
import { uncoverable } from "../shell/program-flags.ts";
import { kindOfVariable } from "../shell/variables.ts";
import { type LineShape, opensFile, shapeOf } from "./line-shape.ts";
import type { Behavior } from "./rule.ts";
import { formatRule } from "./rule-text.ts";

interface Place {
  tool: string;
  behavior: Behavior;
}

/** Why the rule would sleep, or undefined. */
export function sleepingWhy(specifier: string, place: Place): string | undefined {
  const shape = shapeOf(specifier);
  const pattern = parseCommandPattern(specifier);
  const isExactAllow = place.behavior === "allow" && pattern?.kind === "exact";
  return (
    shapeProblem(shape, isExactAllow, place) ??
    (place.behavior === "allow" ? neverCovers(specifier, pattern, place) : spellingProblem(specifier, shape, place))
  );
}

// ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** An allow rule for exactly one line of several commands covers them all; a file that is opened is another matter. */
function shapeProblem(
  { commands, operators, redirections }: LineShape,
  isExactAllow: boolean,
  place: Place,
): string | undefined {
  const files = redirections.filter(opensFile);
  if (isExactAllow ? files.length === 0 : operators.length + redirections.length === 0) return undefined;
  const forms = [...commands.map((command) => commandForm(command, place)), ...files.map(fileForm)];
  const right = forms.length === 0 ? place.tool : [...new Set(forms)].join(" and ");
  if (operators.length === 0)
    return `a redirection is no part of a command, and the file it opens is ruled by itself; write ${right}`;
  return `each command of a line is decided by itself, so none holds ${operators[0]}; write one rule for each: ${right}`;
}

/** A program alone, in a rule that restricts, means the program with whatever follows. */
function commandForm(command: string, { tool, behavior }: Place): string {
  const isAlone = !/[\s*]/.test(command);
  const specifier = behavior !== "allow" && isAlone ? `${command}:*` : command.replace(/ \*$/, ":*");
  return formatRule({ tool, specifier });
}

function fileForm({ sign, target }: LineShape["redirections"][number]): string {
  const path = /^[/~]/.test(target) ? target.replace(/^\//, "//") : `./${target.replace(/^\.\//, "")}`;
  return formatRule({ tool: sign.includes("<") && !sign.includes(">") ? "Read" : "Edit", specifier: path });
}

// ── Deny and ask ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Lines are compared with their words apart by one space and without needless quotes. */
function spellingProblem(specifier: string, { isSpaced }: LineShape, { tool }: Place): string | undefined {
  const bare = specifier.replace(/(["'])([\w@%+=:,./-]*)\1/g, "$2");
  if (bare !== specifier && bare.trim() !== "")
    return `it can never match a line without these quotes, which mean nothing; write the words without quotes: ${formatRule({ tool, specifier: bare })}`;
  if (!isSpaced) return undefined;
  const single = specifier.replace(/\s+/g, " ");
  return `it can never match: words are compared with one space between them; write ${formatRule({ tool, specifier: single })}`;
}

// ── Allow ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `NAME=value` before the program. */
const assigned = /^(?:[A-Za-z_]\w*\+?=\S*\s+)*/;

function neverCovers(specifier: string, pattern: CommandPattern | undefined, { tool }: Place): string | undefined {
  if (pattern === undefined) return undefined;
  const unknown = /^(?:\$\S*|`[^`]*`?)/.exec(specifier.replace(assigned, ""))?.[0];
  if (unknown !== undefined)
    return `it can never cover a line: the name ${unknown} is known only when the line runs, and such a line is asked each time; write the program's own name`;
  const set = setProblem(specifier, pattern, tool);
  if (set !== undefined || pattern.kind === "exact") return set;
  const words = literalWords(pattern);
  const line = readShellLine(words);
  const [command] = line.commands;
  if (line.undecided !== undefined || command === undefined) return undefined;
  const why = uncoverable(command.words);
  if (why === undefined) return undefined;
  const [inner] = command.runs;
  const isCoveredBehind = command.isTransparent && inner !== undefined && inner.canonical !== "";
  const right = isCoveredBehind
    ? `what it starts is ruled by itself: write ${formatRule({ tool, specifier: `${inner.canonical}:*` })}`
    : "write the exact line";
  return `no prefix rule covers ${words}: ${why}; ${right}`;
}

function setProblem(specifier: string, { kind }: CommandPattern, tool: string): string | undefined {
  const [before = ""] = assigned.exec(specifier) ?? [];
  const names =
    before.trim() === ""
      ? []
      : before
          .trim()
          .split(/\s+/)
          .map((set) => set.replace(/\+?=.*$/s, ""));
  const bad = names.find((name) => kindOfVariable(name) === "dangerous");
  const other = names.find((name) => kindOfVariable(name) !== "harmless");
  const right = formatRule({ tool, specifier: specifier.slice(before.length) });
  if (bad !== undefined)
    return `it can never cover a line: one that sets ${bad}, which changes what programs do, is asked each time; write ${right}`;
  if (other === undefined || kind === "exact") return undefined;
  return `no prefix rule covers a line that sets ${other}, which the program may see; write the exact line, or ${right}`;
}

/** The words that every line of the pattern begins with. */
function literalWords({ kind, parts }: CommandPattern): string {
  const [start = ""] = parts;
  if (kind === "prefix") return start;
  return /^(.*\s)?\S*$/s.exec(start)?.[1]?.trim() ?? "";
}
