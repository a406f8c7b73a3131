/** MCP servers of npm, as entries of an `mcpServers` map, and the config file that names them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Bench } from "./cli.ts";

const packages = fileURLToPath(new URL("../../node_modules/@modelcontextprotocol/", import.meta.url));

type Entry = Record<string, unknown>;

/** `args` follow the server's module. */
export function npmServer(name: "everything" | "filesystem" | "memory", args: readonly string[] = [], more: Entry = {}): Entry {
  return { command: process.execPath, args: [path.join(packages, `server-${name}/dist/index.js`), ...args], ...more };
}

/** Writes the map; hands back the flags that name it. */
export async function serversOf(bench: Pick<Bench, "home">, servers: Record<string, Entry>): Promise<string[]> {
  const file = path.join(bench.home, "servers.json");
  await writeFile(file, JSON.stringify({ mcpServers: servers }));
  return ["--mcp-config", file];
}

export interface HttpServer {
  url: string;
  port: number;
  end(): Promise<void>;
}

/** server-everything over HTTP on loopback, gone when the test ends. `port`: any free one by default. */
export async function everythingOverHttp(kind: "streamableHttp" | "sse", port?: number): Promise<HttpServer> {
  if (port !== undefined) return await everythingOn(port, kind);
  // One that is free may be taken before the server has it.
  for (let attempt = 1; attempt < 3; attempt++) {
    const server = await everythingOn(await freePort(), kind).catch(() => undefined);
    if (server !== undefined) return server;
  }
  return await everythingOn(await freePort(), kind);
}

async function everythingOn(port: number, kind: "streamableHttp" | "sse"): Promise<HttpServer> {
  const child = spawn(process.execPath, [path.join(packages, "server-everything/dist/index.js"), kind], {
    env: { PATH: process.env["PATH"] ?? "", PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
      if (/(listening|running) on port/i.test(said)) resolve();
    });
    child.once("exit", () => reject(new Error(`server-everything ended: ${said}`)));
  });
  return {
    url: `http://127.0.0.1:${port}/${kind === "sse" ? "sse" : "mcp"}`,
    port,
    async end() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return address.port;
}
