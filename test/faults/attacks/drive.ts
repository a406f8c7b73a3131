/** Drives a core of its own from a test: plugins are added, called and looked at over IPC. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { GuestFacts, GuestNews } from "../../../core/contract/guest.ts";
import { compileCache } from "../../support/children.ts";
import type { Ask, Ended, Setting } from "./core-child.ts";
import type { Place } from "./place.ts";

export type Tier = "with bubblewrap" | "without bubblewrap";
export const tiers: readonly Tier[] = ["with bubblewrap", "without bubblewrap"];

export interface Measured {
  lagMs: number;
  /** Of the resident memory, garbage too. */
  growthMiB: number;
  /** What is still held after a collection. */
  heldMiB: number;
  /** Object.prototype of the core has something that it should not. */
  polluted: boolean;
}

export interface Core {
  add(plugin: Omit<Extract<Ask, { op: "add" }>, "op">): Promise<void>;
  call(call: Omit<Extract<Ask, { op: "call" }>, "op">): Promise<Ended>;
  grant(plugin: string, grants: Extract<Ask, { op: "grant" }>["grants"]): Promise<void>;
  change(plugin: string, source: string): Promise<void>;
  remove(plugin: string): Promise<void>;
  /** `awaitsCrash`: what the user is told of a guest's end comes when it is gone, for which this waits. */
  facts(plugin: string, options?: { awaitsCrash: boolean }): Promise<{ facts: GuestFacts | undefined; news: GuestNews[] }>;
  /** Milliseconds that a built-in's call took. Throws when it was not answered as it should be. */
  builtin(): Promise<number>;
  measure(): Promise<Measured>;
  close(): Promise<void>;
}

export async function startCore(
  place: Place,
  tier: Tier,
  setting: Pick<Setting, "guestFolder" | "threadFile" | "limits">,
): Promise<Core> {
  const { root, workspace, home, canary } = place;
  const whole: Setting = { ...setting, root, workspace, home, require: tier === "with bubblewrap" ? "os" : "none", names };
  const child = fork(join(import.meta.dirname, "core-child.ts"), [JSON.stringify(whole)], {
    env: { PATH: process.env["PATH"] ?? "", HOME: home, CANARY: canary, NODE_NO_WARNINGS: "1", ...compileCache },
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ask = await talkTo(child);
  return {
    add: async (plugin) => void (await ask({ op: "add", ...plugin })),
    call: async (call) => (await ask({ op: "call", ...call })) as Ended,
    grant: async (plugin, grants) => void (await ask({ op: "grant", plugin, grants })),
    change: async (plugin, source) => void (await ask({ op: "change", plugin, source })),
    remove: async (plugin) => void (await ask({ op: "remove", plugin })),
    facts: async (plugin, options) =>
      (await ask({ op: "facts", plugin, awaitsCrash: options?.awaitsCrash ?? false })) as Awaited<ReturnType<Core["facts"]>>,
    builtin: async () => Number(await ask({ op: "builtin" })),
    measure: async () => (await ask({ op: "measure" })) as Measured,
    async close() {
      if (child.exitCode !== null) return;
      await ask({ op: "close" });
      await new Promise((resolve) => {
        child.once("exit", resolve);
        child.disconnect();
      });
    },
  };
}

/** Each name's answers in turn, the last again and again. */
const names: Setting["names"] = {
  "api.example.com": [["127.0.0.1"]],
  "private.example.com": [["10.1.2.3"]],
  "mapped.example.com": [["::ffff:127.0.0.1"]],
  "mixed.example.com": [["93.184.215.14", "127.0.0.1"]],
  "many.example.com": [Array.from({ length: 50 }, (_, i) => `93.184.215.${i}`)],
  "rebind.example.com": [["93.184.215.14"], ["127.0.0.1"], ["93.184.215.14"], ["::1"], ["127.0.0.1"]],
};

async function talkTo(child: ChildProcess): Promise<(ask: Ask) => Promise<unknown>> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  const wait = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
    });
  child.on("message", ({ id, ok, value }: { id: number; ok: boolean; value: unknown }) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (ok) one?.resolve(value);
    else one?.reject(new Error(`The core failed: ${String(value)}`));
  });
  child.once("exit", (code, signal) => {
    for (const one of waiting.values()) one.reject(new Error(`The core has ended: ${code ?? signal}`));
    waiting.clear();
  });
  await wait(0);
  return async (ask) => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("The core has ended before.");
    const answer = wait(++last);
    child.send({ id: last, ask });
    return await answer;
  };
}
