/** Processes below a process, told from later ones of the same id by when they started. Linux. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, symlink } from "node:fs/promises";
import path from "node:path";

export interface Descendant {
  pid: number;
  line: string;
  /** Ticks since the machine started. */
  startedAt: string;
}

/** Living ones, wherever they stand below; no zombies. */
export function descendantsOf(pid: number): Descendant[] {
  const children = new Map<number, Descendant[]>();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    const facts = factsOf(Number(name));
    if (facts !== undefined) children.set(facts.parent, [...(children.get(facts.parent) ?? []), facts.process]);
  }
  const found: Descendant[] = [];
  for (const queue = [pid]; queue.length > 0; ) {
    const next = children.get(queue.pop() ?? 0) ?? [];
    found.push(...next);
    queue.push(...next.map((each) => each.pid));
  }
  return found;
}

export function isAlive({ pid, startedAt }: Descendant): boolean {
  return factsOf(pid)?.process.startedAt === startedAt;
}

function factsOf(pid: number): { parent: number; process: Descendant } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const line = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
    // Behind the name, which may hold spaces and brackets: the state, the parent, …; 20 is the start.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return { parent: Number(fields[1]), process: { pid, line, startedAt: fields[19] ?? "" } };
  } catch {
    return undefined;
  }
}

/** A folder for PATH with all that the usual ones have, but these. */
export async function pathWithout(folder: string, ...names: string[]): Promise<string> {
  await mkdir(folder);
  for (const bin of ["/usr/bin", "/bin", "/usr/local/bin", path.dirname(process.execPath)]) {
    for (const name of await readdir(bin).catch(() => [])) {
      if (!names.includes(name)) await symlink(path.join(bin, name), path.join(folder, name)).catch(() => undefined);
    }
  }
  return folder;
}
