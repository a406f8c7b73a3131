/**
 * A core of its own for attacks: guests, a broker and a pool of built-in tools in one process, driven over IPC by drive.ts, which
 * measures its own memory and loop. `node core-child.ts SETTING`, the setting as JSON.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { codeOf, GantryError, messageOf } from "../../../core/contract/errors.ts";
import type { GuestCall, GuestLimits, GuestNews, Guests } from "../../../core/contract/guest.ts";
import type { PluginManifest } from "../../../core/contract/manifest.ts";
import type { Json, JsonObject } from "../../../core/contract/messages.ts";
import type { Grants } from "../../../core/contract/permissions.ts";
import { openGuestCore } from "../../support/guest-core.ts";
import { measure } from "./core-measure.ts";

export interface Setting {
  root: string;
  workspace: string;
  home: string;
  /** dist/guest of this run, and the bundle of the built-in tools' thread. */
  guestFolder: string;
  threadFile: string;
  limits: Partial<GuestLimits>;
  require: "none" | "os";
  /** What names resolve to; each answer of a name in turn. */
  names: Record<string, string[][]>;
}

export type Ask =
  | {
      op: "add";
      name: string;
      source: string;
      manifest: PluginManifest;
      grants: Grants;
      options?: JsonObject;
      limits?: Partial<GuestLimits>;
      folder?: string;
    }
  | {
      op: "call";
      plugin: string;
      tool: string;
      input: Json;
      timeoutMs: number;
      cancelAfterMs?: number;
      effect?: "reads" | "runs";
    }
  | { op: "grant"; plugin: string; grants: Grants }
  /** Its bundle on disk becomes another text. */
  | { op: "change"; plugin: string; source: string }
  | { op: "remove"; plugin: string }
  | { op: "facts"; plugin: string; awaitsCrash: boolean }
  | { op: "builtin" }
  | { op: "measure" }
  | { op: "close" };

interface Held {
  guests: Guests;
  grants: Grants;
  source(): Promise<string>;
  news: GuestNews[];
}

/** How a call ended, and what the user was shown during it. */
export interface Ended {
  value?: Json;
  code?: string;
  message?: string;
  /** Anything that was thrown without a row of the table. */
  odd?: string;
  progress: { count: number; last: string };
}

const setting = JSON.parse(process.argv[2] ?? "{}") as Setting;
const core = openGuestCore({ ...setting, folder: join(setting.root, "core") });
const held = new Map<string, Held>();
const kinds = new Map<string, Guests>();

function add(ask: Extract<Ask, { op: "add" }>): void {
  const folder = join(setting.root, "core/bundles", ask.name);
  mkdirSync(folder, { recursive: true });
  const bundleFile = join(folder, "plugin.js");
  writeFileSync(bundleFile, ask.source);
  const sha512 = hashOf(ask.source);
  const entry: Held = {
    ...{ guests: guestsFor(ask), grants: ask.grants, news: [] },
    async source() {
      const text = await readFile(bundleFile, "utf8");
      if (hashOf(text) !== sha512) throw new GantryError("PLUGIN_CHANGED", `${bundleFile} is not what was installed.`);
      return text;
    },
  };
  held.set(ask.name, entry);
  entry.guests.add({
    ...{ name: ask.name, version: "1.0.0", manifest: ask.manifest, bundleFile, sha512, options: ask.options ?? {} },
    grants: () => entry.grants,
  });
}

/** Plugins with the same limits and far side share one table of guests, as those of a runtime do. */
function guestsFor({ limits, folder }: Extract<Ask, { op: "add" }>): Guests {
  const kind = JSON.stringify([limits, folder]);
  const known = kinds.get(kind);
  if (known !== undefined) return known;
  const guests = core.guestsWith({
    limits: { ...setting.limits, ...limits },
    ...(folder !== undefined && { folder }),
    sourceOf: (name) => entryOf(name).source(),
    onNews(news) {
      const told = held.get(news.plugin)?.news ?? [];
      told.push({ ...news, message: news.message.slice(0, 4_000) });
      if (told.length > 200) told.shift();
    },
  });
  kinds.set(kind, guests);
  return guests;
}

