/** process.run by arguments: a program without a shell. Order of work: grant → folder within reach → environment → run. Performed in the core. */
import { GantryError } from "../../core/contract/errors.ts";
import type { Reach } from "../../core/contract/execution.ts";
import type { ExecOptions, ExecResult } from "../../core/contract/plugin.ts";
import { confine } from "../../core/permission/files/confined-path.ts";
import { coversArgv } from "../../core/permission/grants.ts";
import type { ExecProgram } from "./effect.ts";

export interface ExecCall {
  argv: readonly string[];
  options: ExecOptions;
}

export interface ExecEnv {
  cwd: string;
  home: string;
  reach: Reach;
  signal: AbortSignal;
  exec: ExecProgram;
}

const usual = { timeoutMs: 30_000, maxOutputBytes: 1024 * 1024 };
const bounds = { timeoutMs: 600_000, maxOutputBytes: 8 * 1024 * 1024 };

/** Ours, or read by the loader before the program itself runs. */
const neverGiven = /^(?:GANTRY_|LD_|DYLD_|NODE_OPTIONS$|NODE_CHANNEL_|BASH_FUNC_)/;

export function covers(scopes: readonly string[], { argv, options }: ExecCall): boolean {
  return coversArgv(scopes, argv, Object.keys(options.env ?? {}));
}

export function describe({ argv, options }: ExecCall): string {
  const names = Object.keys(options.env ?? {});
  const words = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
  return `run ${words.slice(0, 300)}${names.length > 0 ? ` with ${names.join(", ").slice(0, 200)} set` : ""}`;
}

/** RUN_FAILED, PATH_*, REQUEST_INVALID, TOOL_INTERRUPTED. */
export async function perform({ argv, options }: ExecCall, env: ExecEnv): Promise<ExecResult> {
  const given = options.env ?? {};
  const wrong = Object.keys(given).find((name) => neverGiven.test(name) || !/^[A-Za-z_]\w*$/.test(name));
  if (wrong !== undefined) throw invalid(`a program is never given ${JSON.stringify(wrong)}`);
  if ([...argv, ...Object.values(given)].some((word) => word.includes("\0"))) throw invalid("no word may hold a NUL character");
  const { real } = await confine(options.cwd ?? env.cwd, { cwd: env.cwd, home: env.home, reach: env.reach, intent: "search" });
  return env.exec(argv, {
    cwd: real,
    env: given,
    ...(options.stdin !== undefined && { stdin: options.stdin }),
    timeoutMs: Math.min(options.timeoutMs ?? usual.timeoutMs, bounds.timeoutMs),
    maxOutputBytes: Math.min(options.maxOutputBytes ?? usual.maxOutputBytes, bounds.maxOutputBytes),
    signal: env.signal,
  });
}

function invalid(what: string): GantryError {
  return new GantryError("REQUEST_INVALID", `process.exec: ${what}.`);
}
