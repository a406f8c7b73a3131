/** The MCP thread from its sources, as a real thread, with what it said so far and waits for what it will say. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { McpCatalog, McpMethod, McpServerFacts, McpServerSpec, McpTransport } from "../../core/contract/mcp.ts";
import type { FromMcp, McpBounds, McpThreadData, ToMcp } from "../../core/contract/mcp-frames.ts";
import type { Json } from "../../core/contract/messages.ts";

const entry = new URL("../../plugins/mcp/thread/main.ts", import.meta.url);
export const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/mcp/${name}`, import.meta.url));

const bounds: McpBounds = {
  ...{ maxMessageBytes: 16 * 1024 * 1024, maxMessagesPerSecond: 2000, floodMs: 1500, stderrBytes: 64 * 1024 },
  ...{ endMs: 1000, pingEveryMs: 0, retryMs: 50, retryMaxMs: 200, maxRetries: 3 },
};

export type Result = FromMcp & { type: "result" };
export type Ask = FromMcp & { type: "ask" };
type FrameOf<T extends FromMcp["type"]> = FromMcp & { type: T };

export interface ThreadUnderTest {
  readonly frames: FromMcp[];
  send(frame: ToMcp): void;
  open(spec: Partial<McpServerSpec> & { name: string }, reaperFd?: number): void;
  /** The first frame of the type that fits, of those since `from` (default: all) or to come. */
  until<T extends FromMcp["type"]>(type: T, fits?: (frame: FrameOf<T>) => boolean, from?: number): Promise<FrameOf<T>>;
  state(server: string, state: McpServerFacts["state"], from?: number): Promise<McpServerFacts>;
  facts(server: string): McpServerFacts | undefined;
  catalog(server: string): McpCatalog | undefined;
  /** Its id is the number of requests before it and 1. */
  request(server: string, method: McpMethod, params: Json, timeoutMs?: number): Promise<Result>;
  call(server: string, tool: string, args?: Record<string, Json>, timeoutMs?: number): Promise<Result>;
  readonly lastId: number;
  close(): Promise<void>;
}

export function startThread(
  data: Omit<Partial<McpThreadData>, "bounds"> & { bounds?: Partial<McpBounds> } = {},
): ThreadUnderTest {
  const childEnv = { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent" };
  const rest = { version: "0.0.0", childEnv, netEnv: {}, tokenFolder: "/nonexistent/tokens", useKeychain: false };
  const worker = new Worker(entry, { workerData: { ...rest, ...data, bounds: { ...bounds, ...data.bounds } } });
  const frames: FromMcp[] = [];
  const waits = new Set<() => void>();
  let lastId = 0;
  let gone: Error | undefined;
  const check = (): void => {
    for (const wait of waits) wait();
  };
  worker.on("message", (frame: FromMcp) => {
    frames.push(frame);
    check();
  });
  worker.on("error", (error) => {
    gone = error as Error;
    check();
  });

  function until<T extends FromMcp["type"]>(
    type: T,
    fits: (frame: FrameOf<T>) => boolean = () => true,
    from = 0,
  ): Promise<FrameOf<T>> {
    return new Promise((resolve, reject) => {
      let next = from;
      const wait = (): void => {
        for (; next < frames.length; next++) {
          const frame = frames[next] as FrameOf<T>;
          if (frame.type !== type || !fits(frame)) continue;
          waits.delete(wait);
          resolve(frame);
          return;
        }
        if (gone !== undefined) reject(gone);
      };
      waits.add(wait);
      wait();
    });
  }

  const send = (frame: ToMcp): void => worker.postMessage(frame);
  const newest = <T extends FromMcp["type"]>(type: T, fits: (frame: FrameOf<T>) => boolean) =>
    frames.findLast((frame) => frame.type === type && fits(frame as FrameOf<T>)) as FrameOf<T> | undefined;
  const request: ThreadUnderTest["request"] = (server, method, params, timeoutMs = 20_000) => {
    const id = ++lastId;
    send({ type: "request", id, server, method, params, timeoutMs });
    return until("result", (frame) => frame.id === id);
  };
  return {
    ...{ frames, send, until, request },
    get lastId() {
      return lastId;
    },
    open(spec, reaperFd) {
      send({ type: "open", spec: specOf(spec), roots: ["file:///work"], ...(reaperFd === undefined ? {} : { reaperFd }) });
    },
    state: async (server, state, from) =>
      (await until("facts", ({ facts }) => facts.name === server && facts.state === state, from)).facts,
    facts: (server) => newest("facts", ({ facts }) => facts.name === server)?.facts,
    catalog(server) {
      const told = frames.flatMap((frame) =>
        frame.type === "catalog" && frame.server === server ? [JSON.parse(frame.json)] : [],
      );
      return told.length === 0 ? undefined : (Object.assign({}, ...told) as McpCatalog);
    },
    call: (server, tool, args = {}, timeoutMs) => request(server, "callTool", { name: tool, arguments: args }, timeoutMs),
    async close() {
      const over = once(worker, "exit");
      send({ type: "end" });
      await over;
    },
  };
}

function specOf(spec: Partial<McpServerSpec> & { name: string }): McpServerSpec {
  return {
    ...{ transport: hostile("good"), startTimeoutMs: 20_000, callTimeoutMs: 20_000, tools: { deny: [] }, alwaysLoad: false },
    ...{ required: false, sampling: { answer: "ask", tokensPerSession: 1000 }, layer: "user", source: "test:1" },
    ...spec,
  };
}

/** The scriptable stdio server in one of its modes. */
export function hostile(mode: string): McpTransport {
  return program(process.execPath, [fixture("hostile-stdio.cjs"), mode]);
}

export function program(command: string, args: string[] = []): McpTransport {
  return { kind: "stdio", command, args, env: {}, cwd: "/" };
}

export function address(
  url: string,
  { kind = "http", headers = {} }: { kind?: "http" | "sse"; headers?: Record<string, string> } = {},
): McpTransport {
  return { kind, url, headers, oauth: {} };
}

export interface HttpServer {
  url(path: string): string;
  seen(): Promise<{ method: string; url: string; host: string; authorization?: string; key?: string; last?: string }[]>;
  close(): Promise<void>;
}

export async function startHttpServer(): Promise<HttpServer> {
  const child: ChildProcess = spawn(process.execPath, [fixture("hostile-http.cjs")], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = child.stdout === null ? [] : await once(child.stdout, "data");
  const origin = `http://127.0.0.1:${Number(String(line))}`;
  return {
    url: (path) => `${origin}${path}`,
    seen: async () => (await (await fetch(`${origin}/seen`)).json()) as Awaited<ReturnType<HttpServer["seen"]>>,
    async close() {
      const over = once(child, "exit");
      child.kill();
      await over;
    },
  };
}

/** The text of a result that is one. */
export function textOf(result: Result): string {
  if (!result.ok) return `${result.code}: ${result.message}`;
  const { content } = result.value as { content: { type: string; text?: string }[] };
  return content.map(({ text }) => text ?? "").join("");
}

export function codeOf(result: Result): string | undefined {
  return result.ok ? undefined : result.code;
}
