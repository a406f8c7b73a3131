/** Which scenario files are meant: by names or beginnings of names of the shipped ones, or by paths of files and folders. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { GantryError } from "gantry/errors";
import { didYouMean } from "../../../core/contract/nearest.ts";
import { scenarioSuffix } from "./format.ts";

const mostFiles = 1_000;

/** Files without repetition, in the order of their names. SCENARIO_UNKNOWN with everything that is nothing. */
export async function findScenarios(
  wanted: readonly string[],
  { shipped, cwd }: { shipped: string; cwd: string },
): Promise<string[]> {
  const own = await filesIn(shipped);
  if (wanted.length === 0) return own;
  const found = await Promise.all(wanted.map(async (word) => ({ word, files: await filesOf(word, { own, cwd }) })));
  const unknown = found.filter(({ files }) => files.length === 0).map(({ word }) => word);
  if (unknown.length > 0) throw new GantryError("SCENARIO_UNKNOWN", unknown.map((word) => unknownWords(word, own)).join("\n"));
  const files = [...new Set(found.flatMap((each) => each.files))];
  if (files.length > mostFiles)
    throw new GantryError("SCENARIO_UNKNOWN", `${files.length} scenarios are more than ${mostFiles}`);
  return files.sort((a, b) => compare(nameOf(a), nameOf(b)) || compare(a, b));
}

/** The file's name without its ending. */
export function nameOf(file: string): string {
  return path.basename(file).replace(/\.scenario\.ya?ml$|\.(?:ya?ml|json)$/, "");
}

async function filesOf(word: string, { own, cwd }: { own: readonly string[]; cwd: string }): Promise<string[]> {
  const exact = own.filter((file) => nameOf(file) === word);
  if (exact.length > 0) return exact;
  if (!isPath(word)) {
    const begun = own.filter((file) => nameOf(file).startsWith(word));
    if (begun.length > 0) return begun;
  }
  const place = path.resolve(cwd, word);
  const stats = await stat(place).catch(() => undefined);
  if (stats?.isDirectory()) return await filesIn(place);
  return stats === undefined ? [] : [place];
}

/** Below a folder, at any depth but in `node_modules` and hidden folders. */
async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  return names
    .filter((name) => name.endsWith(scenarioSuffix) && !/(^|[\\/])(?:node_modules|\.[^\\/]*)[\\/]/.test(name))
    .map((name) => path.join(folder, name))
    .sort((a, b) => compare(nameOf(a), nameOf(b)) || compare(a, b));
}

function isPath(word: string): boolean {
  return /[\\/]/.test(word) || /\.(?:ya?ml|json)$/.test(word) || word === "." || word === "..";
}

function unknownWords(word: string, own: readonly string[]): string {
  if (isPath(word)) return `${word} is no scenario file, and no folder with any *${scenarioSuffix} in it.`;
  return `There is no scenario ${word}, and none that begins so.${didYouMean(word, own.map(nameOf))}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
