/** MCP servers: what a configured one costs a run, a call over stdio, the definitions of many tools, a thousand starts and ends. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { McpConfig } from "../../config/loaded.ts";
import type { McpServerSpec } from "../../core/contract/mcp.ts";
import type { FromMcp, ToMcp } from "../../core/contract/mcp-frames.ts";
import { createMcp } from "../../core/mcp/servers.ts";
import { createRegistry } from "../../core/registry.ts";
import { startModelServer } from "../../core/testing/index.ts";
import { mcpChildEnv } from "../../workers/mcp-child-env.ts";
import { startMcpThread } from "../../workers/mcp-thread.ts";
import { createProcesses } from "../../workers/processes.ts";
import { measure, median } from "./measure.ts";
import type { MicroResult } from "./micro.ts";
import { startBenchModel } from "./model.ts";
import { at, many, timed } from "./timings.ts";

const tiny = path.join(import.meta.dirname, "tiny-server.sh");
const dist = path.join(import.meta.dirname, "../../dist");
const launcher = path.join(dist, "../bin/gantry.cjs");
const filename = path.join(dist, "mcp-thread.cjs");
const never = new AbortController().signal;

export async function mcp(root: string): Promise<MicroResult[]> {
  const folder = path.join(root, "mcp");
  mkdirSync(folder, { recursive: true });
  return [await firstRequest(folder), await stdioCall(folder), await definitions(folder), await cycles(folder)];
}

function specOf(name: string, cwd: string): McpServerSpec {
  return {
    ...{ name, alwaysLoad: false, required: false, layer: "user", source: "bench" },
    transport: { kind: "stdio", command: "/bin/sh", args: [tiny], env: {}, cwd },
    ...{ startTimeoutMs: 30_000, callTimeoutMs: 30_000, tools: { deny: [] } },
    sampling: { answer: "deny", tokensPerSession: 0 },
  };
}

/** Whole runs, with a config file that names a server and with one that does not, in turn. */
async function firstRequest(folder: string): Promise<MicroResult> {
  const model = await startBenchModel();
  const env = { PATH: process.env["PATH"] ?? "", ANTHROPIC_API_KEY: "bench", ANTHROPIC_BASE_URL: model.url };
  const place = (name: string, config: object): string => {
    const home = path.join(folder, name);
    mkdirSync(path.join(home, ".config/gantry"), { recursive: true });
    mkdirSync(path.join(home, "work/.git"), { recursive: true });
    writeFileSync(path.join(home, ".config/gantry/config.json"), JSON.stringify(config));
    return home;
  };
  const server = { command: "/bin/sh", args: [tiny] };
  const homes = [place("bare", { limits: { maxTurns: 9 } }), place("server", { mcpServers: { tiny: server } })];
  const found: number[][] = [[], []];
  try {
    for (let round = -2; round < 15; round++) {
      for (const [which, home] of homes.entries()) {
        await model.plays([{ say: "Hello." }]);
        const command = [process.execPath, launcher, "run", "hello", "--quiet"];
        const ran = await measure(command, { cwd: path.join(home, "work"), env: { ...env, HOME: home }, memory: false });
        if (round >= 0) found[which]?.push((model.requestTimes[0] ?? 0) - ran.startedAt);
      }
    }
  } finally {
    model.close();
  }
  const [bare = [], configured = []] = found;
  // Of neighbours in time: the machine may be busier in one half of the rounds than in the other.
  const more = median(configured.map((ms, round) => ms - (bare[round] ?? 0)));
  return {
    name: "first model request, a configured unused server (at most 10 ms more)",
    each: `${more.toFixed(1)} ms more: ${median(configured).toFixed(1)} ms, without ${median(bare).toFixed(1)} ms; best ${Math.min(...configured).toFixed(1)} ms, without ${Math.min(...bare).toFixed(1)} ms`,
  };
}

/** Against a client that does nothing but write a line and read one. */
async function stdioCall(folder: string): Promise<MicroResult> {
  const processes = createProcesses({ env: process.env });
  const config: McpConfig = { servers: [specOf("tiny", folder)], waiting: [], disabled: [] };
  const servers = createMcp({
    ...{
      version: "0.0.0",
      config,
      roots: () => [],
      env: process.env,
      tokenFolder: path.join(folder, "tokens"),
      useKeychain: false,
    },
    ...{ filename, processes: async () => processes, registry: createRegistry() },
  });
  const raw = spawn("/bin/sh", [tiny], { stdio: ["pipe", "pipe", "ignore"] });
  try {
    await servers.settled({ boundMs: 30_000, signal: never });
    const ask = rawCall(raw);
    const own = await many(ask, 300);
    const ours = await many(() => servers.request("tiny", "callTool", { name: "echo", arguments: {} }, { signal: never }), 300);
    const above = at(ours, 0.5) - at(own, 0.5);
    return {
      name: "a tool call over stdio (at most 2 ms above the server's own time)",
      each: `${above.toFixed(2)} ms above: p50 ${at(ours, 0.5).toFixed(2)} ms, the server alone ${at(own, 0.5).toFixed(2)} ms, p99 ${at(ours, 0.99).toFixed(2)} ms`,
    };
  } finally {
    raw.kill();
    await servers.close();
    await processes.close();
  }
}

