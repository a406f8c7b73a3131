/** What a command starts by its arguments: the command behind a wrapper, the commands of find, the script of a shell. */
import { openWord, type ShellWord } from "./word.ts";

export interface Started {
  /** The words of each command that is started. */
  commands: readonly (readonly ShellWord[])[];
  /** Text that a shell reads as a script. */
  script?: string;
  /** Adds nothing to what it starts: a rule that covers all of that covers it. */
  isTransparent: boolean;
  /** What it starts cannot be known from its words. */
  undecided?: string | undefined;
  /** `NAME=value` words of env. */
  sets?: readonly string[];
  /** It starts something that is not looked behind: a deny or ask rule could speak of that. */
  unseen?: string | undefined;
}

interface WrapperRow {
  /** Flags that stand alone, as an expression for the whole word. */
  flags: RegExp;
  /** Flags whose value is the next word. */
  valued?: RegExp;
  /** Words between the flags and the command. */
  before?: number;
  assigns?: true;
}

const none: Started = { commands: [], isTransparent: false };

/** Wrappers that rules look behind. A flag that is not listed: nothing is known of what is started. */
const wrappers: Readonly<Record<string, WrapperRow>> = {
  timeout: {
    flags: /^(?:-v|--verbose|--foreground|--preserve-status|-[ks].+|--(?:kill-after|signal)=.*)$/,
    valued: /^(?:-[ks]|--kill-after|--signal)$/,
    before: 1,
  },
  time: { flags: /^-[pv]$/ },
  nice: { flags: /^(?:-n?-?\d+|--adjustment=-?\d+)$/, valued: /^(?:-n|--adjustment)$/ },
  nohup: { flags: /^$/ },
  stdbuf: { flags: /^(?:-[ioe].+|--(?:input|output|error)=.*)$/, valued: /^(?:-[ioe]|--input|--output|--error)$/ },
  command: { flags: /^-p$/ },
  builtin: { flags: /^$/ },
  noglob: { flags: /^$/ },
  exec: { flags: /^-[cl]$/ },
  env: { flags: /^(?:-u.+|--unset=.*)$/, valued: /^(?:-u|--unset)$/, assigns: true },
};

/** Looked behind for deny and ask only: they change how, or how often, a command runs. */
const opaque: Readonly<Record<string, WrapperRow>> = {
  sudo: { flags: /^(?:-[nEHSkbiP]|--non-interactive)$/, valued: /^-[ugC]$/, assigns: true },
  doas: { flags: /^-[nLs]$/, valued: /^-[uC]$/ },
  setsid: { flags: /^(?:-[cfw]|--ctty|--fork|--wait)$/ },
  ionice: { flags: /^(?:-t|-[cn]\d)$/, valued: /^-[cn]$/ },
  flock: { flags: /^-[nsxeuFo]$/, valued: /^-[wE]$/, before: 1 },
  watch: { flags: /^(?:-[bcdegtx]+|-n.+)$/, valued: /^-n$/ },
  chrt: { flags: /^-[abfior]$/, before: 1 },
  taskset: { flags: /^-[ac]+$/, before: 1 },
};

const shells = new Set("sh bash dash".split(" "));
const otherShells = new Set("zsh ksh mksh ash fish csh tcsh busybox toybox su runuser".split(" "));

/** Whether `startedBy` tells what a program of this name starts. */
export function looksBehind(name: string): boolean {
  return (
    Object.hasOwn(wrappers, name) || Object.hasOwn(opaque, name) || shells.has(name) || /^(?:xargs|g?find|eval)$/.test(name)
  );
}

/** `name` is the bare name of the program, `words` the whole command. */
export function startedBy(name: string, words: readonly ShellWord[]): Started {
  const args = words.slice(1);
  if (Object.hasOwn(wrappers, name)) return behind(name, wrappers[name], args, true);
  if (Object.hasOwn(opaque, name)) return behind(name, opaque[name], args, false);
  if (name === "xargs") return byXargs(args);
  if (name === "find" || name === "gfind") return byFind(args);
  if (name === "eval") return byEval(args);
  if (shells.has(name)) return byShell(name, args);
  if (otherShells.has(name))
    return { ...none, undecided: args.some((arg) => !arg.isLiteral) ? `${name} runs what only the line knows` : undefined };
  return none;
}

