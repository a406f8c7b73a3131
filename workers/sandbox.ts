/**
 * The OS sandbox of shell lines, as the rest of Gantry sees it. What holds it is a process of its own (sandbox-host.ts),
 * started when it is first needed; whether it works is tried out for real then, once. Fails closed: a line that cannot be
 * wrapped is not run, unless the sandbox was found not to work and may be done without.
 */
import { type ChildProcess, fork } from "node:child_process";
import { GantryError, messageOf } from "../core/contract/errors.ts";
import type { Answered, HostAnswer, HostQuestion, SandboxFinding, SandboxPolicy, SandboxTool } from "./sandbox-messages.ts";
import { adviceFor, findTools, missingTools, withVersions } from "./sandbox-tools.ts";

export interface ShellSandbox {
  /** What was tried out; the first time it is tried. Never throws. */
  finding(): Promise<SandboxFinding>;
  /** SANDBOX_UNAVAILABLE when the trial showed that it does not work. */
  require(): Promise<void>;
  /** SANDBOX_UNAVAILABLE. The caller says when the line has ended. */
  wrap(shell: string, policy: SandboxPolicy): Promise<WrappedLine>;
  close(): Promise<void>;
}

/** Shell text, one simple command: it runs the text that the variable `lineName` holds, inside. */
export interface WrappedLine {
  line: string;
  ended(): void;
}

interface SandboxOptions {
  /** Where programs are looked for, and what the host process gets. */
  env: Readonly<Record<string, string>>;
  /** The module of the host process, absolute. */
  filename: string;
  shell: string;
  /** Carried by all that the host process starts. */
  mark: string;
}

interface Host {
  /** False when its process has ended, whoever ended it. */
  readonly alive: boolean;
  ask(question: HostQuestion): Promise<HostAnswer>;
  close(): Promise<void>;
}

const answerBoundMs = 30_000;
const closeBoundMs = 3_000;

export function createSandbox(options: SandboxOptions): ShellSandbox {
  let opening: Promise<{ finding: SandboxFinding; host?: Host }> | undefined;
  const opened = async () => {
    opening ??= open(options);
    const { host } = await opening;
    // Another one is tried out as the first was.
    if (host?.alive === false) opening = open(options);
    return await opening;
  };

  return {
    finding: async () => (await opened()).finding,
    async require() {
      const { finding } = await opened();
      if (!finding.works) throw unavailable(finding);
    },
    async wrap(shell, policy) {
      const question = { kind: "wrap", shell, policy } as const;
      let { finding, host } = await opened();
      let answer = await answerOf(host, question);
      // Ended between two lines: that is known only when it is spoken to.
      if (host?.alive === false) {
        ({ finding, host } = await opened());
        answer = await answerOf(host, question);
      }
      if (host === undefined) throw unavailable(finding);
      if (answer.kind === "wrapped") {
        const used = host;
        return { line: answer.line, ended: () => void used.ask({ kind: "ended" }).catch(() => undefined) };
      }
      const problem = answer.kind === "failed" ? answer.problem : `it answered ${answer.kind}`;
      const message = `The command was not run, for no sandbox could be made for it: ${problem}`;
      throw new GantryError("SANDBOX_UNAVAILABLE", message);
    },
    close: async () => await (await opening)?.host?.close(),
  };
}

async function answerOf(host: Host | undefined, question: HostQuestion): Promise<HostAnswer> {
  try {
    return (await host?.ask(question)) ?? { kind: "failed", problem: "there is none" };
  } catch (error) {
    return { kind: "failed", problem: messageOf(error) };
  }
}

/** Tries the sandbox out and takes it down again: for reports, with the tools' versions. */
export async function examineSandbox(options: SandboxOptions): Promise<SandboxFinding> {
  const sandbox = createSandbox(options);
  try {
    const finding = await sandbox.finding();
    return { ...finding, tools: await withVersions(finding.tools) };
  } finally {
    await sandbox.close();
  }
}

function unavailable({ problem, advice }: SandboxFinding): GantryError {
  return new GantryError(
    "SANDBOX_UNAVAILABLE",
    `The sandbox does not work on this machine: ${problem}. ${advice ?? ""}`.trim(),
  );
}

async function open(options: SandboxOptions): Promise<{ finding: SandboxFinding; host?: Host }> {
  const tools = await findTools(options.env);
  if (tools === undefined) {
    const problem = `there is none for ${process.platform}`;
    return { finding: { works: false, tools: [], problem, advice: "Use Linux or macOS for it." } };
  }
  const missing = missingTools(tools);
  if (missing !== undefined) return { finding: { works: false, tools, ...missing } };
  const host = startHost(options);
  try {
    const answer = await host.ask({ kind: "open", shell: options.shell, tools, mark: options.mark });
    if (answer.kind === "opened") return { finding: { works: true, tools }, host };
    return await failed(host, tools, answer.kind === "failed" ? answer.problem : `it answered ${answer.kind}`);
  } catch (error) {
    return await failed(host, tools, messageOf(error));
  }
}

async function failed(host: Host, tools: SandboxTool[], problem: string): Promise<{ finding: SandboxFinding }> {
  await host.close();
  return { finding: { works: false, tools, problem: problem.replace(/\.$/, ""), advice: adviceFor(problem) } };
}

/** Its channel keeps the core alive only while something is asked. */
function startHost({ filename, env }: SandboxOptions): Host {
  const child = fork(filename, [], {
    cwd: "/",
    env,
    execArgv: [],
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const waiting = new Map<number, (answer: HostAnswer) => void>();
  let lastId = 0;
  let gone = false;
  const end = (): void => {
    gone = true;
    for (const settle of waiting.values()) settle({ kind: "failed", problem: "its process has ended" });
    waiting.clear();
  };
  child.on("exit", end).on("error", end).on("disconnect", end);
  child.on("message", ({ id, answer }: Answered) => waiting.get(id)?.(answer));
  child.unref();
  child.channel?.unref();

  async function ask(question: HostQuestion, boundMs = answerBoundMs): Promise<HostAnswer> {
    if (gone) throw new Error("its process has ended");
    const id = ++lastId;
    child.channel?.ref();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<HostAnswer>((resolve) => {
        waiting.set(id, resolve);
        timer = setTimeout(() => resolve({ kind: "failed", problem: `no answer within ${boundMs / 1_000} s` }), boundMs);
        child.send({ id, question }, (error) => {
          if (!error) return;
          gone = true;
          resolve({ kind: "failed", problem: messageOf(error) });
        });
      });
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
      if (waiting.size === 0) child.channel?.unref();
    }
  }

  return {
    get alive() {
      return !gone;
    },
    ask,
    close: async () => await closeHost(child, ask),
  };
}

async function closeHost(
  child: ChildProcess,
  ask: (question: HostQuestion, boundMs: number) => Promise<unknown>,
): Promise<void> {
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  if (isOver()) return;
  const over = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await ask({ kind: "close" }, closeBoundMs).catch(() => undefined);
  if (isOver()) return;
  child.ref();
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill("SIGKILL"), closeBoundMs);
  await over;
  clearTimeout(timer);
}
