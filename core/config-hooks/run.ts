/** One hook, one run: input in, what came out, and what it means. Never throws. */
import { isDeepStrictEqual } from "node:util";
import { longestTimerMs, nowMs } from "../contract/clock.ts";
import { messageOf } from "../contract/errors.ts";
import type { CommandHook, HttpHook, McpToolHook, PromptHook } from "../contract/hook-config.ts";
import type { HookCommand, HookRunners, HookToolAnswer, HookToolCall } from "../contract/hook-run.ts";
import type { JsonObject, Usage } from "../contract/messages.ts";
import { untilAborted } from "../contract/until-aborted.ts";
import { unopenedOutput } from "./answer/accidents.ts";
import type { HookReply } from "./answer/hook-reply.ts";
import { couldNotDecide, type Reading, readBody, readExit } from "./answer/output.ts";
import { promptText, readAnswer } from "./answer/prompt.ts";
import { lastLines, plainText } from "./answer/said-text.ts";
import type { ConfigHook } from "./declared/config-hook.ts";
import { expandHeaders } from "./http-headers.ts";
import { expandInput } from "./mcp-input.ts";

/** What runs of hooks need of the product. */
export interface HookRunDeps extends HookRunners {
  /** Asks a model for prompt hooks: the session's own unless one is named. */
  ask(
    prompt: string,
    options: { model?: string; sessionId: string; signal: AbortSignal },
  ): Promise<{ text: string; usage: Usage }>;
  /** Calls a tool of an MCP server by the rules of any call, and fires no config hook for it. Absent: none can be reached. */
  mcpTool?(call: HookToolCall, options: { signal: AbortSignal }): Promise<HookToolAnswer>;
  /** Absolute root of the project. */
  project: string;
  /** The config's `env`: given to every program of a hook. */
  configEnv: Readonly<Record<string, string>>;
  /** The core's environment: what `allowedEnvVars` of an http hook may name. */
  env: Readonly<Record<string, string | undefined>>;
  /** Files that the hook written at `source` starts and that are no longer what was trusted. */
  changedScripts?(source: string): readonly string[];
  /** The file whose `export` lines later shells of the session get; made when first asked for. */
  envFile?(sessionId: string): Promise<string>;
}

/** `ok` said nothing; `failed` and `timeout` did not work, whatever that means for what waits (`reply`). */
export type HookRunOutcome = "ok" | "changed" | "allow" | "ask" | "deny" | "failed" | "timeout";

export interface HookRun {
  ms: number;
  outcome: HookRunOutcome;
  /** Exit code of a program, status of an answer. */
  exit?: number;
  /** Plain text, capped. */
  stdout: string;
  stderr: string;
  /** What of its output does not fit the format, one sentence each. */
  violations: string[];
  reply: HookReply;
  usage?: Usage;
}

interface Ran extends Reading {
  exit?: number;
  stdout: string;
  stderr: string;
  late?: boolean;
  usage?: Usage;
}

interface Run<Handler> {
  hook: ConfigHook;
  handler: Handler;
  input: JsonObject;
  deps: HookRunDeps;
  signal: AbortSignal;
}

export async function runHook(
  hook: ConfigHook,
  input: JsonObject,
  deps: HookRunDeps,
  { signal }: { signal: AbortSignal },
): Promise<HookRun> {
  const startedAt = nowMs();
  const { late, ...ran } = await runHandler({ hook, handler: hook.handler, input, deps, signal });
  return { ...ran, ms: nowMs() - startedAt, outcome: outcomeOf(ran.reply, late ?? false) };
}

async function runHandler(run: Run<ConfigHook["handler"]>): Promise<Ran> {
  const { handler } = run;
  try {
    if (handler.type === "command") return await runCommand({ ...run, handler });
    if (handler.type === "http") return await runHttp({ ...run, handler });
    if (handler.type === "mcp_tool") return await runMcpTool({ ...run, handler });
    return await runPrompt({ ...run, handler });
  } catch (error) {
    return { ...couldNotDecide(run.hook, messageOf(error)), stdout: "", stderr: "" };
  }
}

