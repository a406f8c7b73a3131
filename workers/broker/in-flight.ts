/**
 * How many bytes of replies lie in the core before their guests have taken them, over all plugins of a runtime. Those that
 * would be more wait in the order they came; no plugin waits for one that has its share, whatever that one leaves unread.
 */
import type { BrokerHost } from "../broker.ts";

export interface InFlight {
  /** Resolves when so many bytes have room. The signal's reason when it is aborted. */
  enter(o: { plugin: string; bytes: number; signal: AbortSignal }): Promise<Weight>;
}

export interface Weight {
  /** What it has turned out to be. */
  is(bytes: number): void;
  leave(): void;
}

const mostInAll = 32 * 1024 * 1024;
const mostOfPlugin = 16 * 1024 * 1024;

interface Waiting {
  plugin: string;
  bytes: number;
  go(): void;
}

const byHost = new WeakMap<BrokerHost, InFlight>();

export function inFlightOf(host: BrokerHost): InFlight {
  const known = byHost.get(host) ?? createInFlight();
  byHost.set(host, known);
  return known;
}

export function createInFlight(): InFlight {
  const shares = new Map<string, number>();
  const line: Waiting[] = [];
  let all = 0;

  /** What is larger than all there is goes alone. */
  const hasRoom = (bytes: number): boolean => all === 0 || all + bytes <= mostInAll;
  const hasShare = (plugin: string, bytes: number): boolean => {
    const share = shares.get(plugin) ?? 0;
    return share === 0 || share + bytes <= mostOfPlugin;
  };

  function add(plugin: string, bytes: number): void {
    all += bytes;
    const share = (shares.get(plugin) ?? 0) + bytes;
    if (share === 0) shares.delete(plugin);
    else shares.set(plugin, share);
  }

  /** The first that lacks room holds back all behind it, or a large one would wait for ever; one that lacks its share, its plugin's. */
  function admit(): void {
    const held = new Set<string>();
    for (const waiting of [...line]) {
      const { plugin, bytes } = waiting;
      if (held.has(plugin)) continue;
      if (!hasShare(plugin, bytes)) held.add(plugin);
      else if (!hasRoom(bytes)) return;
      else {
        line.splice(line.indexOf(waiting), 1);
        waiting.go();
      }
    }
  }

  function begin(plugin: string, bytes: number): Weight {
    let counted = bytes;
    add(plugin, counted);
    const is = (actual: number): void => {
      add(plugin, actual - counted);
      counted = actual;
      admit();
    };
    return { is, leave: () => is(0) };
  }

  return {
    async enter({ plugin, bytes, signal }) {
      signal.throwIfAborted();
      const isFirst = line.every((waiting) => waiting.plugin !== plugin && !hasShare(waiting.plugin, waiting.bytes));
      if (isFirst && hasShare(plugin, bytes) && hasRoom(bytes)) return begin(plugin, bytes);
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          line.splice(line.indexOf(waiting), 1);
          reject(signal.reason);
          admit();
        };
        const go = (): void => {
          signal.removeEventListener("abort", leave);
          resolve(begin(plugin, bytes));
        };
        const waiting: Waiting = { plugin, bytes, go };
        signal.addEventListener("abort", leave, { once: true });
        line.push(waiting);
      });
    },
  };
}
