/**
 * Can what a command hook names be started at all? Looked at only where it can be told by reading: the first word of a
 * command is a path, or an interpreter followed by a script. A guard whose script is gone would block every call.
 */
import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { CommandHook } from "../../contract/hook-config.ts";
import { didYouMean } from "../../contract/nearest.ts";

interface Places {
  /** What $CLAUDE_PROJECT_DIR stands for. */
  project: string | undefined;
  /** Where a relative path begins; undefined when the hook may run anywhere. */
  folder: string | undefined;
}

interface Program {
  file: string;
  /** It is read by an interpreter, so it need not be executable. */
  isRead: boolean;
}

const interpreters = /^(?:\/(?:[\w.-]+\/)*)?(?:python3?|node|bash|sh|dash|zsh|ruby|perl|bun|deno|tsx)$/;
const scripts = /\/|\.(?:py|m?js|cjs|ts|sh|bash|rb|pl)$/;

/** Longer lines are not looked into. */
const maxLine = 10_000;

/** Why it cannot be launched, or undefined when nothing speaks against it. */
export async function cannotLaunch({ command, args }: CommandHook, places: Places): Promise<string | undefined> {
  const words = args === undefined ? shellWords(command) : [command, ...args];
  const program = words === undefined ? undefined : programOf(words, args !== undefined);
  if (program === undefined) return undefined;
  const file = locate(program.file, places);
  if (file === undefined) return undefined;
  const why = await whatIsWrong(file, program.isRead);
  return why === undefined ? undefined : `it cannot be launched: ${why}`;
}

function programOf([first, second]: readonly string[], isExec: boolean): Program | undefined {
  if (first === undefined) return undefined;
  if (interpreters.test(first)) {
    return second !== undefined && !second.startsWith("-") && scripts.test(second) ? { file: second, isRead: true } : undefined;
  }
  // In exec form a program without a slash is looked for in PATH, and so it is by a shell.
  return first.includes("/") && (isExec || !/^\w+=/.test(first)) ? { file: first, isRead: false } : undefined;
}

/** The first two words of a shell line that is one plain command; undefined when a shell is needed to know them. */
function shellWords(line: string): string[] | undefined {
  if (line.length > maxLine || /[|&;\n`]|\$\(/.test(line)) return undefined;
  const word =
    /\s*((?:"(?:[^"\\`$]|\$\{?(?:CLAUDE|GANTRY)_PROJECT_DIR\b\}?)*"|'[^']*'|\$\{?(?:CLAUDE|GANTRY)_PROJECT_DIR\b\}?|[\w./@%+:,=-])+)(?=\s|$)/y;
  const words: string[] = [];
  while (words.length < 2) {
    const match = word.exec(line);
    if (match === null) break;
    // A $ in single quotes is a letter: no file has such a name, but a shell would not expand it either.
    if (/'[^']*\$/.test(match[1] ?? "")) return words.length === 0 ? undefined : words;
    words.push((match[1] ?? "").replace(/["']/g, ""));
  }
  return words.length === 0 ? undefined : words;
}

function locate(written: string, { project, folder }: Places): string | undefined {
  const named = /^\$(?:\{(?:CLAUDE|GANTRY)_PROJECT_DIR\}|(?:CLAUDE|GANTRY)_PROJECT_DIR\b)/.exec(written);
  if (named !== null && project === undefined) return undefined;
  const file = named === null ? written : `${project}${written.slice(named[0].length)}`;
  if (file.includes("$") || file.startsWith("~")) return undefined;
  if (path.isAbsolute(file)) return path.normalize(file);
  return folder === undefined ? undefined : path.resolve(folder, file);
}

async function whatIsWrong(file: string, isRead: boolean): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) {
    const others = await readdir(path.dirname(file)).catch(() => []);
    return `${file} is not there.${didYouMean(path.basename(file), others.slice(0, 1_000))}`;
  }
  if (found.isDirectory()) return `${file} is a folder`;
  if (isRead) return undefined;
  const may = await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
  return may ? undefined : `${file} is not executable; run chmod +x ${file}`;
}