function behind(name: string, row: WrapperRow | undefined, args: readonly ShellWord[], isTransparent: boolean): Started {
  const sets: string[] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const word = args[at];
    if (row === undefined || word === undefined) break;
    const set = row.assigns === true ? assignedName(word) : undefined;
    if (set !== undefined) sets.push(set);
    else if (!word.isLiteral) break;
    else if (word.value === "--") {
      at++;
      break;
    } else if (row.valued?.test(word.value) === true) at++;
    else if (word.value.startsWith("-") && !row.flags.test(word.value))
      return {
        ...none,
        undecided: unknownFlag(name, word, isTransparent),
        unseen: isTransparent ? undefined : `${name} ${word.value} is not known`,
      };
    else if (!word.value.startsWith("-")) break;
  }
  const rest = args.slice(at + (row?.before ?? 0));
  if (args.slice(0, at + (row?.before ?? 0)).some((word) => !word.isLiteral && assignedName(word) === undefined))
    return { ...none, undecided: `only the line knows where the command behind ${name} begins` };
  return { commands: rest.length === 0 ? [] : [rest], isTransparent: isTransparent && rest.length > 0, sets };
}

/** Of env and the like: whatever stands before `=` is a name, be it one that a shell would not take. */
function assignedName({ isLiteral, value, text }: ShellWord): string | undefined {
  return (isLiteral ? /^(?!-)([^=]*)=/s : /^([A-Za-z_]\w*)=/).exec(isLiteral ? value : text)?.[1];
}

/** `command -v x` and `env -i x` with their flags are not looked behind; a word that only the line knows hides what is run. */
function unknownFlag(name: string, { value }: ShellWord, isTransparent: boolean): string | undefined {
  if (name === "command" && /^-[vV]+$/.test(value)) return undefined;
  return isTransparent ? `${name} ${value} is not known` : undefined;
}

function byXargs(args: readonly ShellWord[]): Started {
  let mark = "";
  let at = 0;
  let isBare = true;
  for (; at < args.length; at++) {
    const word = args[at];
    if (word === undefined || !word.isLiteral || !word.value.startsWith("-")) break;
    isBare = false;
    const joined = /^-[Ii](.*)$/s.exec(word.value);
    if (joined !== null) mark = joined[1] !== "" ? (joined[1] ?? "") : word.value === "-i" ? "{}" : (args[++at]?.value ?? "");
    else if (/^-[nPLdsaE]$/.test(word.value)) at++;
    else if (!/^(?:-[0rtxo]+|-[nPLds].+|--null|--no-run-if-empty|--max-[a-z]+=\d+|--verbose)$/.test(word.value))
      return { ...none, undecided: `xargs ${word.value} is not known` };
  }
  const rest = args.slice(at).map((word) => (mark !== "" && word.value.includes(mark) ? openWord(word) : word));
  if (rest[0] === undefined) return { ...none };
  // What is read from the input is put behind the words, and may be anything.
  const read: ShellWord = {
    text: "",
    value: "",
    isLiteral: false,
    isNoFlag: false,
    isOne: false,
    path: undefined,
    isGlob: false,
    isWinding: false,
  };
  return { commands: [mark === "" ? [...rest, read] : rest], isTransparent: isBare };
}

function byFind(args: readonly ShellWord[]): Started {
  const commands: ShellWord[][] = [];
  for (let at = 0; at < args.length; at++) {
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(args[at]?.value ?? "")) continue;
    const rest = args.slice(at + 1);
    const end = rest.findIndex(({ value }, index) => value === ";" || (value === "+" && rest[index - 1]?.value === "{}"));
    const words = rest.slice(0, end === -1 ? rest.length : end);
    if (words.length > 0) commands.push(words.map((word) => (word.value.includes("{}") ? openWord(word) : word)));
    at += words.length;
  }
  return { commands, isTransparent: false };
}

function byEval(args: readonly ShellWord[]): Started {
  if (args.some((arg) => !arg.isLiteral)) return { ...none, undecided: "eval runs what only the line knows" };
  const words = args[0]?.value === "--" ? args.slice(1) : args;
  return { commands: [], script: words.map(({ value }) => value).join(" "), isTransparent: true };
}

function byShell(name: string, args: readonly ShellWord[]): Started {
  for (let at = 0; at < args.length; at++) {
    const word = args[at];
    if (word === undefined || !word.isLiteral) break;
    if (/^-[eux]*c[eux]*$/.test(word.value)) {
      const rest = args.slice(at + 1);
      if (rest[0]?.value === "--") rest.shift();
      const [script] = rest;
      if (script?.isLiteral !== true || /^[-+]/.test(script.value))
        return { ...none, undecided: `${name} runs a script that only the line knows` };
      return { commands: [], script: script.value, isTransparent: true };
    }
    if (/^-[eux]+$/.test(word.value)) continue;
    if (word.value === "-o" && args[at + 1]?.value === "pipefail") {
      at++;
      continue;
    }
    // A script file, by its name: not looked into, and no prefix rule covers it.
    if (!/^[-+]/.test(word.value)) return none;
    return word.value === "--version" ? none : { ...none, undecided: `${name} ${word.value} is not known` };
  }
  return { ...none, undecided: `${name} runs what it reads or what only the line knows` };
}
