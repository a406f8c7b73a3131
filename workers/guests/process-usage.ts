/** Memory and CPU of a process and its descendants, as the kernel counts them. Linux; elsewhere there is nothing to read. */
import { readFile } from "node:fs/promises";

export interface Usage {
  rssMiB: number;
  cpuSeconds: number;
}

/** Of the kernel's interface, the same on every machine. */
const ticksPerSecond = 100;
const maxProcesses = 16;

/** The process and all below it, outermost first. A guest starts none itself: what stands here after hello is all there is. */
export async function processTree(pid: number): Promise<number[]> {
  const tree = [pid];
  for (const one of tree) {
    if (tree.length >= maxProcesses) break;
    const children = await readFile(`/proc/${one}/task/${one}/children`, "utf8").catch(() => "");
    tree.push(...children.split(" ").filter(Boolean).map(Number));
  }
  return tree;
}

/** Undefined when none of them can be read. */
export async function usageOf(pids: readonly number[]): Promise<Usage | undefined> {
  const all = (await Promise.all(pids.map(readUsage))).filter((usage) => usage !== undefined);
  if (all.length === 0) return undefined;
  return {
    rssMiB: all.reduce((sum, { rssMiB }) => sum + rssMiB, 0),
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  };
}

async function readUsage(pid: number): Promise<Usage | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "latin1"),
      readFile(`/proc/${pid}/status`, "latin1"),
    ]);
    // Behind the name, which may hold spaces and brackets: the state, then the rest; 14 and 15 are its times.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    const [, kibibytes = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    return { rssMiB: Number(kibibytes) / 1_024, cpuSeconds: ticks / ticksPerSecond };
  } catch {
    return undefined;
  }
}
