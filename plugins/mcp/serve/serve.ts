/** The two ways to be reached. Each resolves when serving has ended: by the end of stdin, or by the command's signal. */
import type { CommandContext } from "gantry/plugin";
import { connectClient, type Served } from "./connection.ts";
import { type HttpOptions, listenOnLoopback } from "./http-server.ts";
import { createStdioTransport } from "./stdio.ts";
import { newToken, readToken } from "./token.ts";

export async function serveStdio(served: Served, { host, signal, warn, say, terminal }: CommandContext): Promise<void> {
  if (terminal.isTerminal) say("Speaking MCP on stdin and stdout, which is for a client to start. Ctrl-C ends it.");
  const transport = createStdioTransport(host.serve.stdio, { signal, warn });
  const connection = await connectClient(transport, { served, via: "stdio", warn });
  await transport.ended;
  await connection.close();
  await transport.drain();
}

export async function serveOverHttp(
  served: Served,
  { port, tokenFile }: { port: number; tokenFile: string | undefined },
  { say, warn, signal, cwd }: CommandContext,
): Promise<void> {
  const token = tokenFile === undefined ? newToken() : await readToken(tokenFile, cwd);
  const options: HttpOptions = { served, port, token, warn };
  const listening = await listenOnLoopback(options);
  say(`MCP server for ${served.cwd}`);
  say(`url: ${listening.url}`);
  say(tokenFile === undefined ? `token: ${token}` : `token: the one in ${tokenFile}`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await listening.close();
}
