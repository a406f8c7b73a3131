/** Runs ripgrep in a folder that is held open, and reads its answer: output, no match, bad pattern, or too slow. */
import { nowMs } from "../../core/contract/clock.ts";
import { GantryError, hasCode, messageOf } from "../../core/contract/errors.ts";
import type { EffectEnv, SpawnedFile } from "./effect.ts";
import { hasDescriptorPaths } from "./open-confined.ts";
import { hiddenGlobs } from "./visible.ts";

/** A list or search as a whole, both engines. */
export const searchTimeoutMs = 20_000;

/** What is left of the 20 seconds; a number below 1 means that they are over. */
export type Deadline = () => number;

export function startDeadline(): Deadline {
  const end = nowMs() + searchTimeoutMs;
  return () => Math.ceil(end - nowMs());
}

/** The folder a list or search starts in: its real path, and a descriptor that keeps it from being swapped. */
export interface SearchFolder {
  fd: number;
  real: string;
}

export interface RipgrepOutput {
  stdout: Buffer;
  /** maxBytes ended it. */
  cut: boolean;
}

/** Undefined when there is no ripgrep for this machine, or it does not start: the JavaScript engine answers then. */
export type Ripgrep = (args: readonly string[], options: { maxBytes: number }) => Promise<RipgrepOutput | undefined>;

export function ripgrepIn(folder: SearchFolder, env: EffectEnv, deadline: Deadline): Ripgrep {
  return async (args, { maxBytes }) => {
    const program = await findRipgrep();
    if (program === undefined) return undefined;
    // By its descriptor, so that the folder that was proven is the one that is searched.
    const cwd = hasDescriptorPaths ? `/proc/${process.pid}/fd/${folder.fd}` : folder.real;
    const ended = await started(env.spawnFile(program, args, { cwd, timeoutMs: Math.max(deadline(), 1), maxBytes }));
    if (ended === undefined) return undefined;
    if (ended.timedOut) throw searchTimedOut(folder.real);
    checkEnd(ended.exitCode, ended.stderr, ended.cut);
    const { buffer, byteOffset, byteLength } = ended.stdout;
    return { stdout: Buffer.from(buffer, byteOffset, byteLength), cut: ended.cut };
  };
}

/** Undefined when the program did not start. */
async function started(ending: Promise<SpawnedFile>): Promise<SpawnedFile | undefined> {
  try {
    return await ending;
  } catch (error) {
    if (hasCode(error, "TOOL_FAILED")) return undefined;
    throw error;
  }
}

/** What list and search have in common: which files there are. Their own globs come before these, for the last one wins. */
export function walkArgs(env: EffectEnv, folder: string, globs: readonly string[] = []): string[] {
  return [
    "--no-config",
    "--hidden",
    // .gitignore counts in folders that are no repository, too; the user's own global one is not part of the project.
    "--no-require-git",
    "--no-ignore-global",
    "--color=never",
    ...globs.map((glob) => `--glob=${glob}`),
    "--glob=!.git",
    `--glob=!${tempFiles}`,
    ...hiddenGlobs(env.reach, folder),
  ];
}

/** What a killed write leaves behind. */
export const tempFiles = ".*.gantry-????????????.tmp";

export function searchTimedOut(folder: string): GantryError {
  return new GantryError("SEARCH_TIMEOUT", `the search in ${folder} took more than ${searchTimeoutMs / 1000} s and was ended`);
}

async function findRipgrep(): Promise<string | undefined> {
  try {
    return (await import("@vscode/ripgrep")).rgPath;
  } catch {
    // The binary is a package per platform; this one has none.
    return undefined;
  }
}

/** Exit 1 is "no match", 2 an error, perhaps only of one file that could not be read: what was found then still counts. */
function checkEnd(exitCode: number | null, stderr: string, cut: boolean): void {
  if (cut || exitCode === 0 || exitCode === 1) return;
  if (/match limit exceeded|backtracking limit|JIT stack limit/.test(stderr)) {
    throw new GantryError("PATTERN_INVALID", "the pattern needs too much backtracking; write it without nested repetitions");
  }
  if (/^rg: (regex|error parsing|unrecognized file type|the literal|compiled regex|.*flag)/m.test(stderr)) {
    throw new GantryError("PATTERN_INVALID", patternMessage(stderr));
  }
  if (exitCode === 2 && /^rg: .+: .+\(os error \d+\)/m.test(stderr)) return;
  throw new GantryError("TOOL_FAILED", `ripgrep ended with ${exitCode ?? "a signal"}: ${messageOf(stderr).slice(0, 500)}`);
}

/** ripgrep's words, without the second engine's and without the group that it puts around a pattern. */
function patternMessage(stderr: string): string {
  const ours = /regex parse error:\n.*\n.*\nerror: (.*)/.exec(stderr)?.[1];
  if (ours !== undefined) return `the pattern is no regular expression: ${ours}`;
  return stderr.replace(/^rg: /, "").split("\n\n")[0]?.trim().slice(0, 500) ?? "the pattern is invalid";
}
