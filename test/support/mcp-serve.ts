/** `gantry mcp serve`, and the SDK's own client on the other end of it. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  type CallToolResult,
  ElicitRequestSchema,
  type ElicitResult,
  LoggingMessageNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { onTestFinished } from "vitest";
import { type Bench, launcher } from "./cli.ts";

export interface ServedClient {
  client: Client;
  /** Of the server, over stdio. */
  pid: number | undefined;
  /** Messages of the questions that came. */
  asked: string[];
  notes: string[];
  stderr(): string;
  call(name: string, input: Record<string, unknown>, options?: Parameters<Client["callTool"]>[2]): Promise<CallToolResult>;
}

export interface ClientOptions {
  /** Absent: the client cannot be asked. */
  answer?: (message: string) => ElicitResult | Promise<ElicitResult>;
}

export async function overStdio(
  bench: Bench,
  args: readonly string[] = [],
  options: ClientOptions = {},
): Promise<ServedClient> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [launcher, "mcp", "serve", ...args],
    ...{ env: bench.env, cwd: bench.cwd, stderr: "pipe" },
  });
  let said = "";
  transport.stderr?.on("data", (chunk: Buffer) => (said += chunk));
  const served = await connected(transport, options).catch((error: Error) => {
    throw new Error(`${error.message}\n${said}`);
  });
  return { ...served, pid: transport.pid ?? undefined, stderr: () => said };
}

export interface HttpServer {
  url: URL;
  token: string;
  stderr(): string;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Resolves when it listens. */
export async function httpServer(bench: Bench, args: readonly string[] = []): Promise<HttpServer> {
  const { child, sees, finished } = bench.start(["mcp", "serve", "--http", ...args]);
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk));
  await sees("token: ");
  const [, url = ""] = /^url: (\S+)$/m.exec(said) ?? [];
  const [, token = ""] = /^token: (\S+)$/m.exec(said) ?? [];
  return {
    url: new URL(url),
    token,
    stderr: () => said,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return (await finished).exit;
    },
  };
}

export async function overHttp(
  { url, token }: Pick<HttpServer, "url" | "token">,
  options: ClientOptions = {},
): Promise<ServedClient> {
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization: `Bearer ${token}` } } });
  return { ...(await connected(transport as Transport, options)), pid: undefined, stderr: () => "" };
}

async function connected(transport: Transport, { answer }: ClientOptions): Promise<Omit<ServedClient, "pid" | "stderr">> {
  const asked: string[] = [];
  const notes: string[] = [];
  const client = new Client({ name: "test-client", version: "1.2.3" }, { capabilities: answer ? { elicitation: {} } : {} });
  if (answer)
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      asked.push(params.message);
      return await answer(params.message);
    });
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void notes.push(String(params.data)));
  await client.connect(transport);
  onTestFinished(async () => await client.close());
  return {
    ...{ client, asked, notes },
    call: async (name, input, options) =>
      (await client.callTool({ name, arguments: input }, undefined, options)) as CallToolResult,
  };
}

export function textOf({ content }: CallToolResult): string {
  return content.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n");
}
