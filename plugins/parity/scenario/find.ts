/** Which scenario files are meant: by paths of files and folders, or by names or beginnings of names of the shipped ones. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { GantryError, messageOf } from "gantry/errors";
import { didYouMean } from "../../../core/contract/nearest.ts";
import { scenarioSuffix } from "./format.ts";
import { walkFiles } from "./walk.ts";
import { counted } from "./words.ts";

const mostFiles = 1_000;
const mostEntries = 100_000;

/** Files without repetition, in the order of their names. SCENARIO_UNKNOWN with everything that is nothing. */
export async function findScenarios(
  wanted: readonly string[],
  { shipped, cwd }: { shipped: string; cwd: string },
): Promise<string[]> {
  if (wanted.includes("")) throw new GantryError("USAGE_INVALID", "SCENARIO is empty; name a scenario, a file or a folder");
  const own = await filesIn(shipped, shipped).catch(() => []);
  if (wanted.length === 0) return own;
  const found = await Promise.all(wanted.map(async (word) => await filesOf(word, { own, cwd })));
  const problems = found.flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) throw new GantryError("SCENARIO_UNKNOWN", problems.join("\n"));
  const files = [...new Set(found.flatMap((each) => each.files))];
  if (files.length > mostFiles)
    throw new GantryError("SCENARIO_UNKNOWN", `${files.length} scenarios are more than ${mostFiles}`);
  return files.sort(byName);
}

/** The file's name without its ending. */
export function nameOf(file: string): string {
  return path.basename(file).replace(/\.scenario\.ya?ml$|\.(?:ya?ml|json)$/, "");
}

interface Found {
  files: string[];
  problem?: string;
}

/** What lies here is what is meant: a folder of one's own is not passed over for names that begin as it does. */
async function filesOf(word: string, { own, cwd }: { own: readonly string[]; cwd: string }): Promise<Found> {
  const place = path.resolve(cwd, word);
  const stats = await stat(place).catch(() => undefined);
  const shipped = isPath(word) ? [] : shippedBy(word, own);
  if (stats === undefined)
    return shipped.length > 0 ? { files: [...shipped] } : { files: [], problem: unknownWords(word, own) };
  const other =
    shipped.length === 0 ? "" : `, and ${counted(shipped.length, "scenario")} that ship begin so: ${firstOf(shipped)}`;
  if (stats.isDirectory()) {
    const files = await filesIn(place, word);
    return files.length > 0
      ? { files }
      : { files, problem: `${word} is a folder here without any *${scenarioSuffix}${other}.` };
  }
  if (stats.isFile() && word.endsWith(scenarioSuffix)) return { files: [place] };
  const why = stats.isFile() ? `a file here, and a scenario's file ends with ${scenarioSuffix}` : "no regular file";
  return { files: [], problem: `${word} is ${why}${other}.` };
}

function shippedBy(word: string, own: readonly string[]): readonly string[] {
  const exact = own.filter((file) => nameOf(file) === word);
  return exact.length > 0 ? exact : own.filter((file) => nameOf(file).startsWith(word));
}

/** Below a folder, at any depth but in `node_modules` and hidden folders; no link is followed or taken. */
async function filesIn(folder: string, word: string): Promise<string[]> {
  const bounds = { mostFiles, mostEntries, skips: (name: string) => name === "node_modules" || name.startsWith(".") };
  const { files, isCut } = await walkFiles(folder, { ending: scenarioSuffix, ...bounds }).catch((cause: unknown) => {
    throw new GantryError("SCENARIO_UNKNOWN", `the folder ${word} cannot be read: ${messageOf(cause)}`, { cause });
  });
  if (!isCut) return files.sort(byName);
  const words = `${word} holds more than ${mostFiles} scenarios, or more than ${mostEntries} files and folders`;
  throw new GantryError("SCENARIO_UNKNOWN", `${words}; name a smaller folder`);
}

function isPath(word: string): boolean {
  return /[\\/]/.test(word) || /\.(?:ya?ml|json)$/.test(word) || word === "." || word === "..";
}

function unknownWords(word: string, own: readonly string[]): string {
  if (isPath(word)) return `${word} is no scenario file, and no folder with any *${scenarioSuffix} in it.`;
  return `There is no scenario ${word}, and none that begins so.${didYouMean(word, own.map(nameOf))}`;
}

function firstOf(files: readonly string[]): string {
  const names = files.slice(0, 3).map(nameOf);
  return files.length > names.length ? `${names.join(", ")}, …` : names.join(", ");
}

function byName(a: string, b: string): number {
  return compare(nameOf(a), nameOf(b)) || compare(a, b);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