function rawCall(child: ChildProcessByStdio<Writable, Readable, null>): () => Promise<void> {
  const waiting: (() => void)[] = [];
  createInterface({ input: child.stdout }).on("line", () => waiting.shift()?.());
  let id = 0;
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      child.stdin.write(`{"method":"tools/call","params":{"name":"echo","arguments":{}},"jsonrpc":"2.0","id":${id++}}\n`);
    });
}

const charactersPerToken = 3.5;

/** 20 servers of 20 tools, as the model is sent them before and after it has searched for one. */
async function definitions(folder: string): Promise<MicroResult> {
  const tools = Array.from({ length: 20 }, (_, index) => ({
    name: `find_record_${index}`,
    description: `Finds records of kind ${index} by their fields, newest first, and says how many there are in all. `.repeat(2),
    inputSchema: {
      type: "object",
      properties: {
        query: { type: "string", description: "Words that the record must hold, separated by spaces." },
        limit: { type: "integer", description: "How many to hand back, at most 100." },
        order: { type: "string", enum: ["newest", "oldest", "name"], description: "How they are sorted." },
      },
      required: ["query"],
    },
  }));
  const list = path.join(folder, "tools.json");
  writeFileSync(list, `${JSON.stringify(tools)}\n`);
  const file = path.join(folder, "servers.json");
  const entry = { command: "/bin/sh", args: [tiny, list] };
  writeFileSync(file, JSON.stringify({ mcpServers: Object.fromEntries(tools.map((_, index) => [`server${index}`, entry])) }));
  const steps = [{ call: { name: "ToolSearch", input: { query: "select:mcp__server3__find_record_7" } } }, { say: "Done." }];
  const model = await startModelServer({ script: { steps } });
  try {
    const env = { HOME: folder, PATH: process.env["PATH"] ?? "", ANTHROPIC_API_KEY: "bench", ANTHROPIC_BASE_URL: model.url };
    const command = [process.execPath, launcher, "run", "find", "--quiet", "--mcp-config", file];
    const ms = await timed(() => measure(command, { cwd: folder, env, memory: false }));
    const sent = model.requests.map((request) => tokensOf((JSON.parse(request.text) as { tools: { name: string }[] }).tools));
    return {
      name: "definitions of 20 servers of 20 tools (at most 4,000 tokens until used)",
      each: `${sent[0]} tokens before, ${sent[1]} with one tool in use; all would be ${tokensOf(tools.map((tool) => ({ ...tool, name: `mcp__server10__${tool.name}` }))) * 20}; the run took ${ms.toFixed(0)} ms`,
    };
  } finally {
    await model.close();
  }
}

function tokensOf(tools: readonly { name: string }[]): number {
  const ours = tools.filter(({ name }) => name.startsWith("mcp__") || /Mcp|^ToolSearch$/.test(name));
  return Math.ceil(JSON.stringify(ours).length / charactersPerToken);
}

const rounds = 1_000;

/** One thread, one server opened and closed again and again. */
async function cycles(folder: string): Promise<MicroResult> {
  const processes = createProcesses({ env: process.env });
  const waiting = new Map<string, () => void>();
  const mark = `bench-${process.pid}`;
  const thread = startMcpThread({
    filename,
    data: {
      ...{ version: "0.0.0", childEnv: { ...mcpChildEnv(process.env), GANTRY_BENCH: mark }, netEnv: {} },
      ...{ tokenFolder: path.join(folder, "tokens"), useKeychain: false },
      bounds: {
        ...{ maxMessageBytes: 16_777_216, maxMessagesPerSecond: 2_000, stderrBytes: 65_536, endMs: 300, pingEveryMs: 0 },
        ...{ retryMs: 500, retryMaxMs: 30_000, maxRetries: 5 },
      },
    },
    onFrame(frame: FromMcp) {
      if (frame.type === "facts") waiting.get(frame.facts.state)?.();
    },
    onGone: (why) => {
      throw new Error(why);
    },
  });
  const told = async (state: string, frame: ToMcp): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.set(state, resolve);
    thread.send(frame);
    await promise;
    waiting.delete(state);
  };
  const spec = specOf("tiny", folder);
  const cycle = async (): Promise<void> => {
    await told("ready", { type: "open", spec, roots: [] });
    await told("stopped", { type: "close", server: "tiny" });
  };
  try {
    // Until then the thread's heap takes the size it works with; from there on only what is never freed grows.
    for (let round = 0; round < rounds; round++) await cycle();
    const before = process.memoryUsage().rss;
    const ms = await timed(async () => {
      for (let round = 0; round < rounds; round++) await cycle();
    });
    const grown = (process.memoryUsage().rss - before) / 1_048_576;
    const left = livingWith(`GANTRY_BENCH=${mark}`);
    return {
      name: "1,000 starts and ends of a server after as many (0 processes left, at most 10 MiB more)",
      each: `${left.length} processes left, ${grown.toFixed(1)} MiB more, ${(ms / rounds).toFixed(1)} ms each`,
    };
  } finally {
    await thread.terminate();
    await processes.close();
  }
}

/** Processes that have it in their environment. Linux. */
function livingWith(mark: string): string[] {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, "latin1").includes(mark);
    } catch {
      return false;
    }
  });
}
