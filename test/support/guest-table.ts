/** Real guests without the rest of a core: plugins written as text, requests answered by the test. */
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { GuestCall, GuestLimits, GuestNews, GuestPlugin, Guests } from "../../core/contract/guest.ts";
import type { PluginManifest } from "../../core/contract/manifest.ts";
import type { Json } from "../../core/contract/messages.ts";
import type { ToolEffect } from "../../core/contract/plugin.ts";
import { createGuestTable } from "../../workers/guests/table.ts";

export const limits: GuestLimits = {
  ...{ rssMiB: 512, heapMiB: 128, cpuSeconds: 10, pendingCalls: 64, requestsPerSecond: 200 },
  ...{
    bytesPerSecond: 8 * 1024 * 1024,
    timers: 1_000,
    logBytesPerMinute: 1024 * 1024,
    callTimeoutMs: 30_000,
    idleSeconds: 300,
  },
};

export const guestFolder = join(import.meta.dirname, "../../dist/guest");

/** The text of a bundle with one tool for each body, and what else is given as source. */
export function sourceWith(name: string, tools: Record<string, string>, more = ""): string {
  const each = Object.entries(tools).map(
    ([tool, body]) =>
      `{name:${JSON.stringify(tool)},description:"d",effect:"session",input:()=>({type:"object"}),async execute(input,ctx){${body}}}`,
  );
  return `(async (__gantry) => { __gantry({name:${JSON.stringify(name)},description:"d",permissions:{},tools:[${each.join(",")}]${more}}) })`;
}

export function pluginWith(name: string, tools: readonly string[], providers: string[] = []): GuestPlugin {
  const effect: ToolEffect = "session";
  const manifest: PluginManifest = {
    ...{ name, version: "1.0.0", description: "d", permissions: {} },
    contributes: {
      tools: tools.map((tool) => ({ name: tool, description: "d", inputSchema: { type: "object" }, effect })),
      ...{ commands: [], taps: [], providers },
    },
  };
  return { name, version: "1.0.0", manifest, bundleFile: "/none", sha512: "", grants: () => ({}), options: {} };
}

export interface OpenTable {
  guests: Guests;
  news: GuestNews[];
  /** Groups that were started, and those that have ended. */
  started: number[];
  ended: number[];
  sources: Map<string, string>;
  /** Adds a plugin of these tools. */
  add(name: string, tools: Record<string, string>): void;
  call(plugin: string, tool: string, more?: Partial<GuestCall>): Promise<Json>;
}

export interface TableOptions {
  limits?: Partial<GuestLimits>;
  folder?: string;
  useBoundary?: boolean;
  require?: "none" | "os";
  perform?(method: string, args: readonly Json[], signal: AbortSignal): Promise<Json>;
  onNews?(news: GuestNews): void;
}

export function openTable(options: TableOptions = {}): OpenTable {
  const news: GuestNews[] = [];
  const started: number[] = [];
  const ended: number[] = [];
  const sources = new Map<string, string>();
  const guests = createGuestTable({
    folder: realpathSync(options.folder ?? guestFolder),
    limits: { ...limits, ...options.limits },
    require: options.require ?? "none",
    useBoundary: options.useBoundary ?? false,
    groups: { add: (group) => started.push(group), remove: (group) => ended.push(group) },
    async sourceOf({ name }) {
      const source = sources.get(name);
      if (source === undefined) throw Object.assign(new Error(`the bytes of ${name} are others`), { code: "PLUGIN_CHANGED" });
      return source;
    },
    createBroker: async () => ({
      perform: async (method, args, { signal }) => (await options.perform?.(method, args, signal)) ?? null,
      ...{ endCall: () => undefined, close: () => undefined },
    }),
    onNews(one) {
      news.push(one);
      options.onNews?.(one);
    },
  });
  return {
    ...{ guests, news, started, ended, sources },
    add(name, tools) {
      sources.set(name, sourceWith(name, tools));
      guests.add(pluginWith(name, Object.keys(tools)));
    },
    call: (plugin, tool, more = {}) => guests.call(plugin, callOf({ part: "tool", name: tool }, more)),
  };
}

export function callOf(target: GuestCall["target"], more: Partial<GuestCall> = {}): GuestCall {
  return {
    ...{ target, input: {}, context: { callId: "c", cwd: "/", workspace: "/" } },
    services: { reach: { workspace: "/", roots: [], approved: [], hidden: [] }, home: "/" },
    ...{ signal: new AbortController().signal, timeoutMs: 20_000 },
    ...more,
  };
}

/** What a call of ours failed with. */
export async function failure(work: Promise<unknown>): Promise<{ code?: string; message: string }> {
  return await work.then(
    (value) => ({ message: `it did not fail: ${JSON.stringify(value)}` }),
    ({ code, message }) => ({ code, message }),
  );
}

/** Whether it lives; one that has ended and waits to be asked about does not. */
export function hasProcess(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** Working folders that guests have left. */
export function leftFolders(temporary: string): string[] {
  return readdirSync(temporary).filter((name) => name.startsWith("gantry-guest-"));
}
