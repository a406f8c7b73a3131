/** When a process started, in the kernel's own count: with it a pid that was given to another process is told apart. */
import { readText } from "./disk.ts";

/** `running`, and the start where the system shows it (Linux). A process that ended and is only waited for is not running. */
export async function findProcess(pid: number): Promise<{ started?: string } | undefined> {
  if (process.platform === "linux") return await findInProc(pid);
  return answersSignals(pid) ? {} : undefined;
}

async function findInProc(pid: number): Promise<{ started?: string } | undefined> {
  let stat: string;
  try {
    stat = await readText(`/proc/${pid}/stat`);
  } catch {
    // Hidden from us (hidepid) or gone; a signal tells which.
    return answersSignals(pid) ? {} : undefined;
  }
  // proc(5): the name in brackets may hold anything; the state is the first field after it, the start time the twentieth.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const started = fields[19];
  if (state === "Z" || state === "X") return undefined;
  return started === undefined ? {} : { started };
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return typeof error === "object" && error !== null && "code" in error && error.code === "EPERM";
  }
}
