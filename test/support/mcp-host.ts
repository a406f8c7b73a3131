/** The servers of a runtime without the runtime: the built thread, real children, a registry. All of it is gone when the test ends. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { ToolOutcome } from "../../core/contract/execution.ts";
import type { McpServerFacts, McpServerSpec } from "../../core/contract/mcp.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import type { Mcp } from "../../core/mcp/mcp.ts";
import { createMcp, type McpOptions } from "../../core/mcp/servers.ts";
import { createRegistry, type Registry } from "../../core/registry.ts";
import { createProcesses } from "../../workers/processes.ts";
import { until } from "./alive.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
export const mcpThread = here("../../dist/mcp-thread.cjs");
export const frailThread = here("../fixtures/mcp/frail-thread.cjs");

/** A server of test/fixtures/mcp/plain-server.cjs. */
export function plainServer(name: string, options: object = {}, spec: Partial<McpServerSpec> = {}): McpServerSpec {
  return serverSpec(name, [here("../fixtures/mcp/plain-server.cjs"), JSON.stringify(options)], spec);
}

/** A program of Node.js. */
export function serverSpec(name: string, args: readonly string[], spec: Partial<McpServerSpec> = {}): McpServerSpec {
  return {
    name,
    transport: { kind: "stdio", command: process.execPath, args, env: {}, cwd: tmpdir() },
    ...{ startTimeoutMs: 30_000, callTimeoutMs: 30_000, tools: { deny: [] }, alwaysLoad: false, required: false },
    ...{ sampling: { answer: "ask", tokensPerSession: 1_000 }, layer: "user", source: "test:1" },
    ...spec,
  };
}

export interface Host {
  mcp: Mcp;
  registry: Registry;
  facts(server: string): McpServerFacts;
  /** Calls the tool of this name in the registry. */
  outcome(tool: string, input?: JsonObject, signal?: AbortSignal): Promise<ToolOutcome>;
  /** The same; the text of its result. */
  call(tool: string, input?: JsonObject, signal?: AbortSignal): Promise<string>;
  /** Living processes that the servers' mark is found in. */
  children(): Promise<number[]>;
  /** Resolves when the server is in this state. */
  becomes(server: string, state: McpServerFacts["state"]): Promise<void>;
  close(): Promise<void>;
}

export async function openHost(servers: readonly McpServerSpec[], options: Partial<McpOptions> = {}): Promise<Host> {
  const folder = await mkdtemp(path.join(tmpdir(), "gantry-mcp-"));
  const env = { ...options.env, PATH: process.env["PATH"], HOME: folder };
  const processes = createProcesses({ env });
  const registry = createRegistry();
  const mark = `gantry-test-${path.basename(folder)}`;
  const mcp = createMcp({
    ...{
      version: "1.0.0",
      roots: () => [],
      tokenFolder: folder,
      useKeychain: false,
      filename: mcpThread,
      registry,
    },
    ...options,
    ...{
      env,
      processes: async () => processes,
      config: { servers: servers.map((spec) => marked(spec, mark)), waiting: [], disabled: [] },
    },
  });
  const close = async (): Promise<void> => {
    await mcp.close();
    await processes.close();
  };
  onTestFinished(async () => {
    await close();
    await rm(folder, { recursive: true, force: true });
  });
  const facts = (server: string): McpServerFacts => {
    const found = mcp.facts().find(({ name }) => name === server);
    if (found === undefined) throw new Error(`there is no server ${server}`);
    return found;
  };
  return {
    ...{ mcp, registry, facts, close },
    children: () => withVariable("GANTRY_TEST", mark),
    becomes: async (server, state) => await until(() => facts(server).state === state, `${server} never became ${state}`),
    outcome: async (name, input, signal) => await runTool(registry, folder, { name, input, signal }),
    async call(name, input, signal) {
      const { content } = await runTool(registry, folder, { name, input, signal });
      return content.map((block) => (block.type === "text" ? block.text : `[${block.mediaType}]`)).join("\n");
    },
  };
}

interface ToolRun {
  name: string;
  input: JsonObject | undefined;
  signal: AbortSignal | undefined;
}

async function runTool(registry: Registry, folder: string, { name, ...given }: ToolRun): Promise<ToolOutcome> {
  const tool = registry.findTool(name);
  if (tool === undefined) throw new Error(`there is no tool ${name}`);
  const { input = {}, signal = new AbortController().signal } = given;
  return await tool.execute({
    ...{ callId: "c", sessionId: "s", input, cwd: folder, signal, timeoutMs: tool.timeoutMs ?? 30_000 },
    reach: { workspace: folder, roots: [], approved: [], hidden: [] },
    coreEffects: { shells: {} as never, lastRead: async () => undefined, askUser: undefined },
    onProgress: () => undefined,
  });
}

function marked(spec: McpServerSpec, mark: string): McpServerSpec {
  if (spec.transport.kind !== "stdio") return spec;
  return { ...spec, transport: { ...spec.transport, env: { ...spec.transport.env, GANTRY_TEST: mark } } };
}

/** Ids of living processes (no zombies) that were given this variable. Linux. */
export async function withVariable(name: string, value: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((pid) => /^\d+$/.test(pid));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
      return `\0${environ}`.includes(`\0${name}=${value}`) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}