function hashOf(text: string): string {
  return createHash("sha512").update(text).digest("hex");
}

async function call(ask: Extract<Ask, { op: "call" }>): Promise<Ended> {
  const entry = entryOf(ask.plugin);
  const stop = new AbortController();
  const timer =
    ask.cancelAfterMs === undefined
      ? undefined
      : globalThis.setTimeout(() => stop.abort(new GantryError("TOOL_INTERRUPTED", "cancelled")), ask.cancelAfterMs);
  const progress = { count: 0, last: "" };
  const request: GuestCall = {
    ...{ target: { part: "tool", name: ask.tool }, input: ask.input, signal: stop.signal, timeoutMs: ask.timeoutMs },
    context: { callId: `${ask.plugin}-${Math.random()}`, cwd: setting.workspace, workspace: setting.workspace, sessionId: "s" },
    services: {
      ...{ effect: ask.effect ?? "runs", home: setting.home, core: core.coreEffects },
      reach: { workspace: setting.workspace, roots: [setting.workspace], approved: [], hidden: [core.hidden] },
      onProgress(text) {
        progress.count++;
        progress.last = text.slice(0, 1_000);
      },
    },
  };
  try {
    const value = await entry.guests.call(ask.plugin, request);
    return { value: cut(value), progress };
  } catch (error) {
    const code = codeOf(error);
    return {
      ...(code === undefined ? { odd: String(error instanceof Error ? error.stack : error) } : { code }),
      message: messageOf(error),
      progress,
    };
  } finally {
    clearTimeout(timer);
  }
}

/** Long answers are cut on their way to the test; it compares short ones. */
function cut(value: Json): Json {
  const text = JSON.stringify(value) ?? "null";
  return text.length > 100_000 ? `${text.slice(0, 100)}… of ${text.length}` : value;
}

/** Read of the built-ins, in its thread. */
async function builtin(): Promise<number> {
  const { workspace } = setting;
  const startedAt = performance.now();
  const outcome = await core.pool.execute("files", { name: "Read" })({
    ...{ callId: "builtin", input: { file_path: join(workspace, "notes.txt") }, cwd: workspace, timeoutMs: 30_000 },
    reach: { workspace, roots: [workspace], approved: [], hidden: [] },
    ...{ signal: new AbortController().signal, coreEffects: core.coreEffects, onProgress: () => undefined },
  });
  const text = JSON.stringify(outcome.content);
  if (outcome.isError || !text.includes("notes")) throw new Error(`The built-in answered ${text}`);
  return performance.now() - startedAt;
}

/** At most five seconds: what did not come by then, the test misses. */
async function crashOf(news: readonly GuestNews[]): Promise<void> {
  for (let look = 0; look < 100 && !news.some(({ what }) => what === "crash"); look++) await setTimeout(50);
}

function entryOf(plugin: string): Held {
  const entry = held.get(plugin);
  if (entry === undefined) throw new Error(`${plugin} was not added`);
  return entry;
}

async function answer(ask: Ask): Promise<unknown> {
  switch (ask.op) {
    case "add":
      return add(ask);
    case "call":
      return await call(ask);
    case "grant":
      entryOf(ask.plugin).grants = ask.grants;
      return;
    case "change":
      return writeFileSync(join(setting.root, "core/bundles", ask.plugin, "plugin.js"), ask.source);
    case "remove": {
      const entry = entryOf(ask.plugin);
      held.delete(ask.plugin);
      return await entry.guests.remove(ask.plugin);
    }
    case "facts": {
      const { guests, news } = entryOf(ask.plugin);
      if (ask.awaitsCrash) await crashOf(news);
      return { facts: guests.facts().find(({ plugin }) => plugin === ask.plugin), news };
    }
    case "builtin":
      return await builtin();
    case "measure":
      return await measure();
    case "close":
      await core.close();
      return;
  }
}

process.on("message", ({ id, ask }: { id: number; ask: Ask }) => {
  answer(ask).then(
    (value) => process.send?.({ id, ok: true, value: value ?? null }),
    (error: unknown) => process.send?.({ id, ok: false, value: String(error instanceof Error ? error.stack : error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ id: 0, ok: true, value: "ready" });
