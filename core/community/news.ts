/** What guests did that no call's result tells: notes for every open session, from the plugin, and the hook plugin.crash. */
import { nowMs } from "../contract/clock.ts";
import type { GuestNews } from "../contract/guest.ts";
import type { Hooks } from "../hooks.ts";
import type { Listeners } from "../session-listeners.ts";

export interface Teller {
  news(news: GuestNews): void;
  note(plugin: string, text: string): void;
  /** Resolves when a crash of the plugin was told, or none is heard of: its call fails some moments before its process is gone. */
  crashTold(plugin: string): Promise<void>;
}

const crashWithinMs = 1_500;

/** A plugin that is refused all the time says so often enough with this. */
const mostNotes = 50;

interface TellerOptions {
  hooks: Hooks;
  listeners: Listeners;
  /** Told of what guests log. */
  onLog?(plugin: string, line: string): void;
}

export function createTeller({ hooks, listeners, onLog }: TellerOptions): Teller {
  const crashes = new Map<string, number>();
  const told = new Map<string, Set<string>>();
  const lastCrash = new Map<string, number>();
  const waiting = new Map<string, PromiseWithResolvers<void>>();

  /** The same words once, and of one plugin only so many. */
  function note(plugin: string, text: string): void {
    const known = told.get(plugin) ?? new Set();
    told.set(plugin, known);
    if (known.has(text) || known.size > mostNotes) return;
    known.add(text);
    const last = known.size > mostNotes ? " (what else it does is not told any more: gantry plugins inspect)" : "";
    listeners.tellAll({ text: `${text}${last}`, from: plugin });
  }

  return {
    note,
    async crashTold(plugin) {
      if (nowMs() - (lastCrash.get(plugin) ?? Number.NEGATIVE_INFINITY) < crashWithinMs) return;
      const crash = waiting.get(plugin) ?? Promise.withResolvers<void>();
      waiting.set(plugin, crash);
      const timer = setTimeout(crash.resolve, crashWithinMs);
      await crash.promise.finally(() => clearTimeout(timer));
      waiting.delete(plugin);
    },
    news({ plugin, what, code, message }) {
      if (what === "log") return onLog?.(plugin, message);
      if (what !== "crash") return note(plugin, `${what === "refused" ? "refused: " : ""}${message}`);
      const count = (crashes.get(plugin) ?? 0) + 1;
      crashes.set(plugin, count);
      lastCrash.set(plugin, nowMs());
      note(plugin, `its process ended (${count}): ${message}`);
      waiting.get(plugin)?.resolve();
      const crash = { plugin, code: code ?? "GUEST_CRASHED", message, crashes: count };
      // Nobody waits for it: a crash must not hold up what it has already broken.
      listeners.background(hooks.observe("plugin.crash", crash), undefined);
    },
  };
}
