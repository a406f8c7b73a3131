/** One server's authorization as the MCP thread makes it, and a user who logs in at once. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { McpOAuth, McpServerSpec } from "../../core/contract/mcp.ts";
import { type AuthOptions, createAuth, type McpAuth } from "../../plugins/mcp/auth/provider.ts";
import { createTokenStore, type TokenStore } from "../../plugins/mcp/auth/token-store.ts";

export interface Made {
  auth: McpAuth;
  problems: string[];
  /** Addresses that the user was asked to open. */
  opened: string[];
}

/** Like a browser whose user says yes: goes where the address leads, and on to the callback. The callback's answer. */
export async function browse(address: string): Promise<Response> {
  const answer = await fetch(address, { redirect: "manual" });
  return await fetch(answer.headers.get("location") ?? "about:blank");
}

/** The address that a browser would end at, unvisited. */
export async function endOf(address: string): Promise<URL> {
  const answer = await fetch(address, { redirect: "manual" });
  return new URL(answer.headers.get("location") ?? "about:blank");
}

export async function tokenFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), "gantry-mcp-auth-"));
  return { folder: join(root, "tokens"), remove: () => rm(root, { recursive: true, force: true }) };
}

export function makeAuth(
  url: URL,
  { folder, oauth = {}, name = "docs", ...over }: { folder: string; oauth?: McpOAuth; name?: string } & Partial<AuthOptions>,
): Made {
  const problems: string[] = [];
  const opened: string[] = [];
  const tokens: TokenStore = createTokenStore({ folder, useKeychain: false });
  const auth = createAuth({
    spec: specOf(name, url, oauth),
    url,
    tokens,
    fetch: (input, init) => fetch(input, init),
    askOpenUrl: async (address) => {
      opened.push(address);
      void browse(address).then((page) => page.text());
      return { opened: true };
    },
    askPasteCode: async (address) => {
      opened.push(address);
      return { text: (await endOf(address)).href };
    },
    onProblem: (problem) => problems.push(problem),
    ...over,
  });
  return { auth, problems, opened };
}

export function specOf(name: string, url: URL, oauth: McpOAuth): McpServerSpec {
  return {
    name,
    transport: { kind: "http", url: url.href, headers: {}, oauth },
    startTimeoutMs: 10_000,
    callTimeoutMs: 10_000,
    tools: { deny: [] },
    alwaysLoad: false,
    required: false,
    sampling: { answer: "deny", tokensPerSession: 0 },
    layer: "user",
    source: "a test",
  };
}

/** One request of a transport. */
export async function call(auth: McpAuth, url: URL): Promise<number> {
  const response = await auth.fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  await response.body?.cancel();
  return response.status;
}

export const soon = (ms = 20_000): AbortSignal => AbortSignal.timeout(ms);
