/** Telling a decision from an accident: what shells and interpreters say when a hook's own program is missing or wrong. */

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
