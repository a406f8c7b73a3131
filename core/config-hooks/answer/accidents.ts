/** Telling a decision from an accident: what shells and interpreters say when a hook's own program is missing or wrong. */
import { plainText } from "./said-text.ts";

const missing =
  /not found|no such file or directory|permission denied|cannot execute|bad interpreter|exec format error|is a directory/i;
const firstSignal = 128;
const lastSignal = 31;

/**
 * Why a program never came to decide, from the exit codes that shells keep for it: 126 and 127 with their message, 128 + n for
 * a signal. Undefined: it ended by itself.
 */
export function notLaunched(exitCode: number, stderr: string): string | undefined {
  if ((exitCode === 126 || exitCode === 127) && missing.test(stderr))
    return exitCode === 127 ? "its program was not found (exit code 127)" : "its program could not be run (exit code 126)";
  const signal = exitCode - firstSignal;
  return signal >= 1 && signal <= lastSignal ? `it was killed by signal ${signal} (exit code ${exitCode})` : undefined;
}

interface Crash {
  program: string;
  pattern: RegExp;
  /** Its errors are on stdout too. */
  onStdout?: true;
}

/**
 * How interpreters say that they could not load a program, or that it ended by an error that nobody caught. A guard that ended
 * so has decided nothing, whatever code its interpreter has for that; most have 1, which a program may also choose itself.
 */
const crashes: readonly Crash[] = [
  // Its last line after every uncaught error: a missing module, an error of syntax, a throw.
  { program: "node", pattern: /^Node\.js v\d+\.\d+/m },
  { program: "node", pattern: /^(?:\S*\/)?node: (?:bad option|.+ requires an argument|.+ is not allowed)/m },
  { program: "node", pattern: /^Warning: Detected unsettled top-level await/m },
  { program: "python", pattern: /^(?:Traceback \(most recent call last\):|(?:SyntaxError|IndentationError|TabError): )/m },
  {
    program: "python",
    pattern: /^\S*python[\d.]*(?:\.exe)?: (?:can't open file|No module named|can't find '__main__'|Error while)/m,
  },
  { program: "python", pattern: /^Fatal Python error: /m },
  // `message at file line 3.`, as its last word: a warning before a decision has the same form.
  { program: "perl", pattern: / at \S[^\n]{0,300} line \d+(?:, <[^>\n]*> (?:line|chunk) \d+)?\.\s*$/ },
  { program: "perl", pattern: /^(?:Can't open perl script|Execution of .+ aborted due to|BEGIN failed--compilation aborted)/m },
  {
    program: "ruby",
    pattern:
      /^\S+:\d+:(?:in [`']| )[^\n]{0,2000}(?:\((?:\w+::)*\w*(?:Error|Exception|Interrupt|Exit|Errno::\w+)\)|syntax error)/m,
  },
  { program: "ruby", pattern: /^\S*ruby: .+ \((?:LoadError|SyntaxError|RuntimeError)\)/m },
  { program: "deno", pattern: /^error: (?:Uncaught|Cannot resolve|The module's source code could not be parsed|Import )/m },
  { program: "bun", pattern: /^Bun v\d+\.\d+/m },
  { program: "deno or bun", pattern: /^error: (?:Module not found|Script not found|Cannot find (?:module|package)) /m },
  {
    program: "php",
    pattern: /^(?:PHP )?(?:Fatal error|Parse error): |^Could not open input file: /m,
    onStdout: true,
  },
  // bash: `file: line 3: …`; sh: `file: 3: …`.
  {
    program: "the shell",
    pattern:
      /^[^\n:]+: (?:[^\n:]+: )?(?:line )?\d+: (?:syntax error|Syntax error|cd: |[^\n]*: (?:unbound variable|parameter not set|bad substitution|Bad substitution|command not found|not found|No such file or directory|Permission denied)$)/m,
  },
];

/** Longer errors are looked at from their end, where interpreters say what happened. */
const maxLookedAt = 32_000;

/** Why a program that ended by itself, with neither 0 nor 2, has not decided: its interpreter ended it. */
export function crashed(exitCode: number, stdout: string, stderr: string): string | undefined {
  const program = crashIn(stdout, stderr);
  if (program === undefined) return undefined;
  return `${program} could not load it, or ended it by an error that it did not catch (exit code ${exitCode})`;
}

/** Said of a guard whose line ended with 0 although a program in it crashed: a pipe or `|| true` took the code away. */
export function hiddenCrash(stderr: string): string | undefined {
  const program = crashIn("", stderr);
  return program === undefined ? undefined : `an error of ${program} is in what it printed, and its exit code 0 lets all pass`;
}

function crashIn(stdout: string, stderr: string): string | undefined {
  if (stdout === "" && stderr === "") return undefined;
  const errors = plainText(stderr.slice(-maxLookedAt));
  const printed = plainText(stdout.slice(-maxLookedAt));
  return crashes.find(({ pattern, onStdout }) => pattern.test(errors) || (onStdout === true && pattern.test(printed)))?.program;
}

/** Lines that interpreters end with code 2 on. */
const accidents = [
  // python3 missing.py
  /can't open file .*\[Errno \d+\]/i,
  // sh missing.sh; cat, grep, ls and their like
  /(?:cannot open|can't open|cannot access|can't read|could not open) .*/i,
  /^[^\n]*: [^\n]*: no such file or directory$/im,
  // sh and bash
  /syntax error/i,
  /unexpected (?:end of file|eof|token|operator|redirection)/i,
  /unterminated quoted string|unmatched ['"`]/i,
  // options of a program that it does not have
  /(?:invalid|illegal|unknown|unrecognized) (?:option|argument)/i,
  /^usage: /im,
  // jq
  /jq: (?:error|parse error)|parse error: /i,
];

/** Said with the message of a block by exit 2 that nobody may have meant. It blocks all the same. */
export function accidentIn(stderr: string, source: string): string | undefined {
  // The end is where the error is; a bound, as some patterns look at a line more than once.
  if (!accidents.some((pattern) => pattern.test(stderr.slice(-4_000)))) return undefined;
  return `This looks like an accident and not like a decision: the program of the hook at ${source} failed with exit code 2, which means "block". Run it by hand to see.`;
}

/** A program's outputs here are sockets, which no name opens: `echo no > /dev/stderr` says nothing. Undefined: no such thing. */
export function unopenedOutput(stderr: string): string | undefined {
  const [, name] = /(\/dev\/(?:stdout|stderr|fd\/[12]))['"]?: (?:No such device|nonexistent)/.exec(stderr.slice(-4_000)) ?? [];
  if (name === undefined) return undefined;
  return `what it wrote to ${name} is lost: that cannot be opened here; redirect with ${name.endsWith("out") || name.endsWith("1") ? ">&1" : ">&2"}`;
}
