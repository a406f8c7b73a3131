/** A tap's context where nobody gave the hooks another: its options and its signal, and every effect refused. */
import { GantryError } from "../contract/errors.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { TapContext } from "../contract/plugin.ts";

const refuse = (): Promise<never> =>
  Promise.reject(new GantryError("PERMISSION_DENIED", "This tap runs where no effect can be performed."));

const effects = {
  fs: { read: refuse, readLines: refuse, write: refuse, list: refuse, search: refuse },
  net: { fetch: refuse },
  process: { exec: refuse, host: refuse, run: refuse, start: refuse, list: refuse, output: refuse, stop: refuse },
  secrets: { read: refuse },
  model: { ask: refuse },
  user: { ask: refuse, notify: refuse },
  storage: { get: refuse, set: refuse, delete: refuse, keys: refuse },
  session: { events: refuse, lastRead: refuse },
} satisfies Partial<TapContext>;

export function bareContext(facts: { signal: AbortSignal; options: JsonObject; cwd: string }): TapContext {
  return { ...facts, workspace: facts.cwd, ...effects, log: () => undefined };
}
