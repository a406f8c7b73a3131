/** What one plugin's guests did so far, for facts and news: counts, the last problem, the end of its log. All of it bounded. */
import { nowMs } from "../../core/contract/clock.ts";
import type { GuestFacts, GuestNews } from "../../core/contract/guest.ts";
import type { PermissionKind } from "../../core/contract/permissions.ts";
import type { LogLevel } from "../guest-frames.ts";
import { plainText } from "../terminal-text.ts";
import type { Usage } from "./process-usage.ts";
import { createWindow } from "./window.ts";

const logLines = 200;
const maxLineChars = 2_000;
const maxMessageChars = 1_000;
/** News of one kind; what is more is counted and in the log, and not told one by one. */
const newsPerMinute = 20;

export interface Record {
  call(): void;
  crash(): void;
  problem(code: string, message: string): void;
  /** A request of this kind that a grant covered. */
  used(kind: PermissionKind, at: string): void;
  /** One that none did. */
  refused(kind: string, message: string): void;
  log(level: LogLevel, text: string): void;
  /** A process ended that used so much. */
  ran(usage: Usage): void;
  readonly lastProblem: GuestFacts["lastProblem"];
  facts(usage: Usage | undefined): Omit<GuestFacts, "plugin" | "state" | "pid" | "tier">;
}

export function createRecord(plugin: string, onNews: (news: GuestNews) => void): Record {
  const counts = { calls: 0, crashes: 0, refusals: 0 };
  const used: GuestFacts["used"] = {};
  const log: string[] = [];
  const refusals = createWindow({ windowMs: 60_000, nowMs });
  const lines = createWindow({ windowMs: 60_000, nowMs });
  const asides = createWindow({ windowMs: 60_000, nowMs });
  let lastProblem: GuestFacts["lastProblem"];
  let highestMiB = 0;
  let cpuSeconds = 0;
  return {
    call: () => void counts.calls++,
    crash: () => void counts.crashes++,
    problem(code, message) {
      lastProblem = { at: new Date().toISOString(), code, message: message.slice(0, maxMessageChars) };
    },
    used(kind, at) {
      used[kind] = { count: (used[kind]?.count ?? 0) + 1, lastAt: at };
    },
    refused(kind, message) {
      counts.refusals++;
      if (refusals.add(1) > newsPerMinute) return;
      onNews({ plugin, what: "refused", code: "PERMISSION_DENIED", message: `${kind}: ${message}`.slice(0, maxMessageChars) });
    },
    log(level, text) {
      const line = `${level}: ${plainText(text.slice(0, maxLineChars))}`;
      log.push(line);
      if (log.length > logLines) log.shift();
      // Of its own words what is less than a warning never crowds out one.
      const window = level === "warn" || level === "error" ? lines : asides;
      if (window.add(1) <= newsPerMinute) onNews({ plugin, what: "log", message: line });
    },
    ran(usage) {
      highestMiB = Math.max(highestMiB, usage.rssMiB);
      cpuSeconds += usage.cpuSeconds;
    },
    get lastProblem() {
      return lastProblem;
    },
    facts(usage) {
      return {
        ...counts,
        rssMiB: Math.round(Math.max(highestMiB, usage?.rssMiB ?? 0)),
        cpuSeconds: Math.round((cpuSeconds + (usage?.cpuSeconds ?? 0)) * 100) / 100,
        used: { ...used },
        log: [...log],
        ...(lastProblem === undefined ? {} : { lastProblem }),
      };
    },
  };
}
