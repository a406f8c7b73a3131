/**
 * The table of every child process of the core. Each is the head of its own group, carries this core's mark in its
 * environment, and is known to the reaper before its first command runs.
 */
import { randomBytes } from "node:crypto";
import { access, constants } from "node:fs/promises";
import type { SessionShells } from "../core/contract/execution.ts";
import { shellEnv } from "./child-env.ts";
import { endProcesses } from "./descendants.ts";
import type { SpawnFile } from "./effects/effect.ts";
import { type Reaper, startReaper } from "./reaper.ts";
import { type ShellRun, startShell } from "./shell-run.ts";
import { createShells } from "./shells.ts";
import { spawnFile } from "./spawned-file.ts";

export interface ProcessesOptions {
  /** The core's own environment; child-env.ts says what of it the children see. */
  env: Readonly<Record<string, string | undefined>>;
  /** Output of one run after which it is ended; 64 MiB. */
  maxOutputFileBytes?: number;
}

export interface Processes {
  /** `env` is the config's own addition. The caller closes what it was given, or `close` does. */
  shells(options: { outputDir: string; env?: Readonly<Record<string, string>> }): SessionShells;
  spawnFile: SpawnFile;
  /** Ends every child and what children left behind; resolves when they are gone. */
  close(): Promise<void>;
}

/** How long after a run's end its hidden children are looked for: a search costs milliseconds, so one serves many runs. */
const searchAfterMs = 500;

export function createProcesses({ env, maxOutputFileBytes }: ProcessesOptions): Processes {
  const coreMark = randomBytes(8).toString("hex");
  const open = new Set<SessionShells>();
  /** Marks of runs that have not ended; every other process with the core's mark is a child left behind. */
  const running = new Set<string>();
  let lastRun = 0;
  let reaper: Reaper | undefined;
  let shell: Promise<string> | undefined;
  let search: NodeJS.Timeout | undefined;

  const reaping = (): Reaper => {
    if (!reaper?.alive) reaper = startReaper(coreMark, env["PATH"] ?? "/usr/bin:/bin");
    return reaper;
  };
  const endHidden = () =>
    endProcesses({ groups: [], hasMark: (mark) => mark.startsWith(`${coreMark}-`) && !running.has(mark) }, searchAfterMs);

  function searchSoon(): void {
    // A search that fails is made again after the next run, and at the end by close or the reaper.
    search ??= setTimeout(() => {
      search = undefined;
      endHidden().catch(() => undefined);
    }, searchAfterMs).unref();
  }

  async function start(options: {
    command: string;
    cwd: string;
    env: Record<string, string>;
    outputFile(mark: string): string;
  }): Promise<ShellRun> {
    shell ??= findShell();
    const path = await shell;
    const mark = `${coreMark}-${++lastRun}`;
    const { command, cwd, outputFile } = options;
    running.add(mark);
    try {
      const run = await startShell({
        ...{ shell: path, command, cwd, mark, reaper: reaping(), outputFile: outputFile(mark) },
        env: { ...options.env, SHELL: path },
      });
      void run.exited.then(() => running.delete(mark));
      return run;
    } catch (error) {
      running.delete(mark);
      throw error;
    }
  }

  return {
    shells({ outputDir, env: extra = {} }) {
      const limit = maxOutputFileBytes === undefined ? {} : { maxOutputBytes: maxOutputFileBytes };
      const shells = createShells({ outputDir, env: shellEnv(env, extra), start, onEnded: searchSoon, ...limit });
      open.add(shells);
      return { ...shells, close: () => shells.close().finally(() => open.delete(shells)) };
    },
    spawnFile: (file, args, options) => spawnFile(file, args, options, { env: shellEnv(env, {}), reaper: reaping() }),
    async close() {
      clearTimeout(search);
      await Promise.all([...open].map((shells) => shells.close()));
      if (reaper) await endHidden();
      reaper?.dismiss();
    },
  };
}

/** What Bash calls run with, whatever the user's own shell is. */
export async function findShell(): Promise<string> {
  return access("/bin/bash", constants.X_OK).then(
    () => "/bin/bash",
    () => "/bin/sh",
  );
}
