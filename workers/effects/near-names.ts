/** The end of a FILE_NOT_FOUND message: names near the missing one, or the part of the path that does exist. */
import { opendirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { editDistance } from "../../core/contract/nearest.ts";
import { confine, hiddenIn } from "../../core/permission/files/confined-path.ts";
import type { EffectEnv } from "./effect.ts";

const mostNames = 3;
/** A folder of more entries is not searched to its end: the advice is a courtesy. */
const mostEntries = 10_000;

/** ``; did you mean a, b?``, or what of the path is missing. Shows no name of a folder that the call may not list. */
export async function nearNames(real: string, env: EffectEnv): Promise<string> {
  // To a guest its grant to read a file says nothing of the names beside it.
  if (env.granted !== undefined) return "";
  const folder = dirname(real);
  try {
    await confine(folder, { cwd: env.cwd, home: env.home, reach: env.reach, intent: "search" });
  } catch {
    return "";
  }
  const names = await namesIn(folder, env);
  if (names === undefined) return `; its folder ${folder} does not exist either (relative paths start at ${env.cwd})`;
  const near = nearest(basename(real), names);
  if (near.length > 0) return `; near names in ${folder}: ${near.join(", ")}`;
  return ` (relative paths start at ${env.cwd})`;
}

async function namesIn(folder: string, env: EffectEnv): Promise<string[] | undefined> {
  const isHidden = await hiddenIn(env.reach);
  try {
    const entries = opendirSync(folder);
    try {
      const names: string[] = [];
      for (let entry = entries.readSync(); entry !== null && names.length < mostEntries; entry = entries.readSync()) {
        if (!isHidden(`${folder}/${entry.name}`)) names.push(entry.name);
      }
      return names;
    } finally {
      entries.closeSync();
    }
  } catch {
    return undefined;
  }
}

/** The names that a slip of the hand may have meant, nearest first. */
export function nearest(wanted: string, names: readonly string[]): string[] {
  const lower = wanted.toLowerCase();
  const stem = stemOf(lower);
  const most = Math.max(2, Math.floor(lower.length / 3));
  return names
    .map((name) => ({ name, distance: distanceOf(lower, name.toLowerCase(), stem, most) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, mostNames)
    .map(({ name }) => name);
}

function distanceOf(wanted: string, name: string, stem: string, most: number): number {
  // Another ending (.js for .ts) is the commonest slip, and is worth more than its letters.
  if (stem.length > 0 && stemOf(name) === stem) return name === wanted ? 0 : 1;
  return Math.abs(wanted.length - name.length) > most ? most + 1 : editDistance(wanted, name);
}

function stemOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}
