/** All guests of one runtime, by the name of their plugin. Who performs their requests is given: this file knows no effect. */
import { GantryError } from "../../core/contract/errors.ts";
import type { GuestCall, GuestLimits, GuestNews, GuestPlugin, Guests } from "../../core/contract/guest.ts";
import type { Json } from "../../core/contract/messages.ts";
import { createPluginGuest, type PluginGuest, type PluginGuestOptions } from "./plugin-guest.ts";
import { streamOf } from "./stream.ts";
import { createSupply, type SupplyOptions } from "./supply.ts";

export interface GuestTableOptions extends SupplyOptions {
  limits: GuestLimits;
  sourceOf(plugin: GuestPlugin): Promise<string>;
  createBroker: PluginGuestOptions["createBroker"];
  onNews(news: GuestNews): void;
}

export function createGuestTable(options: GuestTableOptions): Guests {
  const { limits, sourceOf, createBroker, onNews } = options;
  const supply = createSupply(options);
  const table = new Map<string, PluginGuest>();
  const ending = new Set<Promise<void>>();

  function warm(): void {
    if ([...table.values()].some(({ isServed }) => !isServed)) supply.warm();
  }
  function guestOf(name: string): PluginGuest {
    const guest = table.get(name);
    if (guest === undefined) throw new GantryError("PLUGIN_STOPPED", `${name} is not loaded, or was removed.`);
    return guest;
  }
  function end(guest: PluginGuest): Promise<void> {
    const ended = guest.stop().finally(() => ending.delete(ended));
    ending.add(ended);
    return ended;
  }
  function take(name: string): Promise<void> | undefined {
    const guest = table.get(name);
    table.delete(name);
    return guest && end(guest);
  }

  return {
    add(plugin) {
      void take(plugin.name);
      const guest = createPluginGuest({ plugin, limits, supply, sourceOf, createBroker, onNews, onLoaded: warm });
      table.set(plugin.name, guest);
    },
    async remove(name) {
      await take(name);
    },
    async call(name, call) {
      const made = await guestOf(name).call(call);
      return await made.result;
    },
    stream: (name, call: GuestCall): AsyncIterable<Json> => streamOf(guestOf(name), call),
    warm,
    isOpen: (name) => table.get(name)?.isOpen === true,
    reset: (name) => table.get(name)?.reset(),
    facts: () => [...table.values()].map((guest) => guest.facts()),
    async close() {
      for (const guest of table.values()) void end(guest);
      table.clear();
      await Promise.all([...ending, supply.close()]);
    },
  };
}
