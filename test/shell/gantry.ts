/** The built command in real processes: with pipes, and on a real pseudo-terminal. */
import { spawn } from "node:child_process";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawn as spawnOnTerminal } from "@lydell/node-pty";
import { onTestFinished } from "vitest";
import type { Json } from "../../core/contract/messages.ts";

const launcher = fileURLToPath(new URL("../../bin/gantry.cjs", import.meta.url));

export interface Place {
  workspace: string;
  home: string;
  env: Record<string, string>;
  /** Writes a script and returns the model name that plays it. */
  script(steps: readonly Json[]): Promise<string>;
}

/** An empty workspace and an empty home, gone after the test. */
export async function makePlace(): Promise<Place> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "gantry-shell-")));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const [workspace, home] = [join(root, "workspace"), join(root, "home")];
  const { mkdir } = await import("node:fs/promises");
  await Promise.all([mkdir(join(workspace, ".git"), { recursive: true }), mkdir(home)]);
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    GANTRY_HOME: join(home, "gantry"),
    SHELL: "/bin/sh",
    LANG: "C.UTF-8",
  };
  return {
    workspace,
    home,
    env,
    async script(steps) {
      const file = join(root, "script.json");
      await writeFile(file, JSON.stringify({ steps }));
      return `scripted/${file}`;
    },
  };
}

export interface Ended {
  exit: number | null;
  stdout: string;
  stderr: string;
}

export interface GantryOptions {
  env?: Record<string, string>;
  /** What stdin brings; absent: stdin is /dev/null. */
  input?: string;
  /** Told of all of stdout so far; may send signals. */
  onOutput?: (text: string, child: ReturnType<typeof spawn>) => void;
}

export function gantry(place: Place, args: readonly string[], options: GantryOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: place.workspace,
    env: { ...place.env, ...options.env },
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    options.onOutput?.(stdout, child);
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  if (options.input !== undefined) child.stdin?.end(options.input);
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (exit) => resolve({ exit, stdout, stderr }));
  });
}

export interface OnTerminal {
  /** Resolves when `text` has been shown since the last wait; with all that was shown. */
  shows(text: string): Promise<string>;
  types(keys: string): void;
  ended: Promise<number>;
  /** Everything shown, colours removed. */
  screen(): string;
  raw(): string;
}

export function gantryOnTerminal(
  place: Pick<Place, "workspace" | "env">,
  args: readonly string[],
  options: { columns?: number; env?: Record<string, string>; launcher?: string } = {},
): OnTerminal {
  const terminal = spawnOnTerminal(process.execPath, [options.launcher ?? launcher, ...args], {
    name: "xterm-256color",
    cols: options.columns ?? 100,
    rows: 30,
    cwd: place.workspace,
    env: { ...place.env, TERM: "xterm-256color", ...options.env },
  });
  let output = "";
  let seen = 0;
  let isOver = false;
  const waiting = new Set<() => void>();
  terminal.onData((data) => {
    output += data;
    for (const check of [...waiting]) check();
  });
  const ended = new Promise<number>((resolve) =>
    terminal.onExit(({ exitCode }) => {
      isOver = true;
      for (const check of [...waiting]) check();
      resolve(exitCode);
    }),
  );
  onTestFinished(() => {
    if (!isOver) terminal.kill("SIGKILL");
  });
  return {
    ended,
    raw: () => output,
    screen: () => plain(output),
    types: (keys) => terminal.write(keys),
    shows(text) {
      return new Promise((resolve, reject) => {
        const check = (): void => {
          const shown = plain(output);
          const at = shown.indexOf(text, seen);
          if (at === -1 && !isOver) return;
          waiting.delete(check);
          if (at === -1) {
            reject(new Error(`the terminal never showed ${JSON.stringify(text)}:\n${shown.slice(seen)}`));
            return;
          }
          seen = at + text.length;
          resolve(shown);
        };
        waiting.add(check);
        check();
      });
    },
  };
}

function plain(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
}
