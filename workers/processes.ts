/**
 * The table of every child process of the core. Each is the head of its own group, carries this core's mark in its
 * environment, and is known to the reaper before its first command runs.
 */
import { randomBytes } from "node:crypto";
import { access, constants } from "node:fs/promises";
import { GantryError } from "../core/contract/errors.ts";
import type { SessionShells } from "../core/contract/execution.ts";
import type { HookRunners } from "../core/contract/hook-run.ts";
import { shellEnv } from "./child-env.ts";
import { endProcesses, markName } from "./descendants.ts";
import type { ExecProgram, HostProgram, SpawnFile } from "./effects/effect.ts";
import type { ProgramParts } from "./exec-program.ts";
import { type Reaper, startReaper } from "./reaper.ts";
import type { ShellSandbox, WrappedLine } from "./sandbox.ts";
import type { SandboxFinding, SandboxPolicy } from "./sandbox-messages.ts";
import { startShell } from "./shell-run.ts";
import { createShells, type StartedShell } from "./shells.ts";
import { spawnFile } from "./spawned-file.ts";
import { createThreadChildren, type ThreadChildren } from "./thread-children.ts";

export interface ProcessesOptions {
  /** The core's own environment; child-env.ts says what of it the children see. */
  env: Readonly<Record<string, string | undefined>>;
  /** Output of one run after which it is ended; 64 MiB. */
  maxOutputFileBytes?: number;
  /** The module of the sandbox's host process, absolute. Without it there is no sandbox. */
  sandboxHost?: string;
}

/** How the shell lines of a session are confined; the policy is asked for before each. */
export interface Confinement {
  /** What happens where no sandbox works: with `auto` the line runs all the same, and its result says so once. */
  mode: "auto" | "require";
  policy(): Promise<SandboxPolicy>;
}

export interface ShellsRequest {
  outputDir: string;
  /** The config's own addition. */
  env?: Readonly<Record<string, string>>;
  /** In place of `env`, asked before each line: what it adds may change meanwhile. */
  laterEnv?: () => Promise<Readonly<Record<string, string>>>;
  sandbox?: Confinement | undefined;
}

export interface Processes {
  /** The caller closes what it was given, or `close` does. */
  shells(request: ShellsRequest): SessionShells;
  /** SANDBOX_UNAVAILABLE when a trial shows that shell lines cannot be confined here. */
  requireSandbox(): Promise<void>;
  spawnFile: SpawnFile;
  /** A program of a plugin, by its arguments; it is given PATH, HOME and LANG of the core's environment, and what is asked for. */
  exec: ExecProgram;
  /** A program outside isolation, with the environment that the user's shells have. */
  host: HostProgram;
  /** One command hook; `request.env` is added to what every child is given. Never rejects. */
  runHook: HookRunners["command"];
  /** Groups of others' processes (guests) that the reaper ends when the core is killed. */
  readonly groups: { add(group: number): void; remove(group: number): void };
  /** For children that another thread of this process starts; `onReaper` hears of a new descriptor when the reaper was ended. */
  threadChildren(options: { onReaper(fd: number): void }): ThreadChildren;
  /** Ends every child and what children left behind; resolves when they are gone. */
  close(): Promise<void>;
}

/** How long after a run's end its hidden children are looked for: a search costs milliseconds, so one serves many runs. */
const searchAfterMs = 500;
/** A reaper that cannot live on this machine is not started for ever. */
const mostRenewals = 20;

interface StartRequest {
  command: string;
  cwd: string;
  env: Record<string, string>;
  outputFile(mark: string): string;
  sandbox: Confinement | undefined;
}

