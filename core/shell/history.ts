/** What was typed in line sessions, for the arrow keys: one JSON string a line, newest last, kept to the newest thousand. */
import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";

export interface History {
  /** Newest first, as readline takes it. */
  readonly entries: readonly string[];
  add(text: string): Promise<void>;
}

const mostEntries = 1000;
const longestEntry = 8192;

/** A history that cannot be read or written is empty and forgets: typing must go on. `onProblem` is told once. */
export async function openHistory(stateHome: string, onProblem: (message: string) => void): Promise<History> {
  const file = path.join(stateHome, "history");
  let broken = false;
  const report = (error: unknown): void => {
    if (!broken) onProblem(`the history ${file} is not kept: ${(error as Error).message}`);
    broken = true;
  };
  const lines = await readLines(file).catch((error: unknown) => {
    report(error);
    return [];
  });
  if (lines.length > 2 * mostEntries) await rewrite(file, lines.slice(-mostEntries)).catch(report);
  const entries = lines
    .slice(-mostEntries)
    .map(parseEntry)
    .filter((entry) => entry !== "")
    .reverse();
  return {
    entries,
    async add(text) {
      if (broken || text.length > longestEntry) return;
      try {
        await mkdir(stateHome, { recursive: true, mode: 0o700 });
        await appendFile(file, `${JSON.stringify(text)}\n`, { mode: 0o600 });
      } catch (error) {
        report(error);
      }
    },
  };
}

async function readLines(file: string): Promise<string[]> {
  try {
    return (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** A line that is not ours is left out. A text of several lines is offered as one. */
function parseEntry(line: string): string {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "string" ? entry.replaceAll("\n", " ") : "";
  } catch {
    return "";
  }
}

async function rewrite(file: string, lines: readonly string[]): Promise<void> {
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, `${lines.join("\n")}\n`, { mode: 0o600 });
  await rename(fresh, file);
}
