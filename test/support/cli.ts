/** The built command in a clean environment: a home, a workspace and a scripted model server of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { SessionEvent } from "gantry/events";
import { type ModelServer, startModelServer } from "gantry/testing";
import { onTestFinished } from "vitest";

export const launcher = fileURLToPath(new URL("../../bin/gantry.cjs", import.meta.url));

export interface Finished {
  stdout: string;
  stderr: string;
  exit: number | null;
  signal: string | null;
}

export interface CallOptions {
  stdin?: string;
  env?: Record<string, string>;
  cwd?: string;
  /** Put in front of the command: `ulimit -f 64; exec`. */
  shell?: string;
  /** Another build's launcher. */
  launcher?: string;
}

export interface Bench {
  /** Real path of the workspace. */
  readonly cwd: string;
  readonly home: string;
  readonly env: Record<string, string>;
  readonly model: ModelServer;
  /** Runs the command to its end. */
  gantry(args: readonly string[], options?: CallOptions): Promise<Finished>;
  /** `run --output json` with the parsed object. */
  run(prompt: string, args?: readonly string[], options?: CallOptions): Promise<Finished & { json: RunJson }>;
  /** Starts the command and leaves it running; killed when the test ends. */
  start(args: readonly string[], options?: CallOptions): Started;
  file(name: string): Promise<string>;
  /** The events of the newest session's log, as the file holds them. */
  events(): Promise<SessionEvent[]>;
  /** Paths of all session logs. */
  logs(): Promise<string[]>;
}

export interface Started {
  child: ChildProcess;
  finished: Promise<Finished>;
  /** Resolves when stdout or stderr holds `text`. */
  sees(text: string): Promise<void>;
}

export interface RunJson {
  ok: boolean;
  sessionId: string;
  text: string;
  turns: number;
  steps: number;
  toolCalls: {
    callId: string;
    name: string;
    input: Record<string, unknown>;
    outcome: string;
    code?: string;
    durationMs: number;
  }[];
  usage: { inputTokens: number; outputTokens: number; cacheReadTokens: number; cacheWriteTokens: number };
  costUsd: number | null;
  stopReason: string;
  error?: { code: string; message: string; hint: string };
}

/** A workspace with `files`, and a model that plays `steps`; all of it is gone when the test ends. */
export async function bench(steps: readonly unknown[], files: Record<string, string | Uint8Array> = {}): Promise<Bench> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-test-")));
  const cwd = path.join(root, "work");
  const home = path.join(root, "home");
  await Promise.all([mkdir(cwd), mkdir(home)]);
  await mkdir(path.join(cwd, ".git"));
  await writeFiles(cwd, files);
  const model = await startModelServer({ script: { steps } });
  onTestFinished(async () => {
    await model.close();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });
  const env = {
    HOME: home,
    PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    NO_COLOR: "1",
    LANG: "C.UTF-8",
    ANTHROPIC_API_KEY: "test-key",
    ANTHROPIC_BASE_URL: model.url,
    XDG_CACHE_HOME: path.join(tmpdir(), "gantry-test-cache"),
  };
  const start = (args: readonly string[], options: CallOptions = {}): Started =>
    startCommand(args, { cwd, ...options, env: { ...env, ...options.env } });
  const gantry = (args: readonly string[], options?: CallOptions): Promise<Finished> => start(args, options).finished;
  const logs = (): Promise<string[]> => findLogs(path.join(home, ".local/state/gantry/sessions"));
  return {
    cwd,
    home,
    env,
    model,
    gantry,
    start,
    logs,
    async run(prompt, args = [], options) {
      const finished = await gantry(["run", prompt, "--output", "json", ...args], options);
      const last = finished.stdout.trim();
      if (!last.startsWith("{"))
        throw new Error(`no JSON on stdout (exit ${finished.exit}): ${finished.stdout}\n${finished.stderr}`);
      return { ...finished, json: JSON.parse(last) as RunJson };
    },
    file: (name) => readFile(path.join(cwd, name), "utf8"),
    async events() {
      // Names tell apart sessions of different seconds only.
      const written = await Promise.all((await logs()).map(async (file) => ({ file, at: (await stat(file)).mtimeMs })));
      const newest = written.sort((a, b) => a.at - b.at).at(-1)?.file;
      if (newest === undefined) throw new Error("there is no session log");
      const lines = (await readFile(newest, "utf8")).trimEnd().split("\n");
      return lines.map((line) => JSON.parse(line) as SessionEvent);
    },
  };
}

export async function writeFiles(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

async function findLogs(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => path.join(folder, name));
}

function startCommand(args: readonly string[], options: CallOptions & { cwd: string }): Started {
  const { cwd, env, stdin, shell } = options;
  const line = [process.execPath, options.launcher ?? launcher, ...args];
  const [program = "", ...rest] = shell === undefined ? line : ["/bin/sh", "-c", `${shell} "$@"`, "sh", ...line];
  const child = spawn(program, rest, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  let wake: (() => void)[] = [];
  const collect = (name: "stdout" | "stderr") => (chunk: Buffer) => {
    output[name] += chunk.toString();
    for (const resolve of wake.splice(0)) resolve();
  };
  child.stdout.on("data", collect("stdout"));
  child.stderr.on("data", collect("stderr"));
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin ?? "");
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exit, signal) => {
      for (const wakeUp of wake.splice(0)) wakeUp();
      resolve({ ...output, exit, signal });
    });
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    child,
    finished,
    async sees(text) {
      while (!output.stdout.includes(text) && !output.stderr.includes(text)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`ended without ${text}: ${output.stdout}${output.stderr}`);
        await new Promise<void>((resolve) => {
          wake = [...wake, resolve];
        });
      }
    },
  };
}

/** The lines of a JSON stream; one that was torn is left out. */
export function jsonLines<T = SessionEvent>(text: string): T[] {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as T);
}

/** What the model was told of each call in the newest request. */
export function resultTexts(model: ModelServer, request = -1): string[] {
  return model.requests.at(request)?.toolResults.map((result) => result.text) ?? [];
}
