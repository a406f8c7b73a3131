/** The plugin whose guests are measured, and its calls. */
import type { CallTarget } from "../../core/contract/frames.ts";
import type { Guests } from "../../core/contract/guest.ts";
import type { PluginManifest } from "../../core/contract/manifest.ts";
import type { Json } from "../../core/contract/messages.ts";
import type { Grants } from "../../core/contract/permissions.ts";
import type { GuestCore } from "../support/guest-core.ts";

const grants: Grants = { "fs.read": ["./**"], storage: "64KiB", "hook.tap": ["tool.approve:*"] };

export interface Bench {
  core: GuestCore;
  workspace: string;
  home: string;
}

/** A tool that answers, one that reads a file, one that floods, and a judge. */
const source = (name: string): string => `(async (__gantry) => {
  const tool = (name, execute) => ({ name, description: name, input: () => ({ type: "object" }), effect: "runs", execute });
  __gantry({ name: "${name}", description: "bench", tools: [
    tool("Echo", (input) => input.text),
    tool("Read", async (_, ctx) => (await ctx.fs.read("large.txt")).bytes.length),
    tool("Flood", async (_, ctx) => {
      for (let i = 0; !ctx.signal.aborted; i++) {
        ctx.progress("line " + i);
        ctx.log("line " + i);
        await Promise.allSettled(Array.from({ length: 32 }, () => ctx.storage.get("a")));
      }
    }),
  ], taps: [{ on: "tool.approve", kind: "judge", name: "j", run: () => ({ verdict: "allow" }) }] });
})`;

function manifestOf(name: string): PluginManifest {
  const tools = ["Echo", "Read", "Flood"].map((tool) => ({
    ...{ name: tool, description: tool, inputSchema: { type: "object" }, effect: "runs" as const },
  }));
  const taps = [{ on: "tool.approve" as const, kind: "judge" as const, name: "j", stage: 0 }];
  return {
    name,
    version: "1.0.0",
    description: "bench",
    permissions: grants,
    contributes: { tools, commands: [], taps, providers: [] },
  };
}

export function open({ core }: Bench, names: readonly string[]): Guests {
  const opened = core.guestsWith({ sourceOf: async (name) => source(name) });
  for (const name of names) {
    const plugin = { name, version: "1.0.0", manifest: manifestOf(name), bundleFile: "/", sha512: "", options: {} };
    opened.add({ ...plugin, grants: () => grants });
  }
  return opened;
}

export function call(
  { core, workspace, home }: Bench,
  all: Guests,
  plugin: string,
  target: CallTarget,
  options: { input?: Json; signal?: AbortSignal } = {},
): Promise<Json> {
  return all.call(plugin, {
    ...{ target, input: options.input ?? {}, timeoutMs: 60_000, signal: options.signal ?? new AbortController().signal },
    context: { callId: "1", cwd: workspace, workspace, sessionId: "s" },
    services: {
      effect: "runs",
      home,
      core: core.coreEffects,
      reach: { workspace, roots: [workspace], approved: [], hidden: [] },
    },
  });
}

export const echo: CallTarget = { part: "tool", name: "Echo" };
export const text = { text: "hello" };
