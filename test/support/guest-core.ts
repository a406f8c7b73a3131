/** The parts of a core that guests need, real ones and none besides: guests, broker, pool, programs; for attacks and measurements. */
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { CoreEffects } from "../../core/contract/execution.ts";
import type { GuestLimits, GuestNews, Guests } from "../../core/contract/guest.ts";
import { secretPaths } from "../../core/permission/files/secret-files.ts";
import type { BrokerHost } from "../../workers/broker.ts";
import type { Address } from "../../workers/effects/net-hop.ts";
import { createGuests } from "../../workers/guests/guests.ts";
import { createPool, type Pool } from "../../workers/pool.ts";
import { createProcesses } from "../../workers/processes.ts";

export const usualLimits: GuestLimits = {
  ...{ rssMiB: 512, heapMiB: 128, cpuSeconds: 10, pendingCalls: 64, requestsPerSecond: 200 },
  ...{
    bytesPerSecond: 8 * 1024 * 1024,
    timers: 1_000,
    logBytesPerMinute: 1024 * 1024,
    callTimeoutMs: 30_000,
    idleSeconds: 300,
  },
};

export interface CoreSetting {
  /** For what the core keeps: storage files, output. */
  folder: string;
  workspace: string;
  home: string;
  guestFolder: string;
  threadFile: string;
  /** `os` refuses where bubblewrap does not work; `none` goes without it even where it does. */
  require: "none" | "os";
  /** What names resolve to, each answer of a name in turn and the last again and again. */
  names?: Record<string, string[][]>;
  secret?(name: string): string | undefined;
}

export interface GuestCore {
  guestsWith(o: {
    limits?: Partial<GuestLimits>;
    folder?: string;
    sourceOf(name: string): Promise<string>;
    onNews?(news: GuestNews): void;
  }): Guests;
  pool: Pool;
  coreEffects: CoreEffects;
  /** Files that hold secrets, as every session hides them. */
  hidden: ReturnType<typeof secretPaths>;
  close(): Promise<void>;
}

export function openGuestCore(setting: CoreSetting): GuestCore {
  const { folder, home } = setting;
  for (const name of ["storage", "output"]) mkdirSync(join(folder, name), { recursive: true });
  const processes = createProcesses({ env: process.env });
  const grants = new Map([["files", { "fs.read": ["/**"], "fs.list": ["/**"], "fs.search": ["/**"] }]]);
  const pool = createPool({ threads: 2, grants, home, filename: setting.threadFile, spawnFile: processes.spawnFile });
  const host: BrokerHost = {
    fileEffect: pool.fileEffect,
    exec: processes.exec,
    host: processes.host,
    secret: (name) => setting.secret?.(name),
    storageFile: (plugin) => join(folder, "storage", `${plugin}.json`),
    home,
    edge: { resolve: resolver(setting.names ?? {}) },
  };
  const shells = processes.shells({ outputDir: join(folder, "output") });
  const opened: Guests[] = [];
  return {
    pool,
    coreEffects: { shells, lastRead: async () => undefined, askUser: undefined },
    hidden: secretPaths([home]),
    guestsWith({ limits, folder: guestFolder = setting.guestFolder, sourceOf, onNews = () => undefined }) {
      const guests = createGuests({
        ...{ limits: { ...usualLimits, ...limits }, require: setting.require, useBoundary: setting.require === "os" },
        ...{
          host,
          processes: processes.groups,
          onNews,
          folder: realpathSync(guestFolder),
          sourceOf: ({ name }) => sourceOf(name),
        },
      });
      opened.push(guests);
      return guests;
    },
    async close() {
      await Promise.all(opened.map((guests) => guests.close()));
      await pool.close();
      await processes.close();
    },
  };
}

/** As a system's resolver fails for names that there are not. */
function resolver(names: Record<string, string[][]>): (host: string) => Promise<readonly Address[]> {
  const asked = new Map<string, number>();
  return async (host) => {
    const answers = names[host] ?? [];
    const turn = asked.get(host) ?? 0;
    asked.set(host, turn + 1);
    const addresses = answers[Math.min(turn, answers.length - 1)];
    if (addresses === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
}
