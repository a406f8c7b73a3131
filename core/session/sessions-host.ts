/** The store as the product's own commands see it. */
import type { SessionsHost } from "../contract/host.ts";
import type { SessionStore } from "./store.ts";

export function createSessionsHost(store: SessionStore): SessionsHost {
  return {
    list: (options) => store.list(options),
    read: (reference) => store.read(reference),
    verify: (reference) => store.verify(reference),
  };
}
