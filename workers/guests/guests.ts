/** What the core is given: the table of guests, with the broker as the one who performs what they ask for. */
import type { GuestLimits, GuestNews, GuestPlugin, Guests } from "../../core/contract/guest.ts";
import { type BrokerHost, createBroker } from "../broker.ts";
import type { Groups } from "./launch.ts";
import { createGuestTable } from "./table.ts";

export interface GuestsOptions {
  limits: GuestLimits;
  /** `os`: ISOLATION_UNAVAILABLE where the operating system's boundary does not work. */
  require: "none" | "os";
  host: BrokerHost;
  /** Knows each guest's group, and ends it when this process is killed. */
  processes: Groups;
  /** The verified source. PLUGIN_CHANGED. */
  sourceOf(plugin: GuestPlugin): Promise<string>;
  onNews(news: GuestNews): void;
  /** dist/guest, absolute and real. */
  folder: string;
  /** False: as where the boundary is not there. For tests and measurements. */
  useBoundary?: boolean;
}

export function createGuests({ host, processes, ...options }: GuestsOptions): Guests {
  return createGuestTable({
    ...options,
    groups: processes,
    createBroker: async (plugin, record) =>
      createBroker({
        ...{ plugin: plugin.name, host },
        grants: () => plugin.grants(),
        record: record.used,
        refused: record.refused,
      }),
  });
}
