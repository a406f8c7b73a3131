/**
 * What ends a child when this process is gone without a word, as by SIGKILL: a shell beside it that reads from us. Its input ends
 * when we do, however that came about; it asks the child to end, and after the grace ends its whole group for certain.
 */
import { type ChildProcess, spawn } from "node:child_process";

/** From the polite signal to the certain one, as where we end a child ourselves. */
const usualGraceMs = 5_000;

/** `$1` is the child, `$2` the grace in tenths of a second. Reading fails at the end of the input; nothing is ever written to it. */
const script = `while read -r _; do :; done
kill -TERM "$1" 2>/dev/null
left="$2"
while [ "$left" -gt 0 ] && kill -0 "$1" 2>/dev/null; do sleep 0.1; left=$((left - 1)); done
kill -KILL "-$1" 2>/dev/null`;

export interface ChildGuard {
  /** The child has ended and its group with it: resolves when the guard is gone too. */
  dismiss(): Promise<void>;
}

/** Of a child that leads its own group (`detached`). One that did not start needs none. */
export function guardChild({ pid }: ChildProcess, graceMs = usualGraceMs): ChildGuard {
  if (pid === undefined) return { dismiss: async () => undefined };
  const guard = spawn("/bin/sh", ["-c", script, "gantry-guard", String(pid), String(Math.ceil(graceMs / 100))], {
    ...{ cwd: "/", env: { PATH: "/usr/bin:/bin" }, stdio: ["pipe", "ignore", "ignore"] },
    // A Ctrl-C on the terminal is not for it.
    detached: true,
  });
  const gone = new Promise<void>((resolve) => {
    guard.once("exit", () => resolve());
    guard.once("error", () => resolve());
  });
  guard.stdin?.on("error", () => undefined);
  return {
    dismiss: async () => {
      guard.kill("SIGKILL");
      await gone;
    },
  };
}
