/** A way to one server that stands: what speaks to it, how its loss is told, and its end. */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Fault } from "./fault.ts";

export interface Link {
  readonly transport: Transport;
  readonly pid?: number;
  /** Resolves once, when nothing more can come: with why. */
  readonly lost: Promise<Fault>;
  /** Tells why it is lost, from without; the first reason counts. */
  lose(fault: Fault): void;
  stderr(): string[];
  /** The polite end; bounded. Who was not ready yet has nothing to finish, and is given no time for it. */
  end(was?: "unready"): Promise<void>;
  /** The id of the request whose answer stream a message came in, where the transport tells. */
  during?(): number | undefined;
  /** Ends what still runs for a request that was given up. */
  drop?(messageId: number): void;
}

export interface Loss {
  readonly lost: Promise<Fault>;
  readonly isLost: boolean;
  lose(fault: Fault): void;
}

export function createLoss(): Loss {
  const { promise, resolve } = Promise.withResolvers<Fault>();
  let isLost = false;
  return {
    lost: promise,
    get isLost() {
      return isLost;
    },
    lose(fault) {
      isLost = true;
      resolve(fault);
    },
  };
}
