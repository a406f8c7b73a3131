/** What one start and end of a server leaves in the thread: nothing. Counted after a garbage collection. */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { BroadcastChannel } from "node:worker_threads";
import { afterAll, expect, test, vi } from "vitest";
import type { McpServerSpec } from "../../core/contract/mcp.ts";
import type { FromMcp, ToMcp } from "../../core/contract/mcp-frames.ts";
import { startMcpThread } from "../../workers/mcp-thread.ts";
import { fixture } from "../support/mcp-thread.ts";

const folder = `/nonexistent/${randomUUID()}`;
const channel = new BroadcastChannel(folder);
const told = new Map<string, () => void>();
const thread = startMcpThread({
  filename: fixture("counted-thread.mjs"),
  data: {
    ...{ version: "0.0.0", childEnv: { PATH: process.env["PATH"] ?? "" }, netEnv: {}, tokenFolder: folder, useKeychain: false },
    bounds: {
      ...{ maxMessageBytes: 1024 * 1024, maxMessagesPerSecond: 2000, stderrBytes: 65_536, endMs: 1000, pingEveryMs: 30_000 },
      ...{ retryMs: 50, retryMaxMs: 200, maxRetries: 0 },
    },
  },
  onFrame(frame: FromMcp) {
    if (frame.type === "facts") told.get(frame.facts.state)?.();
  },
  onGone: (why) => {
    throw new Error(why);
  },
});
afterAll(async () => {
  channel.close();
  await thread.terminate();
});

async function until(state: string, frame: ToMcp): Promise<void> {
  await new Promise<void>((resolve) => {
    told.set(state, resolve);
    thread.send(frame);
  });
  told.delete(state);
}

function spec(command: string, args: string[]): McpServerSpec {
  return {
    ...{ name: "one", alwaysLoad: false, required: false, layer: "user", source: "test" },
    transport: { kind: "stdio", command, args, env: {}, cwd: "/" },
    ...{ startTimeoutMs: 20_000, callTimeoutMs: 20_000, tools: { deny: [] } },
    sampling: { answer: "deny", tokensPerSession: 0 },
  };
}

async function cycles(count: number): Promise<void> {
  const tiny = fileURLToPath(new URL("../bench/tiny-server.sh", import.meta.url));
  for (let cycle = 0; cycle < count; cycle++) {
    await until("ready", { type: "open", spec: spec("/bin/sh", [tiny]), roots: [] });
    await until("failed", { type: "open", spec: spec("/bin/sh", ["-c", "exit 3"]), roots: [] });
    await until("stopped", { type: "close", server: "one" });
  }
}

async function counted(): Promise<Record<string, number>> {
  return await new Promise((resolve) => {
    channel.onmessage = (event) => resolve((event as { data: Record<string, number> }).data);
    channel.postMessage("count");
  });
}

const settled = { timeout: 30_000, interval: 200 };

test("twenty starts and ends leave no child, no pipe, no client and nothing that waits, of servers that work and that fail", async () => {
  await cycles(2);
  // The pipes of a child that is gone are read for a moment longer.
  const first = await vi.waitFor(async () => {
    const counts = await counted();
    expect(counts).toMatchObject({ ChildProcess: 0 });
    return counts;
  }, settled);
  await cycles(20);
  await vi.waitFor(async () => expect(await counted()).toEqual(first), settled);
});
