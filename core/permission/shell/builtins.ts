/** THE table of what the shell's own commands change for the commands beside them. */
import type { ShellWord } from "./word.ts";

/** After one of these, words and names no longer mean what they say. */
const changesMeaning = new Set(
  (
    ". source alias unalias enable hash shopt trap bind complete compopt compgen mapfile readarray let coproc fc history " +
    "disown suspend logout ulimit umask caller getopts"
  ).split(" "),
);

/** Their arguments are names of variables. */
const setsNames = new Set("export declare typeset local readonly read unset".split(" "));

/** Names that a function of the line may not take, beside the programs of the tables. */
export const builtins: ReadonlySet<string> = new Set([
  ...changesMeaning,
  ...setsNames,
  ...(
    ": [ bg break builtin cd command continue dirs echo eval exec exit false fg jobs kill popd printf pushd pwd return set shift test " +
    "times true type wait help"
  ).split(" "),
]);

export interface BuiltinReading {
  undecided?: string;
  sets: string[];
}

/** `words` begin with the name of the command. */
export function readBuiltin(name: string, words: readonly ShellWord[]): BuiltinReading {
  const args = words.slice(1);
  if (changesMeaning.has(name)) return { undecided: `${name} changes what other commands mean`, sets: [] };
  if (setsNames.has(name)) return readNames(name, args);
  if (name === "set" && !args.every((arg) => arg.isLiteral && /^(?:-[eux]*o?|pipefail)$/.test(arg.value)))
    return { undecided: "set changes what other commands mean", sets: [] };
  if (name === "printf" && mayBeginWith(args[0], "-v")) return { undecided: "printf -v sets a variable", sets: [] };
  if (name === "wait" && args.some((arg) => mayBeginWith(arg, "-p"))) return { undecided: "wait -p sets a variable", sets: [] };
  if (name === "test" || name === "[") return readTest(args);
  return { sets: [] };
}

function mayBeginWith(word: ShellWord | undefined, flag: string): boolean {
  if (word === undefined) return false;
  return word.isLiteral ? word.value.startsWith(flag) : !word.isNoFlag;
}

/** A name with `[…]` is computed, and with it whatever stands inside. */
function readNames(name: string, args: readonly ShellWord[]): BuiltinReading {
  const sets: string[] = [];
  // The value behind -p, -t, -n, -d and the like of `read` is a word of its own.
  const takesValue = name === "read" ? /^-[a-zA-Z]*[pntNdiu]$/ : undefined;
  for (let at = 0; at < args.length; at++) {
    const word = args[at];
    if (word === undefined) break;
    if (word.isLiteral && /^[-+]/.test(word.value)) {
      if (name !== "read" && /[niAa]/.test(word.value))
        return { undecided: `${name} ${word.value} computes names or values`, sets };
      if (takesValue?.test(word.value) === true) at++;
      else if (name === "read" && word.value.includes("a")) return { undecided: "read -a sets an array", sets };
      continue;
    }
    const set = /^([A-Za-z_]\w*)(?:\+?=|$)/.exec(word.text)?.[1];
    if (set === undefined) return { undecided: `${name} ${word.text} sets a variable that is not plainly named`, sets };
    sets.push(set);
  }
  return { sets };
}

const unary = /^-[a-uw-zA-QS-Z]$/;
const binary = /^(?:=|==|!=|-eq|-ne|-lt|-le|-gt|-ge|-nt|-ot|-ef)$/;

/** `-v` and `-R` compute the name they are given. */
function readTest(args: readonly ShellWord[]): BuiltinReading {
  for (const [index, word] of args.entries()) {
    const before = args[index - 1];
    const after = args[index + 1];
    if (word.isLiteral) {
      if (/^-[vR]$/.test(word.value)) return { undecided: `test ${word.value} computes a name`, sets: [] };
    } else if (!word.isNoFlag) {
      const isOperand =
        (before?.isLiteral && (unary.test(before.value) || binary.test(before.value))) ||
        (after?.isLiteral && binary.test(after.value));
      if (!word.isOne || isOperand !== true) return { undecided: `test may read ${word.text} as an operator`, sets: [] };
    }
  }
  return { sets: [] };
}