async function runCommand({ hook, handler, input, deps, signal }: Run<CommandHook>): Promise<Ran> {
  const [changed] = deps.changedScripts?.(hook.source) ?? [];
  if (changed !== undefined) return { ...couldNotDecide(hook, unlikeTrusted(changed)), stdout: "", stderr: "" };
  const exit = await deps.command(await commandOf({ hook, handler, input, deps, signal }), { signal });
  const { exitCode, stdout, stderr, ended, cut, left } = exit;
  const isEcho = echoes(stdout, input);
  const reading = readExit(hook, isEcho ? { ...exit, stdout: "" } : exit, hook.timeoutMs);
  const lost = unopenedOutput(stderr);
  const notes = [
    ...(isEcho ? ["it printed its own input, which says nothing"] : []),
    ...(lost === undefined ? [] : [lost]),
    ...(cut ? ["more than 1 MiB was printed: the rest was not read"] : []),
    ...(left > 0 && ended === undefined
      ? [left === 1 ? "1 process that it left running was ended" : `${left} processes that it left running were ended`]
      : []),
  ];
  return {
    ...reading,
    violations: [...reading.violations, ...notes],
    ...(exitCode !== null && { exit: exitCode }),
    ...{ stdout: plainText(stdout), stderr: plainText(stderr), late: ended === "timeout" },
  };
}

