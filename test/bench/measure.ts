/** One whole process, measured from outside: wall clock, CPU of the tree, peak memory of the tree. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface Measured {
  wallMs: number;
  /** User and system time of the process and all children it waited for. */
  cpuMs: number;
  /** Sum of the peaks of all processes of the tree; 0 when not asked for. */
  peakMiB: number;
  startedAt: number;
}

/** Throws with the process's stderr when it does not exit with 0. */
export async function measure(
  command: readonly string[],
  options: { cwd: string; env: Record<string, string>; memory: boolean },
): Promise<Measured> {
  const { cwd, env, memory } = options;
  // bash's own clock of its children has milliseconds; it is the only portable way to the CPU time of a whole tree.
  const args = memory
    ? command.slice(1)
    : ["-c", '"$@" >/dev/null 2>/dev/null </dev/null; code=$?; times; exit $code', "bash", ...command];
  const startedAt = performance.timeOrigin + performance.now();
  const child = spawn(memory ? (command[0] ?? "") : "/bin/bash", args, {
    cwd,
    env,
    stdio: ["ignore", memory ? "ignore" : "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  const peaks = new Map<string, number>();
  const sampler = memory ? setInterval(() => samplePeaks(String(child.pid), peaks), 3) : undefined;
  const exit = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const wallMs = performance.timeOrigin + performance.now() - startedAt;
  clearInterval(sampler);
  if (exit !== 0) throw new Error(`${command.join(" ")} exited with ${exit}: ${errors}${output}`);
  const peakKiB = [...peaks.values()].reduce((sum, one) => sum + one, 0);
  return { wallMs, cpuMs: cpuOf(output), peakMiB: peakKiB / 1024, startedAt };
}

/** The second line of `times`: user and system time of the shell's children. */
function cpuOf(output: string): number {
  const last = output.trim().split("\n").at(-1) ?? "";
  return [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1_000,
    0,
  );
}

function samplePeaks(root: string, peaks: Map<string, number>): void {
  for (const pid of treeOf(root)) {
    try {
      const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      if (peak !== undefined) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, Number(peak)));
    } catch {
      // The process ended between the listing and the look.
    }
  }
}

function treeOf(pid: string): string[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean),
    );
    return [pid, ...children.flatMap(treeOf)];
  } catch {
    return [pid];
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
