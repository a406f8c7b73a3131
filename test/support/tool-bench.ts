/** Calls the tools of a plugin in this process: the real effects in a real temp folder, without a thread or a session. */
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { codeOf, messageOf } from "../../core/contract/errors.ts";
import type { FileStamp } from "../../core/contract/events.ts";
import type { HiddenPaths, Reach } from "../../core/contract/execution.ts";
import type { JsonObject, ResultContent } from "../../core/contract/messages.ts";
import type {
  AnyTool,
  PluginDefinition,
  ToolContext,
  ToolDefinition,
  UserAnswer,
  UserQuestion,
} from "../../core/contract/plugin.ts";
import type { EffectEnv } from "../../workers/effects/effect.ts";
import * as fsList from "../../workers/effects/fs-list.ts";
import * as fsRead from "../../workers/effects/fs-read.ts";
import * as fsSearch from "../../workers/effects/fs-search.ts";
import * as fsWrite from "../../workers/effects/fs-write.ts";
import { spawnFile } from "../../workers/spawned-file.ts";

export interface BenchResult {
  text: string;
  content: ResultContent[];
  isError: boolean;
  code: string | undefined;
  data: JsonObject;
  files: FileStamp[];
}

export interface Bench {
  /** The workspace; real. A folder beside it, `outside`, is not within the reach. */
  folder: string;
  outside: string;
  env: EffectEnv;
  call(tool: string, input: JsonObject): Promise<BenchResult>;
  put(path: string, content: string | Uint8Array): Promise<string>;
  text(path: string): Promise<string>;
  /** What this session has read, as the core's ledger would hold it. */
  reads: Map<string, { sha256: string; text?: string }>;
  close(): Promise<void>;
}

export interface BenchOptions {
  plugin: PluginDefinition;
  hidden?: HiddenPaths[];
  approved?: string[];
  /** No ripgrep: as on a machine without its binary. */
  withoutRipgrep?: boolean;
  signal?: AbortSignal;
  ask?: (questions: readonly UserQuestion[]) => Promise<UserAnswer[]>;
}

export async function createBench(options: BenchOptions): Promise<Bench> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "gantry-bench-")));
  const folder = join(base, "work");
  const outside = join(base, "outside");
  await Promise.all([mkdir(folder), mkdir(outside)]);
  const hidden = options.hidden?.map((group) => ({ ...group, base: join(folder, group.base) })) ?? [];
  const approved = options.approved?.map((path) => join(folder, path)) ?? [];
  const reach: Reach = { workspace: folder, roots: [folder], approved, hidden };
  const env = createEnv(reach, options);
  const reads: Bench["reads"] = new Map();
  const context = createContext(env, reads, options);
  return {
    ...{ folder, outside, env, reads },
    async call(name, input) {
      const result = await run(findTool(options.plugin, name), input, context);
      for (const { path, sha256 } of result.files) reads.set(path, { sha256, text: result.text });
      return result;
    },
    async put(path, content) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    text: (path) => readFile(join(folder, path), "utf8"),
    close: () => rm(base, { recursive: true, force: true }),
  };
}

function createEnv(reach: Reach, { withoutRipgrep = false, signal = new AbortController().signal }: BenchOptions): EffectEnv {
  const reaper = { add: () => undefined, remove: () => undefined, close: async () => undefined };
  const parts = { env: {}, reaper: reaper as unknown as Parameters<typeof spawnFile>[3]["reaper"] };
  return {
    ...{ cwd: reach.workspace, home: dirname(reach.workspace), reach, workspace: reach.workspace, signal },
    spawnFile: (file, args, rest) => spawnFile(withoutRipgrep ? "/no/such/rg" : file, args, { ...rest, signal }, parts),
  };
}

function createContext(env: EffectEnv, reads: Bench["reads"], { ask }: BenchOptions): ToolContext {
  const unused = (): never => {
    throw new Error("these tools run no programs");
  };
  return {
    ...{ callId: "call-1", cwd: env.cwd, workspace: env.workspace, signal: env.signal, options: {} },
    ...{ progress: () => undefined, log: () => undefined },
    fs: {
      read: (path, read) => fsRead.perform({ path, ...read }, env),
      readLines: (path, window) => fsRead.perform({ path, window }, env),
      write: (path, content, { expect }) => fsWrite.perform({ path, content, expect }, env),
      list: (query) => fsList.perform(query, env),
      search: (query) => fsSearch.perform(query, env),
    },
    net: { fetch: unused },
    process: { exec: unused, host: unused, run: unused, start: unused, list: unused, output: unused, stop: unused },
    secrets: { read: unused },
    model: { ask: unused },
    user: { ask: async (questions) => (ask === undefined ? unused() : ask(questions)), notify: unused },
    storage: { get: unused, set: unused, delete: unused, keys: unused },
    session: { lastRead: async (path) => reads.get(path), events: unused },
  };
}

function findTool(plugin: PluginDefinition, name: string): ToolDefinition<unknown> {
  const tool = plugin.tools?.find((candidate: AnyTool) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool as unknown as ToolDefinition<unknown>;
}

/** As a thread of the pool does it: a thrown error with a code is the call's failed result. */
async function run(tool: ToolDefinition<unknown>, input: JsonObject, context: ToolContext): Promise<BenchResult> {
  const parsed = tool.input().safeParse(input);
  if (!parsed.success) return failed("TOOL_INPUT_INVALID", parsed.error.message);
  try {
    const output = await tool.execute(parsed.data, context);
    const whole = typeof output === "string" ? { content: output } : output;
    const content: ResultContent[] =
      typeof whole.content === "string" ? [{ type: "text", text: whole.content }] : whole.content;
    const text = content.map((block) => (block.type === "text" ? block.text : "")).join("");
    return {
      text,
      content,
      isError: whole.isError ?? false,
      code: whole.code,
      data: whole.data ?? {},
      files: whole.files ?? [],
    };
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return failed(code, messageOf(error));
  }
}

function failed(code: string, text: string): BenchResult {
  return { text, content: [{ type: "text", text }], isError: true, code, data: {}, files: [] };
}
