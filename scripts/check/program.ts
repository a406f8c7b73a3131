import { execFile } from "node:child_process";
import { join } from "node:path";

/** A check that is a Node program of its own: any exit code but 0 is a problem, and its output says which. */
export function program(script: string, args: readonly string[]): (root: string) => Promise<string[]> {
  return async (root) => {
    const { exitCode, output } = await runNode([join(root, script), ...args], root);
    return exitCode === 0 ? [] : [output.trim() || `${script} ended with exit code ${exitCode}`];
  };
}

/** Runs this Node.js with `args` in `cwd`. `exitCode` is undefined when a signal ended it. */
export function runNode(
  args: readonly string[],
  cwd: string,
): Promise<{ exitCode: number | undefined; stdout: string; output: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error && typeof error.code === "string") reject(error);
      else resolve({ exitCode: child.exitCode ?? undefined, stdout, output: stdout + stderr });
    });
  });
}