/** A hook that writes a log with `tee` prints what it read: an object without any field of an answer, and none was meant. */
function echoes(stdout: string, input: JsonObject): boolean {
  if (!/^\s*\{/.test(stdout) || !stdout.includes('"hook_event_name"')) return false;
  try {
    return isDeepStrictEqual(JSON.parse(stdout), JSON.parse(JSON.stringify(input)));
  } catch {
    return false;
  }
}

/** A yes to a project's hook is a yes to the file it starts as that was then. */
function unlikeTrusted(file: string): string {
  return `${file} is not what it was when the project was trusted, so it is not run; look at it, then run gantry trust grant`;
}

async function commandOf({ hook, handler, input, deps }: Run<CommandHook>): Promise<HookCommand> {
  const { command, args, shell } = handler;
  const placed = (text: string): string => text.replace(/\$\{(?:CLAUDE|GANTRY)_PROJECT_DIR\}/g, () => deps.project);
  const sessionId = stringAt(input, "session_id");
  const givesEnv = (hook.event === "SessionStart" || hook.event === "CwdChanged") && sessionId !== undefined;
  const envFile = givesEnv ? await deps.envFile?.(sessionId) : undefined;
  return {
    ...(args === undefined ? { command } : { command: placed(command), args: args.map(placed) }),
    ...(shell === "bash" && { shell }),
    cwd: folderOf(hook, input, deps.project),
    env: {
      ...deps.configEnv,
      ...{ GANTRY_PROJECT_DIR: deps.project, CLAUDE_PROJECT_DIR: deps.project },
      ...(envFile !== undefined && { CLAUDE_ENV_FILE: envFile }),
    },
    stdin: `${JSON.stringify(input)}\n`,
    timeoutMs: hook.timeoutMs,
  };
}

/**
 * A project's hooks name their scripts from its root, and must find them wherever a `cd` of the model has left the session;
 * hooks of the user run where the session is, as everywhere.
 */
function folderOf({ layer }: ConfigHook, input: JsonObject, project: string): string {
  const isProjects = layer === "project" || layer === "local";
  return (isProjects ? undefined : stringAt(input, "cwd")) ?? project;
}

async function runHttp({ hook, handler, input, deps, signal }: Run<HttpHook>): Promise<Ran> {
  const { headers, problems } = expandHeaders(handler, deps.env);
  const request = { url: handler.url, headers, body: JSON.stringify(input), timeoutMs: hook.timeoutMs };
  const { status, body, problem, ended } = await deps.http(request, { signal });
  const reading = readStatus(hook, { status, body, problem });
  return {
    ...reading,
    violations: [...problems, ...reading.violations],
    ...(status !== undefined && { exit: status }),
    ...{ stdout: lastLines(body, 10_000), stderr: problem ?? "", late: ended === "timeout" },
  };
}

function readStatus(
  hook: ConfigHook,
  { status, body, problem }: { status: number | undefined; body: string; problem: string | undefined },
): Reading {
  if (problem !== undefined) return couldNotDecide(hook, problem);
  if (status !== undefined && status >= 200 && status < 300) return readBody(hook, body);
  const said = lastLines(body, 200);
  return couldNotDecide(hook, `the answer has status ${status ?? "unknown"}${said === "" ? "" : `: ${said}`}`);
}

async function runPrompt({ hook, handler, input, deps, signal }: Run<PromptHook>): Promise<Ran> {
  const bound = AbortSignal.timeout(Math.min(Math.ceil(hook.timeoutMs), longestTimerMs));
  const options = {
    ...(handler.model !== undefined && { model: handler.model }),
    sessionId: stringAt(input, "session_id") ?? "",
    signal: AbortSignal.any([signal, bound]),
  };
  try {
    // A model that does not listen to its signal must not hold what waits.
    const { text, usage } = await untilAborted(deps.ask(promptText(handler, input), options), options.signal);
    return { ...readAnswer(hook, text), stdout: lastLines(text, 10_000), stderr: "", usage };
  } catch (error) {
    const late = bound.aborted && !signal.aborted;
    const why = late
      ? `no answer of the model within ${hook.timeoutMs} ms`
      : `the model could not be asked: ${messageOf(error)}`;
    return { ...couldNotDecide(hook, why), stdout: "", stderr: why, late };
  }
}

async function runMcpTool({ hook, handler, input, deps, signal }: Run<McpToolHook>): Promise<Ran> {
  const { server, tool } = handler;
  const { input: given, problems } = expandInput(handler.input ?? {}, input);
  if (deps.mcpTool === undefined)
    return { ...couldNotDecide(hook, "no MCP server can be reached here"), stdout: "", stderr: "" };
  const sessionId = stringAt(input, "session_id") ?? "";
  const bound = AbortSignal.timeout(Math.min(Math.ceil(hook.timeoutMs), longestTimerMs));
  const both = AbortSignal.any([signal, bound]);
  try {
    const call = { server, tool, input: given, sessionId, timeoutMs: hook.timeoutMs };
    const answer = await untilAborted(deps.mcpTool(call, { signal: both }), both);
    const { violations, ...reading } = readToolAnswer(hook, answer, `${tool} of the MCP server ${server}`);
    return { ...reading, violations: [...problems, ...violations], stdout: lastLines(answer.text, 10_000), stderr: "" };
  } catch (error) {
    const late = bound.aborted && !signal.aborted;
    const why = late
      ? `no result of ${tool} within ${hook.timeoutMs} ms`
      : `${tool} of the MCP server ${server} could not be called: ${messageOf(error)}`;
    return { ...couldNotDecide(hook, why, problems), stdout: "", stderr: why, late };
  }
}

/** The text of a result is what a program would have printed. */
function readToolAnswer(hook: ConfigHook, { text, isError }: HookToolAnswer, what: string): Reading {
  if (isError) return couldNotDecide(hook, `${what} failed: ${lastLines(text, 500)}`);
  const exit = { exitCode: 0, signal: null, stdout: text, stderr: "", cut: false, left: 0 };
  return readExit(hook, exit, hook.timeoutMs);
}

function outcomeOf({ failed, undecided, verdict, input, content }: HookReply, late: boolean): HookRunOutcome {
  if (late) return "timeout";
  if (failed !== undefined || undecided !== undefined) return "failed";
  if (verdict === "deny" || verdict === "ask") return verdict;
  if (input !== undefined || content !== undefined) return "changed";
  return verdict === "allow" ? "allow" : "ok";
}

function stringAt(input: JsonObject, key: string): string | undefined {
  const value = input[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}
