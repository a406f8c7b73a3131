/**
 * Runs a plugin's own tests with the Node.js that runs Gantry, in a process group of their own. They are the author's programs
 * and have the author's authority; what they start with `startPlugin` are guests as everywhere.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { StringDecoder } from "node:string_decoder";
import { pathToFileURL } from "node:url";
import { endProcesses, markName } from "../../workers/descendants.ts";
import { type Reaper, startReaper } from "../../workers/reaper.ts";
import { GantryError } from "../contract/errors.ts";
import { distFolder } from "../dist-folder.ts";
import { findTests } from "./test-files.ts";

export interface TestRun {
  /** Absolute. */
  folder: string;
  /** Of the user: PATH, HOME and what else the tests need; what would change how Node.js starts is left out. */
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  /** All tests together; default 10 minutes. */
  timeoutMs?: number;
  /** Both streams as they come, up to the cap. */
  onOutput?(text: string): void;
}

export interface TestedPlugin {
  /** Of `node --test`; 1 when it was ended by a signal or for its time. */
  exitCode: number;
  /** At most 1 MiB: its beginning, and what was cut. */
  output: string;
}

const defaultTimeoutMs = 10 * 60_000;
const maxOutputChars = 1024 * 1024;
const graceMs = 2_000;

/** PLUGIN_INVALID when there are no tests; INTERRUPTED on cancel. What tests print and how they end is an answer. */
export async function testPlugin(run: TestRun): Promise<TestedPlugin> {
  const { folder, env, signal, timeoutMs = defaultTimeoutMs } = run;
  const files = await findTests(folder);
  signal.throwIfAborted();
  const mark = `${randomBytes(8).toString("hex")}-1`;
  const reaper = startReaper(mark.slice(0, -2), env["PATH"] ?? "/usr/bin:/bin");
  const child = spawn(process.execPath, argsOf(files), {
    ...{ cwd: folder, detached: true, stdio: ["ignore", "pipe", "pipe"] },
    env: { ...testEnv(env), [markName]: mark },
  });
  const output = collect(child, run.onOutput);
  try {
    const ended = await endOf(child, { mark, reaper, signal, timeoutMs });
    if (ended.why === "cancel") throw new GantryError("INTERRUPTED", `the tests of ${folder} were stopped`);
    if (ended.why === "timeout") output.add(`\nThe tests were ended: they took more than ${timeoutMs} ms.\n`);
    return { exitCode: ended.exitCode ?? 1, output: output.end() };
  } finally {
    reaper.dismiss();
  }
}

function argsOf(files: readonly string[]): string[] {
  const hooks = pathToFileURL(path.join(distFolder, "author-modules.cjs")).href;
  return ["--disable-warning=ExperimentalWarning", "--import", hooks, "--test", "--test-reporter=spec", ...files];
}

/** A coverage or loader option of whoever started Gantry is not meant for the plugin's tests. */
function testEnv(env: TestRun["env"]): Record<string, string> {
  const left = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !/^NODE_(?!PATH$)|^VITEST|^GANTRY_RUN$/.test(entry[0]),
  );
  return Object.fromEntries(left);
}

interface Collected {
  add(text: string): void;
  /** All that was kept. */
  end(): string;
}

function collect(child: ChildProcess, onOutput: TestRun["onOutput"]): Collected {
  let kept = "";
  let cut = 0;
  const add = (text: string): void => {
    const room = maxOutputChars - kept.length;
    const taken = text.slice(0, room);
    kept += taken;
    cut += text.length - taken.length;
    if (taken !== "") onOutput?.(taken);
  };
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder("utf8");
    stream?.on("data", (chunk: Buffer) => add(decoder.write(chunk)));
  }
  return {
    add,
    end() {
      if (cut === 0) return kept;
      const note = `\n… ${cut} characters more were left out\n`;
      onOutput?.(note);
      return kept + note;
    },
  };
}

interface Ending {
  exitCode: number | null;
  why: "exit" | "cancel" | "timeout";
}

/** When the program has ended, and all that it left behind. */
async function endOf(
  child: ChildProcess,
  { mark, reaper, signal, timeoutMs }: { mark: string; reaper: Reaper; signal: AbortSignal; timeoutMs: number },
): Promise<Ending> {
  const { promise: exited, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", (exitCode) => resolve(exitCode));
  if (child.pid === undefined)
    throw new GantryError("INTERNAL", "Node.js could not be started", { cause: await exited.catch((e: unknown) => e) });
  const group = child.pid;
  reaper.add(group);
  const wanted = { groups: [group], hasMark: (other: string) => other === mark };
  const { promise: stopped, resolve: stop } = Promise.withResolvers<"cancel" | "timeout">();
  const timer = setTimeout(() => stop("timeout"), timeoutMs);
  const onAbort = (): void => stop("cancel");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const first = await Promise.race([exited.then((exitCode) => ({ exitCode, why: "exit" as const })), stopped]);
    await endProcesses(wanted, first === "cancel" || first === "timeout" ? graceMs : 0);
    return typeof first === "string" ? { exitCode: null, why: first } : first;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    reaper.remove(group);
  }
}
