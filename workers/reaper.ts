/**
 * A small shell process that outlives the core by moments: at the end of its input, which kill -9 of the core causes too,
 * it ends the groups registered with it, every process that carries the core's mark and all that were given a run's output
 * file. Each shell registers itself, as its
 * first act, through a copy of the reaper's input that it then closes: there is no moment in which a child is unknown.
 */
import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import { markName, outputDescriptors } from "./descendants.ts";

export interface Reaper {
  /** Given to a child as the descriptor that `registerLine` writes to. */
  readonly input: Socket;
  /** The number of that descriptor, for children of another thread of this process; undefined where it cannot be told. */
  readonly fd: number | undefined;
  readonly alive: boolean;
  /** Registers a group that cannot do so itself. */
  add(group: number): void;
  /** The group has ended; its number may come to mean another. */
  remove(group: number): void;
  /** Ends the reaper without a search; for a core that has ended its children itself. */
  dismiss(): void;
}

/**
 * Lines of its input: `+ GROUP`, `- GROUP`, `q`. A group is a number above 1: children write here, and -1 is every process of the
 * user, 0 the reaper's own group. The rounds bound the search against a child that keeps forking.
 */
const script = `
trap '' HUP INT TERM PIPE
groups=' '
while read -r sign group; do
  case $sign in
    +) case $group in ''|*[!0-9]*|0*|1) ;; *) groups="$groups$group " ;; esac ;;
    -) case $groups in *" $group "*) groups="\${groups%%" $group "*} \${groups#*" $group "}" ;; esac ;;
    q) exit 0 ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  found=$(grep -l "$1" /proc/[0-9]*/environ; ls -l $2 | sed -n "s|^lrwx.* \\(/proc/[0-9]*/\\)fd/[0-9]* -> .*/$3.*|\\1|p")
  [ -n "$found" ] || exit 0
  for path in $found; do path=\${path#/proc/}; kill -s KILL "\${path%%/*}"; done
  sleep 0.05 || sleep 1
done
`;

/** The line by which a shell registers its own group; `fd` is where the reaper's input was put. */
export function registerLine(fd: number): string {
  return `printf '+ %s\\n' "$$" >&${fd}; exec ${fd}>&-`;
}

/** A pattern for the shell. */
const outputLinks = outputDescriptors.map((fd) => `/proc/[0-9]*/fd/${fd}`).join(" ");

/** Node closes a child's input when the child has ended; the number must not come to mean another file that soon. */
const keepNumberMs = 5_000;

/** `onGone`: it was ended from outside. */
export function startReaper(coreMark: string, path: string, onGone: () => void = () => undefined): Reaper {
  const args = ["-c", script, "gantry-reaper", `${markName}=${coreMark}-`, outputLinks, `bash-${coreMark}-`];
  const options = { detached: true, cwd: "/", env: { PATH: path } };
  const child = spawn("/bin/sh", args, { ...options, stdio: ["pipe", "ignore", "ignore"] });
  const input = child.stdin as Socket;
  // Ours from here on: a thread that has not heard of the reaper's end would have its child write into whatever file is next.
  (child as { stdin: unknown }).stdin = null;
  let alive = true;
  let dismissed = false;
  const gone = (): void => {
    if (!alive) return;
    alive = false;
    setTimeout(() => input.destroy(), keepNumberMs).unref();
    if (!dismissed) onGone();
  };
  child.on("exit", gone).on("error", gone);
  // Writing to a reaper that was killed: `alive` is false soon, and the next run starts another.
  input.on("error", gone);
  child.unref();
  input.unref();
  const tell = (line: string): void => {
    if (alive) input.write(line);
  };
  return {
    input,
    fd: numberOf(input),
    get alive() {
      return alive;
    },
    add: (group) => tell(`+ ${group}\n`),
    remove: (group) => tell(`- ${group}\n`),
    dismiss: () => {
      dismissed = true;
      if (alive) input.end("q\n");
    },
  };
}

function numberOf(input: Socket): number | undefined {
  const { fd = -1 } = (input as Socket & { _handle?: { fd?: number } })._handle ?? {};
  return fd > 2 ? fd : undefined;
}