export function createProcesses({ env, maxOutputFileBytes, sandboxHost }: ProcessesOptions): Processes {
  const coreMark = randomBytes(8).toString("hex");
  const open = new Set<SessionShells>();
  /** Marks of runs that have not ended; every other process with the core's mark is a child left behind. */
  const running = new Set<string>();
  const hookRuns = new Set<Promise<unknown>>();
  const lent = new Set<{ renewed(): void }>();
  const closing = new AbortController();
  let lastRun = 0;
  let renewals = 0;
  let hasStarted = false;
  let reaper: Reaper | undefined;
  let shell: Promise<string> | undefined;
  let search: NodeJS.Timeout | undefined;
  let sandbox: ShellSandbox | undefined;

  const reaping = (): Reaper => {
    hasStarted = true;
    return livingReaper();
  };
  const livingReaper = (): Reaper => {
    if (!reaper?.alive) reaper = startReaper(coreMark, env["PATH"] ?? "/usr/bin:/bin", renewReaper);
    return reaper;
  };
  /** Whoever starts children elsewhere goes on doing so: there must be no moment without a reaper. */
  const renewReaper = (): void => {
    if (!closing.signal.aborted && ++renewals < mostRenewals) for (const children of lent) children.renewed();
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

  async function confining(): Promise<ShellSandbox> {
    const mark = `${coreMark}-sandbox`;
    if (sandboxHost === undefined) throw new GantryError("SANDBOX_UNAVAILABLE", "This build has no sandbox.");
    running.add(mark);
    shell ??= findShell();
    const path = await shell;
    const { createSandbox } = await import("./sandbox.ts");
    if (closing.signal.aborted) throw new GantryError("TOOL_INTERRUPTED", "Gantry is closing; no command was started.");
    sandbox ??= createSandbox({ env: hostEnv(env), filename: sandboxHost, shell: path, mark });
    // Started with it: what the host process leaves behind when all is killed, the reaper ends.
    reaping();
    return sandbox;
  }

  /** Nothing to wrap with for a line that runs unconfined, which the notes then say. */
  async function confine(confinement: Confinement, path: string): Promise<{ wrapped?: WrappedLine; notes: string[] }> {
    const sandbox = await confining();
    const finding = await sandbox.finding();
    if (!finding.works && confinement.mode === "auto") return { notes: [unconfinedNote(finding)] };
    return { wrapped: await sandbox.wrap(path, await confinement.policy()), notes: [] };
  }

  async function start(options: StartRequest): Promise<StartedShell> {
    shell ??= findShell();
    const path = await shell;
    const mark = `${coreMark}-${++lastRun}`;
    const { command, cwd, outputFile } = options;
    running.add(mark);
    let wrapped: WrappedLine | undefined;
    try {
      const confined = options.sandbox && (await confine(options.sandbox, path));
      wrapped = confined?.wrapped;
      const run = await startShell({
        ...{ shell: path, command, cwd, mark, reaper: reaping(), outputFile: outputFile(mark), inside: wrapped?.line },
        env: { ...options.env, SHELL: path },
      });
      void run.exited.then(() => {
        running.delete(mark);
        wrapped?.ended();
      });
      return { run, notes: confined?.notes ?? [] };
    } catch (error) {
      running.delete(mark);
      wrapped?.ended();
      throw error;
    }
  }

  /** Runs `work` with a mark of its own, known as running until the program has ended. */
  async function marked<T>(work: (parts: ProgramParts) => Promise<T>, ended: (started: T) => Promise<unknown>): Promise<T> {
    if (closing.signal.aborted) throw new GantryError("TOOL_INTERRUPTED", "Gantry is closing; no program was started.");
    const mark = `${coreMark}-${++lastRun}`;
    const over = (): void => {
      running.delete(mark);
      searchSoon();
    };
    running.add(mark);
    try {
      const started = await work({ env: { [markName]: mark }, reaper: reaping() });
      void ended(started).then(over, over);
      return started;
    } catch (error) {
      over();
      throw error;
    }
  }

  return {
    groups: { add: (group) => reaping().add(group), remove: (group) => reaper?.remove(group) },
    threadChildren({ onReaper }) {
      const mark = `${coreMark}-${++lastRun}`;
      running.add(mark);
      const onEnded = ({ hadAny }: { hadAny: boolean }): void => {
        if (hadAny) hasStarted = true;
        running.delete(mark);
        lent.delete(children);
      };
      const children = createThreadChildren({ mark, reaper: livingReaper, onReaper, onEnded });
      lent.add(children);
      return children;
    },
    async exec(argv, request) {
      const { execProgram } = await import("./exec-program.ts");
      const signal = AbortSignal.any([request.signal, closing.signal]);
      const run = ({ env: mark, reaper }: ProgramParts) =>
        execProgram(argv, { ...request, signal }, { env: { ...plainEnv(env), ...mark }, reaper });
      return marked(run, async () => undefined);
    },
    async host(argv, request) {
      const { hostProgram } = await import("./exec-program.ts");
      const signal = AbortSignal.any([request.signal, closing.signal]);
      const run = ({ env: mark, reaper }: ProgramParts) =>
        hostProgram(argv, { ...request, signal }, { env: { ...shellEnv(env, {}), ...mark }, reaper });
      return marked(run, (child) => child.ended);
    },
    shells({ outputDir, env: extra = {}, laterEnv, sandbox }) {
      const limit = maxOutputFileBytes === undefined ? {} : { maxOutputBytes: maxOutputFileBytes };
      const shells = createShells({
        ...{ outputDir, env: shellEnv(env, extra), onEnded: searchSoon, ...limit },
        start: async (options) =>
          await start({ ...options, ...(laterEnv ? { env: shellEnv(env, await laterEnv()) } : {}), sandbox }),
      });
      open.add(shells);
      return { ...shells, close: () => shells.close().finally(() => open.delete(shells)) };
    },
    async runHook(request, { signal }) {
      const { runHookProcess } = await import("./hook-process.ts");
      const mark = `${coreMark}-${++lastRun}`;
      running.add(mark);
      const either = AbortSignal.any([signal, closing.signal]);
      const parts = { env: shellEnv(env, {}), mark, reaper: reaping() };
      const run = runHookProcess(request, { signal: either }, parts).finally(() => {
        running.delete(mark);
        hookRuns.delete(run);
        searchSoon();
      });
      hookRuns.add(run);
      return run;
    },
    async requireSandbox() {
      await (await confining()).require();
    },
    spawnFile: (file, args, options) => spawnFile(file, args, options, { env: shellEnv(env, {}), reaper: reaping() }),
    async close() {
      clearTimeout(search);
      closing.abort();
      await Promise.all([...[...open].map((shells) => shells.close()), ...hookRuns]);
      await sandbox?.close();
      running.clear();
      // A search looks at every process of the machine.
      if (hasStarted || lent.size > 0) await endHidden();
      reaper?.dismiss();
    },
  };
}

/** What the sandbox's host process gets: the proxies and PATH of the user, and nothing that changes how Node runs. */
export function hostEnv(env: ProcessesOptions["env"]): Record<string, string> {
  const left = Object.entries(shellEnv(env, {})).filter(([name]) => name !== "NODE_OPTIONS" && name !== markName);
  return Object.fromEntries(left);
}

function unconfinedNote({ problem = "", advice = "" }: SandboxFinding): string {
  return `No sandbox works on this machine (${problem}), so shell lines run with the user's own authority: files outside the workspace, secrets and the network are not closed to them. ${advice}`.trim();
}

/** All that a program of a plugin is given of the core's environment. */
function plainEnv(env: ProcessesOptions["env"]): Record<string, string> {
  const kept = ["PATH", "HOME", "LANG"].map((name) => [name, env[name]] as const);
  return Object.fromEntries(kept.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

/** What Bash calls run with, whatever the user's own shell is. */
export async function findShell(): Promise<string> {
  return access("/bin/bash", constants.X_OK).then(
    () => "/bin/bash",
    () => "/bin/sh",
  );
}
